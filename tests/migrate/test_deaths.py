"""Killed at every named point, a migration of every kind goes on where it was, and nothing is lost."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import psycopg
import pytest

from seamline.app import migrate as verb
from seamline.migrate import catalogue
from seamline.migrate.crash import Crash
from seamline.migrate.program import Program

from .kinds import KINDS, TABLE, Kind
from .stand import NOWHERE, Stand, dies, quiet

WHERE = ("before", "mid", "after")


class Ledger:
    """Writes through both versions between the deaths, and knows what must be there in the end."""

    def __init__(self, stand: Stand, kind: Kind) -> None:
        self._stand, self._kind = stand, kind
        self.n_rows = stand.sql(f"SELECT count(*) FROM {kind.works_on}")[0][0]

    def write(self) -> None:
        """One row by the old version; one by the new one where that is served."""
        self._stand.sql(self._kind.old)
        self.n_rows += 1
        if self._kind.new and self._stand.status().migration.state == "SOAK":
            self._stand.sql(self._kind.new)
            self.n_rows += 1


def points(program: Program, *phases: str) -> Iterator[tuple[str, str]]:
    """All named points of the steps of some phases."""
    names = [s.name for s in program.steps if not phases or s.phase in phases]
    yield from product(names, WHERE)


def described(stand: Stand, table: str) -> dict[tuple[str, str], str]:
    """The table's catalogue."""
    with psycopg.connect(stand.dsn) as connection:
        oid = catalogue.find(connection, table)
        assert oid is not None
        return catalogue.facts(catalogue.table(connection, oid))


def epochs(stand: Stand) -> list[Any]:
    """Of all conductors there were."""
    return [r[0] for r in stand.sql("SELECT epoch FROM seam.conductor ORDER BY started_at")]


@pytest.mark.parametrize("name", KINDS)
def test_a_death_at_any_point_is_harmless(stand: Stand, name: str) -> None:
    """Each step's three points kill one conductor each; the next goes on, to the end and a certificate."""
    kind = KINDS[name]
    stand.sql(TABLE + kind.setup)
    program = stand.approved(kind.change, more=kind.more)
    ledger = Ledger(stand, kind)
    n_deaths = 0
    for step, where in points(program, "EXPAND", "SYNC", "VERIFY", "READY"):
        crash = Crash(step, where)
        n_deaths += dies(lambda crash=crash: verb.start(stand.dsn, "m", say=quiet, crash=crash))
        ledger.write()
    assert stand.start().state == "SOAK"
    ledger.write()
    for step, where in points(program, "CONTRACT"):
        crash = Crash(step, where)
        n_deaths += dies(
            lambda crash=crash: verb.contract(stand.dsn, "m", say=quiet, crash=crash, wait_s=20, drained=True)
        )
    status = stand.status()
    certificate = stand.contract(drained=True) if status.migration.state != "DONE" else status.certificate
    assert certificate
    assert n_deaths >= len(program.steps)
    total, good = stand.sql(f"SELECT count(*), count(*) FILTER (WHERE {kind.proof}) FROM {kind.table}")[0]
    assert (total, good) == (ledger.n_rows, ledger.n_rows)
    assert epochs(stand) == sorted(set(epochs(stand)))
    assert stand.sql("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'zz_seam%'") == [(0,)]


@pytest.mark.parametrize("name", KINDS)
def test_turning_back_gives_the_table_back(stand: Stand, name: str) -> None:
    """From SOAK, killed at each point of the way back, the catalogue is what it was, with the rows of both versions."""
    kind = KINDS[name]
    stand.sql(TABLE + kind.setup)
    tables = ("enc", "dept")
    before = {t: described(stand, t) for t in tables}
    program = stand.approved(kind.change, more=kind.more)
    ledger = Ledger(stand, kind)
    assert stand.start().state == "SOAK"
    ledger.write()
    for step, where in points(program):
        crash = Crash(f"undo-{step}", where)
        dies(lambda crash=crash: verb.revert(stand.dsn, "m", say=quiet, crash=crash))
    assert verb.revert(stand.dsn, "m", say=quiet, crash=NOWHERE).state == "REVERTED"
    assert {t: described(stand, t) for t in tables} == before
    assert stand.sql(f"SELECT count(*) FROM {kind.works_on}") == [(ledger.n_rows,)]
