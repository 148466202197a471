"""How any JSON is read as the neutral shape: rules that travel with each delivery, in its header `X-Mapping`.

So a mapping is in the log with what it was used on, and a replay needs nothing else (docs/decisions/010).

    {"rule": [{"when": {"$.event": "deployed"}, "each": "$.apps",
               "event": {"type": "change", "id": "{$.run}-{@.name}", "entity": "service:{@.name}", "at": "$.time"}}],
     "personal": ["$.by"]}

`$.a.b[0]['c d']` is a place in the body, `@...` one in the item of `each`. A value that is one place keeps its type;
places in braces within a text make a text; `{"from": place, "values": {...}, "default": ...}` translates words;
anything else stands as it is. A place that is missing leaves its field out.
"""

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, field

from seamline.model.errors import Fix, Unreadable

HEADER = "x-mapping"
EACH = "*"  # stands in a path for every item of a list

Path = tuple[str | int, ...]
_PATH = re.compile(r"[$@](?:\.[^\W\d][\w-]*|\[\d{1,6}\]|\['[^']*'\])*\Z")
_STEP = re.compile(r"\.([^\W\d][\w-]*)|\[(\d+)\]|\['([^']*)'\]")
_PLACE = re.compile(r"\{([$@][^{}]*)\}")

Word = str | int | float | bool


class Translated(Struct, frozen=True, forbid_unknown_fields=True):
    """A value whose words are others than ours."""

    place: str = field(name="from")
    values: dict[str, Word]
    default: Word | None = None


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """Makes one item of the body, or of each element of the list at `each`, where all of `when` holds."""

    event: dict[str, Any]
    when: dict[str, Word | list[Word]] = {}
    each: str = ""


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping. `personal` are the places that hold names of people; that of a `requester` always does."""

    rule: list[Rule]
    personal: list[str] = []


def of_headers(headers: Mapping[str, str]) -> Rules | None:
    """The delivery's mapping, None when it has none. Raises Unreadable for one that can't be meant."""
    text = headers.get(HEADER)
    return None if text is None else _rules(text)


def from_toml(text: str) -> str:
    """A mapping written as TOML, as the header's value. Raises Fix with what is wrong in it."""
    try:
        value = json.dumps(tomllib.loads(text), separators=(",", ":"))
        _rules(value)
    except (tomllib.TOMLDecodeError, TypeError, RecursionError, Unreadable) as error:
        raise Fix(f"the mapping: {error}", hint="see docs/sources/json.md") from None
    return value


@lru_cache(maxsize=64)
def _rules(text: str) -> Rules:
    try:
        rules = msgspec.json.decode(text, type=Rules)
        for rule in rules.rule:
            for place in (*rule.when, *_places(rule.event), *([rule.each] if rule.each else ())):
                _steps(place)
        for place in rules.personal:
            _steps(place)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"the mapping in {HEADER}: {error}") from None
    return rules


@lru_cache(maxsize=1024)
def _steps(place: str) -> Path:
    """The steps of a place, without its root. Raises ValueError when it is none."""
    if _PATH.match(place) is None:
        raise ValueError(f"{place[:60]!r} is no place such as $.a.b[0] or @.name")
    return tuple(int(i) if i else name or quoted for name, i, quoted in _STEP.findall(place))


def apply(rules: Rules, document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every item the rules make of a document, with the name of its rule."""
    for number, rule in enumerate(rules.rule, start=1):
        for item in _items(rule, document):
            look = _looker(document, item)
            if all(_holds(look(place), wanted) for place, wanted in rule.when.items()):
                yield f"rule {number}", _built(rule.event, look)


def paths_read(rules: Rules) -> set[Path]:
    """Every path of the body that some rule reads; EACH stands for every item of a list.

    Of a list that a rule goes through, the items are counted even where nothing is read of them: for that stands a
    path into each that leads nowhere.
    """
    read = {
        _absolute(place, rule.each) for rule in rules.rule for place in (*rule.when, *_places(rule.event))
    }
    return read | {(*_steps(rule.each), EACH, "") for rule in rules.rule if rule.each}


def paths_personal(rules: Rules) -> set[Path]:
    """The paths that hold names of people. A place below an item is looked for in the items of every `each`."""
    eaches = {rule.each for rule in rules.rule} or {""}
    named = {_absolute(place, each) for place in rules.personal for each in eaches}
    return named | {
        _absolute(place, rule.each)
        for rule in rules.rule
        for place in _places({"requester": rule.event.get("requester")})
    }


def _absolute(place: str, each: str) -> Path:
    return (*_steps(each), EACH, *_steps(place)) if place[0] == "@" and each else _steps(place)


def _items(rule: Rule, document: Any) -> list[Any]:
    """What the rule is applied to: the document, or the elements of a list in it; a single object is a list of one."""
    if not rule.each:
        return [document]
    found = _at(document, _steps(rule.each))
    return found if isinstance(found, list) else [] if found is None else [found]


def _looker(document: Any, item: Any) -> Callable[[str], Any]:
    def look(place: str) -> Any:
        return _at(item if place[0] == "@" else document, _steps(place))

    return look


def _at(value: Any, path: Path) -> Any:
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and step < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def _holds(found: Any, wanted: Word | list[Word]) -> bool:
    return found in wanted if isinstance(wanted, list) else found == wanted


def _built(value: Any, look: Callable[[str], Any]) -> Any:
    """The value with its places filled in; fields of an object whose value is missing are left out."""
    if isinstance(value, str):
        return _filled(value, look)
    if isinstance(value, list):
        return [_built(item, look) for item in value]
    if not isinstance(value, dict):
        return value
    if "from" in value:
        known = msgspec.convert(value, Translated)
        found = look(known.place)
        return known.values.get(_text(found), known.default) if _is_word(found) else known.default
    built = {name: _built(item, look) for name, item in value.items()}
    return {name: item for name, item in built.items() if item is not None}


def _filled(text: str, look: Callable[[str], Any]) -> Any:
    if _PATH.match(text):
        return look(text)
    found = {place: look(place) for place in _PLACE.findall(text)}
    if not all(_is_word(value) for value in found.values()):
        return None
    return _PLACE.sub(lambda match: _text(found[match[1]]), text)


def _is_word(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _text(value: Any) -> str:
    """A scalar as JSON spells it, texts without quotes."""
    if isinstance(value, str):
        return value
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"{value}"


def _places(value: Any) -> Iterator[str]:
    """Every place that a value of a rule names."""
    if isinstance(value, str):
        yield from [value] if _PATH.match(value) else _PLACE.findall(value)
    elif isinstance(value, list):
        for item in value:
            yield from _places(item)
    elif isinstance(value, dict) and "from" in value:
        yield msgspec.convert(value, Translated).place
    elif isinstance(value, dict):
        for item in value.values():
            yield from _places(item)
