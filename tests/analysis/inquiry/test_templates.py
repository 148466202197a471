"""Log lines to templates."""

import pytest

from seamline.analysis.inquiry.templates import (
    opening,
    operation,
    template,
    templates,
    trace_of,
    troubled,
    unplaced,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("user 17 logged in after 3.5 ms", "user 4 logged in after 120 ms"),
        ("key 8a533bf9-bd12-4608 gone", "key 5c63588e-ad31-4ded gone"),
        ('asked for "a thing"', 'asked for "another one"'),
        ("login user=bob ok", "login user=alice ok"),
        ("[Get trip][request: Seat(class=2, stops=[a, b])]", "[Get trip][request: Seat(class=3, stops=[c])]"),
        ("stops [a, b, c] checked", "stops [d, e] checked"),
        ("failed\n  at one(A.java:1)", "failed\n  at two(B.java:2)"),
        (
            "connect to 10.0.0.1:8080 at 2023-01-29T15:38:06Z",
            "connect to 10.0.0.9:90 at 2024-02-01T00:00:00Z",
        ),
    ],
)
def test_what_varies_is_taken_out(one: str, other: str) -> None:
    """Lines of one statement have one template."""
    assert template(one) == template(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("INFO Stock#10 counted", "INFO Stock#20 counted"),
        ("INFO stock.py:10 counted", "INFO stock.py:20 counted"),
        ("threw java.lang.IllegalStateException: no", "threw java.io.IOException: no"),
        ("order placed", "order refused"),
        ('{"level":"info","message":"order placed"}', '{"level":"info","message":"order refused"}'),
        ('level=info msg="order placed" id=4', 'level=info msg="order refused" id=4'),
    ],
)
def test_what_tells_statements_apart_is_kept(one: str, other: str) -> None:
    """Words, places in the code, classes of exceptions and what structured lines say stay."""
    assert template(one) != template(other)


def test_many_lines_have_the_templates_of_each() -> None:
    """Looking a line up by what it is but for its digits finds its own template."""
    lines = ["a 1 b", "a 22 b", "x#10 done", "x#20 done", "a 1 b", "a b"]
    assert templates(lines) == [template(line) for line in lines]


def test_a_release_moves_statements() -> None:
    """Without its place, a statement is the same one after lines were added above it."""
    assert unplaced(template("INFO Stock#10 counted")) == unplaced(template("INFO Stock#12 counted"))


@pytest.mark.parametrize(
    "said", ["ERROR x", "BasicErrorController.error", "java.net.SocketTimeoutException", "connection refused"]
)
def test_trouble_is_heard_in_parts_of_names(said: str) -> None:
    """Words inside a name count as words."""
    assert troubled(said)


@pytest.mark.parametrize("said", ["INFO all well", "terrors", "WARN cache is empty", "exceptional"])
def test_words_that_only_look_like_trouble_are_none(said: str) -> None:
    """A word counts as a whole, and a warning isn't trouble yet."""
    assert not troubled(said)


def test_ids_leave_the_names_of_operations() -> None:
    """Numbers and hexadecimal ids in a path are one operation; versions and templates stay."""
    assert operation("/v1/orders/1234/items/8a533bf9-bd12-4608") == "/v1/orders/*/items/*"
    assert operation("/api/v1/take/{id}") == "/api/v1/take/{id}"


@pytest.mark.parametrize(
    ("message", "trace"),
    [
        ("[t12] INFO x", "t12"),
        ("[main] INFO x", ""),
        ("x trace_id=4bf92f35 y", "4bf92f35"),
        ('{"traceId": "abc1", "message": "x"}', "abc1"),
        ("x 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("no trace", ""),
    ],
)
def test_the_trace_of_a_line(message: str, trace: str) -> None:
    """A bracketed word is believed when a trace has that name; a key or a W3C parent always."""
    assert trace_of(message, {"t12"}) == trace


def test_the_word_that_opens_a_line() -> None:
    """Only a bracket at the very beginning opens a line."""
    assert (opening("[t1] x"), opening("x [t1]")) == ("t1", "")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("awkward", ["[", "a.b-", "[k: ", '"', "a=[(", "'", '\\"'])
def test_awkward_lines_come_to_an_end(awkward: str) -> None:
    """What is read of a line is bounded, and so is the time that takes."""
    for _ in range(1000):
        template(awkward * 100_000)
