"""The proof of equal answers would notice unequal ones."""

from datetime import datetime

import pytest

from seamline.app.ingest import read_delivery
from seamline.bench._afresh import Answer, Conclusion, conclude, sent
from seamline.bench.replay import _apart_in_words, _differences, _furthest
from seamline.model.event import Change
from tests.acceptance.played import Played

EXPORTS = {10: "a", 20: "b"}
SEEN = Conclusion(("s1",), "dario", (("change:x", None, 0.9), ("unknown", None, 0.1)))


def answer(played: str = "b", rebuilt: tuple[str, ...] = ("a", "b"), seen: Conclusion = SEEN) -> Answer:
    """What a fresh process says, by default the same as before."""
    return Answer(datetime.min, rebuilt, played, (((seen,),),), ())


def named(one: Answer) -> list[str]:
    """What is told of it."""
    return list(_differences(1, one, EXPORTS, [(SEEN,)]))


def test_the_same_is_not_named() -> None:
    """Equal bytes and conclusions, and probabilities that differ in the seventh place, are the same."""
    assert named(answer()) == []
    assert (
        named(
            answer(seen=Conclusion(("s1",), "dario", (("change:x", None, 0.9000001), ("unknown", None, 0.1))))
        )
        == []
    )


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (answer(rebuilt=("x", "b")), "hash seed 1: the export at position 10 has other bytes"),
        (answer(played="x"), "hash seed 1: playing the recording anew gives other bytes"),
        (answer(seen=Conclusion(("s2",), "dario", SEEN.causes)), "other symptoms belong together"),
        (answer(seen=Conclusion(("s1",), "ben", SEEN.causes)), "ben is accountable, not dario"),
        (answer(seen=Conclusion(("s1",), "dario", SEEN.causes[:1])), "other causes or seams"),
        (
            answer(seen=Conclusion(("s1",), "dario", (("change:x", ("a", "b", "calls"), 0.9), SEEN.causes[1]))),
            "other causes or seams",
        ),
        (
            answer(seen=Conclusion(("s1",), "dario", (("change:x", None, 0.90001), SEEN.causes[1]))),
            "a probability is 1e-05 apart",
        ),
    ],
)  # fmt: skip
def test_each_difference_is_named(one: Answer, said: str) -> None:
    """In words, once."""
    (line,) = named(one)
    assert line.endswith(said)


def test_deliveries_that_are_missing_are_noticed(friday: Played) -> None:
    """Without what was sent about the guilty changes the conclusions are others; in another order they are not."""
    deliveries, sources = sent(friday.home.path)
    until = max(d.received_at for d in deliveries)
    guilty = set(friday.truth["incidents"][0]["cause"]["changes"])
    rest = [
        d
        for d in deliveries
        if guilty.isdisjoint(e.id for e in read_delivery(sources, d).events if isinstance(e, Change))
    ]
    assert len(rest) < len(deliveries)
    whole = conclude(deliveries, sources, until)
    assert list(_apart_in_words(whole, conclude(deliveries[::-1], sources, until))) == []
    assert list(_apart_in_words(whole, conclude(rest, sources, until))) != []


def test_a_cause_that_only_one_side_has_is_as_far_apart_as_can_be() -> None:
    """It does not count as a small difference."""
    assert _furthest(SEEN, Conclusion(("s1",), "dario", SEEN.causes[:1])) == 1.0
