"""The verbs on a real home: acts are done one at a time, in the name of whoever asked."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from seamline.app.act import Accept, Decline, Gate, HandDown
from seamline.http.verbs import HomeVerbs
from seamline.model import record as rec
from seamline.model.errors import Fix
from tests.app.world import SEAM, World, clinic, later


@pytest.fixture
def world() -> World:
    """Ben owns the service, Petra the database: the seam is Dario's, Mara is the whole-stack owner."""
    return clinic()


def test_an_act_is_on_record_when_it_answers(world: World) -> None:
    """The line says what was done, and the log holds it by the position that came back."""
    done = HomeVerbs(world.home).act(HandDown(SEAM, "ben", later(30)), "dario")
    assert "dario hands it down to ben" in done.said
    (last,) = world.home.log.read(done.seq - 1, done.seq)
    assert last.headers["x-seamline-kind"] == "seamline/hand-down/v1"


def test_the_local_command_line_enters_anothers_word(world: World) -> None:
    """Through the control socket as without a server; a person's token never does."""
    verbs = HomeVerbs(world.home)
    verbs.act(HandDown(SEAM, "ben", later(30)), for_="dario")
    assert "accepted by ben" in verbs.act(Accept(SEAM), for_="ben").said
    with pytest.raises(Fix, match="can't speak for"):
        verbs.act(Decline(SEAM), "petra", "ben")


def test_the_gates_verdict_comes_along(world: World) -> None:
    """Whole, and on record."""
    done = HomeVerbs(world.home).act(Gate('{"entity": "service:booking"}'), "ben")
    assert done.verdict is not None
    assert done.said == done.verdict.outcome
    assert isinstance(world.records()[-1], rec.VerdictGiven)


def test_of_two_at_once_one_is_told_that_it_is_done(world: World) -> None:
    """Each act checks what is on record before it adds: the same offer is made once, however many press the button."""
    verbs, start = HomeVerbs(world.home), Barrier(8)

    def press(_: int) -> str:
        start.wait(10)
        try:
            return verbs.act(HandDown(SEAM, "ben", later(30)), "dario").said
        except Fix as refused:
            return str(refused)

    with ThreadPoolExecutor(8) as people:
        said = list(people.map(press, range(8)))
    assert sum("already" in line for line in said) == 7
    assert sum(isinstance(r, rec.SeamHandedDown) for r in world.records()) == 1
