"""The conductor as a subject: a migration from its plan to its end under traffic of both versions, or back again."""

import time
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from seamline.bench.migrate import ledger, trial, watch
from seamline.bench.migrate.conductor import Conductor
from seamline.bench.migrate.ledger import Shape
from seamline.bench.migrate.operations import Operation
from seamline.bench.migrate.server import SUPER, rows
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.traffic import Version
from seamline.bench.migrate.trial import Stage, Subject
from seamline.model.errors import Stop

BOTH_S = 5.0  # both versions are served side by side for so long
LEFT_S = 2.0  # after one version's clients are gone, before the end
SERVED = ("SOAK", "DONE")  # where `start` has nothing left to do
# Where clients of the new version find the table: what bears its name outside of the old version's schema.
NEW_FACE = """SELECT quote_ident(n.nspname) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relname = 'enc' AND c.relkind = 'v' AND n.nspname NOT IN ('public', 'seam')"""

# Clients that nobody can count are gone when we say so; those of a view are waited for.
OPTIONS = {"contract": ("--drained", "--wait", "120"), "revert": ()}


def naive(operation: Operation) -> Subject:
    """The statement that anybody would write."""
    plain = trial.statements(*operation.naive)

    def act(stage: Stage) -> Mapping[str, Any]:
        with watch.reader(stage.database, operation.reader_s) if operation.reader_s else nullcontext():
            return plain(stage)

    return act


def through(operation: Operation) -> Subject:
    """From the plan to the contract: the old version's clients, then both, then the new version's alone."""
    return partial(_through, operation, "contract", "v1")


def back(operation: Operation) -> Subject:
    """To where both versions are served, and back: the new version's clients go, and what they wrote stays."""
    return partial(_through, operation, "revert", "v2")


def _through(operation: Operation, end: str, leaving: str, stage: Stage) -> Mapping[str, Any]:
    with TemporaryDirectory(prefix="seamline-plan-") as folder:
        conductor = Conductor(stage.database, Path(folder), operation.name, operation.plan(operation.name))
        with stage.phase("plan"):
            conductor.must("plan")
        if operation.engine and conductor.engine() != operation.engine:
            raise Stop(f"planned with engine {conductor.engine()}, not {operation.engine}")
        conductor.must("approve")
        began = time.time()
        _start(conductor, operation, stage)
        ready = time.time()
        differing = _both(operation, stage, leaving)
        ending = time.time()
        with stage.phase(end):
            conductor.must(end, *OPTIONS[end])
        return {
            "ready_s": ready - began,
            "end_s": time.time() - ending,
            "eta_p50_s": conductor.journal("eta_p50"),
            "eta_p90_s": conductor.journal("eta_p90"),
            "engine": conductor.engine(),
            "state": conductor.state(),
            "differing": differing,
        }


def _start(conductor: Conductor, operation: Operation, stage: Stage) -> None:
    """Until both versions are served, or all is done."""
    behind = watch.reader(stage.database, operation.reader_s) if operation.reader_s else nullcontext()
    with behind, stage.phase("start"), conductor.running("start") as process:
        conductor.wait_for(process, *SERVED)


def _both(operation: Operation, stage: Stage, leaving: str) -> Mapping[str, int]:
    """Serve both versions side by side, then only one; rows that differ in either shape meanwhile."""
    version = new_version(stage.database, operation)
    if version is None:
        return {}
    with stage.phase("both"):
        stage.traffic.add(version, stage.per_s / 2)
        time.sleep(BOTH_S)
    differing = {shape.name: ledger.differences(stage.database, shape).n for shape in shapes(version)}
    stage.traffic.end(leaving)
    time.sleep(LEFT_S)
    return differing


def new_version(database: Database, operation: Operation) -> Version | None:
    """How the new version of the application reaches the table; None where both see the same.

    Behind its own schema stands the old one: what it finds there when its view is gone is the table in its new shape.
    """
    schema = new_schema(database)
    if not schema:
        return None
    return Version("v2", f"{schema},public", "enc", operation.after.amount, face=f"{schema}.enc")


def new_schema(database: Database) -> str:
    """The schema of the new version's view, "" where there is none."""
    found = rows(database.dsn(SUPER), NEW_FACE)
    return str(found[0][0]) if found else ""


def shapes(version: Version) -> tuple[Shape, Shape]:
    """Both faces of the table while both versions are served."""
    return Shape("v1"), Shape("v2", version.face, version.amount)


def refused(operation: Operation, database: Database, *, budget: str) -> bool:
    """Whether a plan with that budget is refused, at its planning or at its start."""
    with TemporaryDirectory(prefix="seamline-plan-") as folder:
        plan = operation.plan(operation.name, budget=budget)
        conductor = Conductor(database, Path(folder), operation.name, plan)
        return any(conductor.call(verb).code for verb in ("plan", "approve", "start"))
