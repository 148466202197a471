"""Where signs stand, what they stand for, and how borders are put in order."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from seamline.app.lanes import Mark, Stitch, Thread, Window
from seamline.console.drawing import CELLS, draw

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
VIENNA = ZoneInfo("Europe/Vienna")


def mark(minute: float, lane: str = "dev", **more: object) -> Mark:
    said = {"id": f"{lane} {minute}", "kind": "change", "text": "a change", "entity": "service:a"} | more
    return Mark(lane=lane, at=NOON + timedelta(minutes=minute), **said)  # type: ignore[arg-type]


def window(*marks: Mark, threads: tuple[Thread, ...] = ()) -> Window:
    ordered = tuple(sorted(marks, key=lambda m: m.at))
    return Window(
        NOON,
        1,
        NOON,
        NOON + timedelta(hours=1),
        "UTC",
        ("dev", "platform", "support", "data"),
        ordered,
        threads,
    )


def test_a_sign_stands_at_its_time() -> None:
    """Half an hour into an hour is the middle."""
    (sign,) = draw(window(mark(30)), UTC).signs
    assert (sign.x, sign.symbol, sign.bar) == (500.0, "change", 0)


def test_what_falls_together_is_one_sign_with_a_bar() -> None:
    """The weightiest is shown, the rest is counted in its words."""
    drawn = draw(window(mark(30), mark(30.01, guilty=True, incident="I-1"), mark(30.02, kind="ticket")), UTC)
    (sign,) = drawn.signs
    assert sign.symbol == "cause"
    assert sign.bar > 0
    assert sign.text == "a change (1 change, 1 cause, 1 ticket)"


def test_the_axis_is_in_the_organisations_zone() -> None:
    """Noon UTC is one o'clock in Vienna."""
    assert "13:30" in [t.text for t in draw(window(mark(1)), VIENNA).ticks]


def test_an_incident_is_a_line_through_its_lanes() -> None:
    """From stitch to stitch, from the cause down."""
    thread = Thread("I-1", "open", (Stitch("dev", NOON), Stitch("data", NOON + timedelta(minutes=30))))
    (line,) = draw(window(mark(0), threads=(thread,)), UTC).lines
    assert line.path.startswith("M0 74 C")
    assert line.path.endswith(" 500 278")


def test_a_lane_is_ill_as_long_as_a_symptom_lasts() -> None:
    """Spans that overlap are one; what goes on reaches to the end."""
    ill = {"kind": "symptom", "strength": 5.0, "incident": "I-1"}
    drawn = draw(
        window(mark(6, until=NOON + timedelta(minutes=12), **ill), mark(9, until=NOON + timedelta(minutes=18), **ill),
               mark(48, **ill)), UTC,
    )  # fmt: skip
    assert [(b.x, b.width) for b in drawn.bands] == [(100.0, 200.0), (800.0, 200.0)]


@given(
    st.lists(
        st.tuples(st.floats(0, 60), st.sampled_from(["dev", "platform", "support", "data"])), max_size=400
    )
)
def test_a_crowd_is_bounded_and_nobody_is_lost(places: list[tuple[float, str]]) -> None:
    """However many marks, a lane has at most one sign per cell, and every lane counts all of its marks."""
    marks = [mark(minute, lane, id=str(i)) for i, (minute, lane) in enumerate(places)]
    drawn = draw(window(*marks), UTC)
    assert len(drawn.signs) <= 4 * (CELLS + 1)
    assert sum(row.n for row in drawn.rows) == len(marks)
    assert {s.lane for s in drawn.signs} == {m.lane for m in marks}
