"""Which tickets speak of the same thing."""

from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.detect.wording import IN_COMMON, neighbours, positions, stems

words = st.frozensets(st.sampled_from(["book", "page", "error", "sms", "report", "empty"]))


@given(st.lists(words, max_size=12))
def test_neighbours_are_those_with_words_in_common(said: list[frozenset[str]]) -> None:
    """The bit masks say what the sets of words say, and everyone is a neighbour of itself."""
    for i, mask in enumerate(neighbours(said)):
        for j, other in enumerate(said):
            few = max(1, min(IN_COMMON, len(said[i]), len(other)))
            assert bool(mask >> j & 1) == (i == j or len(said[i] & other) >= few)


@given(st.sets(st.integers(0, 200)))
def test_positions_are_ascending(found: set[int]) -> None:
    """A mask gives back the positions it was made of, in order."""
    assert list(positions(sum(1 << i for i in found))) == sorted(found)


def test_stems_join_forms_of_a_word() -> None:
    """Booking, booked and bookings are one word; greetings and pseudonyms are none."""
    assert stems("Booking") == stems("booked!") == stems("bookings")
    assert not stems("Hello, thank you. p_4zmgxkdjz5iq, jane@example.com")


def test_a_megabyte_without_a_space_is_read_like_any_text() -> None:
    """Looking for addresses in it takes steps in proportion to it, not to its square."""
    assert len(stems("a" * 1_000_000)) == 1
    assert not stems("a@" * 500_000)
