"""What the conductor costs live traffic: while it fills the new side, and while both sides are kept in step."""

import subprocess
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from seamline.bench.migrate.conducted import SERVED
from seamline.bench.migrate.conductor import Conductor
from seamline.bench.migrate.operations import Operation
from seamline.bench.migrate.server import SUPER
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.trial import Stage, Subject

WINDOW_S = 6.0  # of the backfill on, or off
SETTLE_S = 0.5
BULK = 100_000  # rows of one bulk update; a turn's share of a table that has fewer
TURNS = 5
LOOK_S = 0.1
# The table that clients write, under whichever name it stands meanwhile: the one with a trigger of its own.
SYNCED = """SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_trigger AS t ON t.tgrelid = c.oid
WHERE NOT t.tgisinternal AND c.relkind = 'r' ORDER BY c.oid = 'public.enc'::regclass DESC LIMIT 1"""


def interleaved(operation: Operation, n_pairs: int) -> Subject:
    """The backfill switched on and off by turns: killed for the off-windows, in which the sync stays on.

    Ends early when there is nothing left to fill.
    """
    return partial(_interleaved, operation, n_pairs)


def _interleaved(operation: Operation, n_pairs: int, stage: Stage) -> Mapping[str, Any]:
    with TemporaryDirectory(prefix="seamline-plan-") as folder:
        conductor = Conductor(stage.database, Path(folder), operation.name, operation.plan(operation.name))
        conductor.must("plan", "--calibrate", "1")
        conductor.must("approve")
        n_on, n_chunks = 0, 0
        for _ in range(n_pairs):
            with conductor.running("start") as process:
                if not _filling(conductor, process):
                    break
                before = conductor.n_chunks()
                with stage.phase("on"):
                    time.sleep(WINDOW_S)
                n_on, n_chunks = n_on + 1, n_chunks + conductor.n_chunks() - before
            time.sleep(SETTLE_S)
            with stage.phase("off"):
                time.sleep(WINDOW_S)
        return {"n_pairs": n_on, "n_chunks": n_chunks}


def _filling(conductor: Conductor, process: "subprocess.Popen[bytes]") -> bool:
    """Wait until the backfill moves; False when it is over."""
    before = conductor.n_chunks()
    while conductor.n_chunks() == before:
        if process.poll() is not None or conductor.state() in (*SERVED, "VERIFY"):
            return False
        time.sleep(LOOK_S)
    return True


def overhead(operation: Operation, database: Database) -> float:
    """A bulk update of the migrated column while both sides are in step, as a multiple of one without the triggers.

    The median of turns that are rolled back; nobody else is there.
    """
    with TemporaryDirectory(prefix="seamline-plan-") as folder:
        conductor = Conductor(database, Path(folder), operation.name, operation.plan(operation.name))
        conductor.must("plan", "--calibrate", "1")
        conductor.must("approve")
        with conductor.running("start") as process:
            conductor.wait_for(process, *SERVED)
    with psycopg.connect(database.dsn(SUPER), autocommit=True) as connection:
        name = str(connection.execute(SYNCED.encode()).fetchall()[0][0])
        n_rows = min(BULK, database.n_rows // TURNS)
        _bulk(connection, name, 0, n_rows, on=True)  # whoever is first pays for cold pages
        turns = [
            _bulk(connection, name, turn, n_rows, on=on) for turn in range(TURNS) for on in _shuffled(turn)
        ]
    with_it, without = ([s for on, s in turns if on is wanted] for wanted in (True, False))
    return median(with_it) / median(without)


def _shuffled(turn: int) -> tuple[bool, bool]:
    return (True, False) if turn % 2 else (False, True)


def _bulk(
    connection: psycopg.Connection, table: str, turn: int, n_rows: int, *, on: bool
) -> tuple[bool, float]:
    """Seconds of one update of a turn's rows, with or without triggers."""
    low = turn * n_rows
    with connection.transaction(force_rollback=True):
        if not on:  # a trigger may be one that no setting silences
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        began = time.perf_counter()
        connection.execute(
            f"UPDATE {table} SET amount = amount + 1 WHERE id > {low} AND id <= {low + n_rows}".encode()
        )
        return on, time.perf_counter() - began
