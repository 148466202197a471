"""The real conductor under the harness, in small: there and back, killed, and told as a story."""

import random
from io import StringIO

import pytest
from rich.console import Console

from seamline.bench.migrate import conducted, demo, faults, program
from seamline.bench.migrate.dose import Doses
from seamline.bench.migrate.faults import Protocol
from seamline.bench.migrate.operations import ALL
from seamline.bench.migrate.program import Asked
from seamline.bench.migrate.server import Server
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.trial import Pace, run
from seamline.model.errors import Fix
from tests.bench.migrate.conftest import N_ROWS


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both versions stand side by side for a moment only."""
    for module in (conducted, faults, demo):
        monkeypatch.setattr(module, "BOTH_S", 0.5)
    monkeypatch.setattr(conducted, "LEFT_S", 0.2)


def test_a_migration_goes_through_without_a_loss_or_a_failure(database: Database) -> None:
    """From the plan to the contract under traffic of both versions: exact in every shape, nothing failed."""
    operation = ALL["type-e1"]
    found = run(database, conducted.through(operation), Pace(200.0, 0.5, 0.5), [operation.after])
    assert (found.exact, dict(found.failed)) == (True, {})
    assert (found.figures["state"], found.figures["differing"]) == ("DONE", {"v1": 0, "v2": 0})


@pytest.mark.parametrize("end", faults.ENDS)
def test_a_conductor_that_is_killed_keeps_the_invariants(postgres: Server, end: str) -> None:
    """Killed at random and started again, it comes to the end that was asked for."""
    protocol = Protocol(postgres, N_ROWS)
    protocol.__dict__["baseline"] = {}
    found = protocol.run(ALL["type-e1"], end, "kill -9", faults.kills(random.Random(5), [3]))
    # how long a lock is held on a machine that others keep busy is no claim of a test
    assert {name: what for name, what in found.broken.items() if name != "I5"} == {}
    assert found.n_repeated == 0


def test_the_story_is_told_to_its_end() -> None:
    """Two kills, two resumptions, a certificate, and what the clients saw; plain where nobody looks on."""
    console = Console(file=StringIO(), width=100)
    kept = demo.tell(console, 60_000)
    assert isinstance(console.file, StringIO)
    text = console.file.getvalue()
    assert (kept, text.count("kill -9 "), text.count("resumed ")) == (True, 2, 2)
    assert "rows compared, 0 differ" in text
    assert "\x1b" not in text


def test_an_unknown_operation_is_refused_before_anything_starts() -> None:
    """One line with what there is."""
    with pytest.raises(Fix, match="nonsense"):
        program.measured(Asked(10, "nonsense", "none", 1.0, 1, True))
    with pytest.raises(Fix, match="nonsense"):
        program.disturbed(10, "nonsense", Doses(kills=1))
