"""What log lines say with what varies taken out, so that the lines of one statement count as one.

Kept: words, the first place in the code (`Foo#12`, `foo.py:12`), classes of exceptions. Taken out: numbers, ids,
quoted values, values of keys, lists, and all after the first line. Knows no vocabulary but that of trouble.
"""

import re
from collections.abc import Collection, Iterable

_LONGEST = 300  # characters of a line that are read: a statement says what it is at its beginning

_REMEMBERED = 50_000  # lines of a kind, at most 600 bytes each

# A structured logger's line: what it says stands in a few fields, the others are values.
_FIELDS = re.compile(
    r'\b(?:level|severity|logger|msg|message|error|err|exception)"?\s*[=:]\s*"((?:[^"\\]|\\.)*)',
    re.IGNORECASE,
)
_VALUES = re.compile(
    r"\[[\w ]{1,40}(?<!Exception)(?<!Error):\s.*(?:\]|$)"  # [key: anything], however deep
    r"|\[[^\[\],]*,[^\[\]]*\]?"  # [a, b, c]
    r'|"[^"]*"?'
    r"|(?<!\w)'[^']*'(?!\w)"
    r"|=\s*(?:[\[(][^\])]*[\])]?|[^\s,;)\]}]+)"  # key=value
    r"|\b[\w.$-]*\d[\w.:/+-]*"  # whatever holds a digit: numbers, times, addresses, ids
)
_IDS = re.compile(r"(?<![\w.-])(?:\d+|(?=[a-f-]*\d)[0-9a-f]{8}[0-9a-f-]*)(?![\w.-])", re.IGNORECASE)
_STARS = re.compile(r"\*(?:[\s,:]*\*)+")
_PLACE = re.compile(r"(?:#|\.(?:java|kt|scala|py|go|rb|js|ts|rs|cs|cpp|cc|c|php):)\d+")
_DIGITS = str.maketrans("123456789", "000000000")

_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TROUBLE = frozenset(
    "abort aborted broken corrupt crash crashed critical deadlock denied emergency err error errors exception "
    "exceptions fail failed failing fails failure failures fatal killed oom overload overloaded panic refused "
    "rejected severe throttled throwable timeout traceback unavailable unreachable".split()
)

_OPENING = re.compile(r"\s*\[([\w-]+)\]")
_TRACE = re.compile(
    r"\btrace[_.-]?id\"?\s*[=:]\s*\"?([\w-]+)|\b00-([0-9a-f]{32})-[0-9a-f]{16}-", re.IGNORECASE
)


def templates(messages: Iterable[str]) -> list[str]:
    """The template of each message, in their order. About 5 microseconds a line.

    Lines that differ in their digits only have one template (but for a place in the code), so most are looked up.
    """
    known: dict[tuple[str, str], str] = {}
    found = []
    for message in messages:
        text = message[:_LONGEST]
        place = _PLACE.search(text)
        key = (text.translate(_DIGITS), place[0] if place else "")
        said = known.get(key)
        if said is None:
            said = known[key] = template(text)
            if len(known) > _REMEMBERED:
                known.clear()
        found.append(said)
    return found


def template(message: str) -> str:
    """One message without what varies. Linear in its length."""
    text = message[:_LONGEST].split("\n", 1)[0]
    if '"' in text and (fields := _FIELDS.findall(text)):
        text = " ".join(fields)
    masked = _STARS.sub("*", _VALUES.sub("*", text)).strip()
    if place := _PLACE.search(text):
        masked = masked.replace(place[0].rstrip("0123456789") + "*", place[0], 1)
    return masked


def operation(name: str) -> str:
    """The name of a span or a route without the ids in it: `/v1/orders/*`."""
    return _IDS.sub("*", name)


def unplaced(said: str) -> str:
    """A template without its place in the code, which moves with every release."""
    return _PLACE.sub("", said)


def troubled(said: str) -> bool:
    """Whether a template, or the name of an operation, speaks in English of something gone wrong."""
    return any(word.lower() in _TROUBLE for word in _WORDS.findall(said))


def opening(message: str) -> str:
    """The bracketed word that opens a line, "" for none."""
    found = _OPENING.match(message)
    return found[1] if found else ""


def trace_of(message: str, known: Collection[str]) -> str:
    """The trace that a line says it belongs to, "" for none.

    A bracketed word that opens the line is believed only where it is the name of a `known` trace.
    """
    word = opening(message)
    if word and word in known:
        return word
    found = _TRACE.search(message, 0, _LONGEST)
    return (found[1] or found[2]) if found else ""
