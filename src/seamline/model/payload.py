"""What tools send, read with care: JSON that may be anything, times in any spelling, personal words in text."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

import msgspec

from seamline.model.errors import Unreadable

T = TypeVar("T")
Stamp = str | int | float | None  # a time as JSON may spell it

# The look-behind makes each run of letters one attempt; `git@host` is how clone addresses begin.
EMAIL = r"(?<![\w.+%'-])(?!git@)[\w.+%'-]{1,64}@(?:[\w-]{1,63}\.)+[\w-]{2,63}"

N_WORDS = 500  # each is looked for at every word of a text: about 0.5 s per megabyte
_PSEUDONYM = re.compile(r"p_[a-z2-7]{12}")  # as the home's keyring writes them
_MILLISECONDS_FROM = 1e11  # epoch seconds reach this in the year 5138, epoch milliseconds did in 1973


def decode(body: bytes | msgspec.Raw | None, shape: type[T]) -> T:
    """The JSON body as `shape`; unknown fields are ignored.

    Raises Unreadable with the place of the mistake; None (a body that is gone) is unreadable as well.
    """
    if body is None:
        raise Unreadable("the body is gone: erased, or past its retention")
    try:
        return msgspec.json.decode(body, type=shape)
    except RecursionError:
        raise Unreadable("the JSON is nested too deeply") from None
    except ValueError as error:  # malformed JSON, another shape, or bytes that are not UTF-8
        raise Unreadable(f"not the expected JSON: {error}") from None


def rewrite(body: bytes, change: Callable[[Any], Any]) -> bytes:
    """The body with `change` done to its decoded JSON; the very same bytes when that changes nothing.

    Raises Unreadable as `decode` does.
    """
    document = decode(body, object)
    try:
        changed = change(document)
        return body if changed == document else msgspec.json.encode(changed)
    except RecursionError:
        raise Unreadable("the JSON is nested too deeply") from None


def moment(stamp: Stamp, default: datetime) -> datetime:
    """The UTC time that a sender wrote: ISO 8601 with any offset and precision, or epoch seconds or milliseconds.

    A time without an offset is UTC. None, "" and Go's zero time (year 1) mean that none was given: `default`.
    Raises Unreadable for anything else. Parts finer than a microsecond are cut off.

    >>> moment("2026-11-20T10:00:00.123456789+02:00", datetime.now(UTC)).isoformat()
    '2026-11-20T08:00:00.123456+00:00'
    """
    if stamp is None or stamp == "":
        return default
    try:
        at = datetime.fromisoformat(stamp) if isinstance(stamp, str) else _from_epoch(stamp)
        if at.year == 1:
            return default
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Unreadable(f"not a time: {str(stamp)[:40]!r}") from None


def _from_epoch(number: float) -> datetime:
    return datetime.fromtimestamp(number / 1000 if abs(number) >= _MILLISECONDS_FROM else number, UTC)


def replacer(
    pseudonym: Callable[[str], str],
    *,
    patterns: Sequence[str] = (EMAIL,),
    words: Iterable[str] = (),
    keep: Iterable[str] = (),
) -> Callable[[str], str]:
    """A function that puts a pseudonym in the place of every match of `patterns` and every whole word of `words`.

    Where several fit, `keep` (left as it stands) wins, then the patterns in their order, then the longest word.
    Words are matched by case: a name like Will is also a verb. Raises Unreadable for more than N_WORDS words.
    A pattern that spells an `@` must not match where there is none: most texts have none, and are passed over.
    """
    wanted = set(words)
    if len(wanted) > N_WORDS:
        raise Unreadable(f"{len(wanted)} names in one delivery, more than are looked for")
    marks = ["@", *wanted] if all("@" in pattern for pattern in patterns) else [""]  # "" is in every text

    @cache
    def search() -> re.Pattern[str]:
        kept, named = _any_of(keep), _any_of(wanted)
        parts = [f"(?P<kept>{kept})"] if kept else []
        parts += [f"(?:{pattern})" for pattern in patterns]
        parts += [rf"(?<![\w-])(?:{named})(?![\w-])"] if named else []
        return re.compile("|".join(parts) or r"(?!)")

    def replaced(match: re.Match[str]) -> str:
        return match[0] if match.groupdict().get("kept") else pseudonym(match[0])

    def replace(text: str) -> str:
        for mark in marks:  # this runs for every text of every delivery
            if mark in text:
                return search().sub(replaced, text)
        return text

    return replace


def is_pseudonym(text: str) -> bool:
    """Whether redaction was here before: no person goes by such a name."""
    return _PSEUDONYM.fullmatch(text) is not None


def _any_of(words: Iterable[str]) -> str:
    """A pattern that matches one of `words`, the longest first; "" when there are none."""
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda w: (-len(w), w)) if word)
