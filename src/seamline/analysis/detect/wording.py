"""What tickets say, as word stems, and which of them speak of the same thing."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

IN_COMMON = 2  # words that make two tickets alike
_N_WORDS = 3  # words in a signature
_STEM = 7  # letters that stand for a word: appointment, appointments
_ENDINGS = ("ings", "ing", "ed", "es", "s")
# Pseudonyms and addresses: names are shared by strangers. An address is looked for from where a word begins only,
# or a megabyte without a space would be read a megabyte of times.
_SENDER = re.compile(r"\bp_[a-z2-7]++\b|(?<![^\s@])[^\s@]++@\S++")
_MOST_TEXT = 20_000  # characters: who has more to say has said what it is about
_STOP_WORDS = """
a about again all also am an and any are as at back be been but by can cannot cant could day dear did do does
doesnt dont email for from get getting gets go good got had has have hello help her here hi him his how i if im in
into is isnt it its ive just keep know last let like mail me more my need no not now of off on one only or our out over
phone please pm regards said saying says she should since so some still team thank thanks that the their them then
there they this to today too tried try trying up us very was we were what when where which while who why will with
wont would yesterday you your yours
"""
_STOP = frozenset(_STOP_WORDS.split())


def stems(text: str) -> frozenset[str]:
    """The content words of a text, cut to their stems; who wrote is none.

    >>> sorted(stems("Booking fails: I can't book, error 500. p_4zmgxkdjz5iq"))
    ['500', 'book', 'error', 'fail']
    """
    plain = _SENDER.sub(" ", text[:_MOST_TEXT].lower()).replace("'", "").replace("’", "")
    return frozenset(_stem(w) for w in re.findall(r"[^\W_]+", plain) if len(w) > 2 and w not in _STOP)


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)[:_STEM]
    return word[:_STEM]


def neighbours(said: Sequence[frozenset[str]]) -> list[int]:
    """Per text the set of texts that are alike to it, itself among them, as a bit mask of positions.

    Alike are two texts with two words in common, or with one where one of them has no more. O(n^2) in words
    of a machine: a millisecond for 100 texts.
    """
    bit_of: dict[str, int] = {}
    masks = [sum(1 << bit_of.setdefault(stem, len(bit_of)) for stem in sorted(words)) for words in said]
    alike = [1 << i for i in range(len(masks))]
    for i, one in enumerate(masks):
        for j in range(i):
            if (one & masks[j]).bit_count() >= max(1, min(IN_COMMON, len(said[i]), len(said[j]))):
                alike[i] |= 1 << j
                alike[j] |= 1 << i
    return alike


def signature(counted: Counter[str]) -> str:
    """The stems that most texts share, sorted.

    >>> signature(Counter(page=3, book=3, error=2, urgent=1))
    'book error page'
    """
    top = sorted(counted, key=lambda stem: (-counted[stem], stem))[:_N_WORDS]
    return " ".join(sorted(top))


def positions(mask: int) -> Iterable[int]:
    """The positions in a bit mask, ascending.

    >>> list(positions(0b1010))
    [1, 3]
    """
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
