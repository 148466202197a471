"""Times, JSON and names as tools send them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.model.errors import Unreadable
from seamline.model.payload import EMAIL, decode, is_pseudonym, moment, replacer, rewrite

DEFAULT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stamp", "iso"),
    [
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20T10:00:00.123456789Z", "2026-11-20T10:00:00.123456+00:00"),
        ("2026-11-20T10:00:00.5+05:30", "2026-11-20T04:30:00.500000+00:00"),
        ("2026-11-20T10:00:00", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20 10:00:00.000000000 +0000", "2026-11-20T10:00:00+00:00"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00+00:00"),
        ("2200-01-01T00:00:00Z", "2200-01-01T00:00:00+00:00"),
        (0, "1970-01-01T00:00:00+00:00"),
        (1795428000, "2026-11-23T10:00:00+00:00"),
        (1795428000.5, "2026-11-23T10:00:00.500000+00:00"),
        (1795428000123, "2026-11-23T10:00:00.123000+00:00"),
    ],
)
def test_moment_reads_every_spelling(stamp: str | float, iso: str) -> None:
    """Offsets, nanoseconds, epochs and far years become the UTC time that was meant."""
    assert moment(stamp, DEFAULT).isoformat() == iso


@pytest.mark.parametrize("stamp", [None, "", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00"])
def test_moment_falls_back_when_none_was_given(stamp: str | None) -> None:
    """Null, an empty text and Go's zero time mean that the sender gave none."""
    assert moment(stamp, DEFAULT) == DEFAULT


@pytest.mark.parametrize(
    "stamp", ["yesterday", "2026-13-01T00:00:00Z", 10**30, float("nan"), float("inf"), "9" * 9000]
)
def test_moment_refuses_what_is_no_time(stamp: str | float) -> None:
    """Anything else is Unreadable, with no more of it in the message than a line holds."""
    with pytest.raises(Unreadable) as refused:
        moment(stamp, DEFAULT)
    assert len(str(refused.value)) < 80


@settings(deadline=None, derandomize=True, database=None)
@given(st.one_of(st.text(max_size=40), st.integers(), st.floats()))
def test_moment_gives_a_time_or_unreadable(stamp: str | float) -> None:
    """No text and no number makes another error."""
    try:
        assert moment(stamp, DEFAULT).tzinfo is UTC
    except Unreadable:
        return


def test_rewrite_keeps_bytes_that_need_no_change() -> None:
    """A body in which nothing changes keeps its spacing and its spelling of numbers."""
    body = b'{ "a" : 1.10 }'
    assert rewrite(body, lambda document: document) is body
    assert rewrite(body, lambda document: {**document, "a": 2}) == b'{"a":2}'


def test_rewrite_keeps_every_digit_of_large_numbers() -> None:
    """An id with more digits than a machine word is written back as it came."""
    body = b'{"n":' + b"9" * 300 + b',"a":%d}'
    assert rewrite(body % 1, lambda document: {**document, "a": 2}) == body % 2


def test_decode_names_the_place_of_the_mistake() -> None:
    """The reason says where the JSON is not what was expected."""
    with pytest.raises(Unreadable, match=r"Expected `int`.*\$\[\.\.\.\]"):
        decode(b'{"a":"x"}', dict[str, int])


def test_replacer_finds_addresses_and_whole_words() -> None:
    """E-mails and names go; clone addresses, parts of words and what is kept stay."""
    replace = replacer(lambda text: f"<{text}>", words=["anna", "anna maria"], keep=["anna/shop"])
    text = "anna maria and anna (a.b+c@mail.example.org) git@github.com:anna/shop annabel anna-x"
    assert replace(text) == (
        "<anna maria> and <anna> (<a.b+c@mail.example.org>) git@github.com:anna/shop annabel anna-x"
    )


def test_replacer_is_linear_in_long_texts() -> None:
    """A megabyte that nearly is an address is read at once."""
    text = "a" * 1_000_000 + " " + "a.b" * 100_000 + "@" + "c." * 100_000
    assert len(replacer(lambda _: "x")(text)) <= len(text)


def test_replacer_refuses_more_names_than_it_looks_for() -> None:
    """A text that was made to hold countless names can't be told, instead of being read for hours."""
    with pytest.raises(Unreadable, match="names in one delivery"):
        replacer(lambda _: "x", words=map(str, range(100_000)))


def test_pseudonyms_are_told_from_names() -> None:
    """Only the keyring's own form counts as one."""
    assert is_pseudonym("p_abcdefgh2345")
    assert not any(map(is_pseudonym, ("p_abc", "p_abcdefgh2345x", "P_ABCDEFGH2345", "anna")))


def test_patterns_without_an_at_sign_are_looked_for_in_every_text() -> None:
    """Only patterns that spell an `@` may pass over texts that have none."""
    replace = replacer(lambda _: "p_x", patterns=(EMAIL, r"\+\d{6,}"))
    assert replace("call +491761234") == "call p_x"
    assert replacer(lambda _: "p_x", words=["Mira"])("Mira called") == "p_x called"
