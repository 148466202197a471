"""What changed between two shapes, and whom it breaks: those who send such values, or those who read them.

A schema that asks for more breaks senders; one that promises less breaks readers. Steps are named with the words of
oasdiff, without the place they happen at ("max-length-decreased").
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from seamline.guards.json_schema._shape import ALL_TYPES, LOWER, UPPER, Shape, Types

Effect = Literal["", "may", "breaks", "unsure"]


class Step(Struct, frozen=True):
    """One difference. `at` is the name of the property it is about, where it is about one."""

    what: str
    detail: str
    senders: Effect
    readers: Effect
    at: str = ""


def _narrower(what: str, detail: str, at: str = "") -> Step:
    return Step(what, detail, "breaks", "", at)


def _wider(what: str, detail: str, at: str = "") -> Step:
    return Step(what, detail, "", "breaks", at)


def _other(what: str, detail: str, at: str = "") -> Step:
    return Step(what, detail, "breaks", "breaks", at)


def steps(before: Shape, after: Shape) -> Iterator[Step]:
    """Every difference of two shapes themselves, not of the schemas within them."""
    if before.unknown != after.unknown:
        lost = ", ".join(sorted({*before.unknown} ^ {*after.unknown}))
        yield Step("reference-target-changed", f"{lost} can't be followed", "unsure", "unsure")
    yield from _type(before, after)
    for kinds, family in _FAMILIES:
        if before.types & after.types & kinds:
            yield from family(before, after)


def _type(before: Shape, after: Shape) -> Iterator[Step]:
    was, now = before.types - {"null"}, after.types - {"null"}
    if not _fits(was, now) or not _fits(now, was):
        yield _type_step(before, after, _fits(was, now), _fits(now, was))
    if not (before.typed or after.typed) or not (was and now):
        return
    if "null" in after.types and "null" not in before.types:
        yield _wider("became-nullable", "null may come")
    if "null" in before.types and "null" not in after.types and after.typed and before.typed:
        yield _narrower("became-not-nullable", "null is refused")


def _type_step(before: Shape, after: Shape, widens: bool, narrows: bool) -> Step:
    detail = f"from {_spelled(before)} to {_spelled(after)}"
    several = (
        len(before.types - {"null"}) > 1 and len(after.types - {"null"}) > 1 and before.typed and after.typed
    )
    if widens:
        return _wider("list-of-types-widened" if several else "type-generalized", detail)
    if narrows:
        return _narrower("list-of-types-narrowed" if several else "type-changed", detail)
    return _other("type-changed", detail)


def _fits(types: Types, wider: Types) -> bool:
    """Whether each value of these types is one of the wider ones; every integer is a number."""
    return all(t in wider or (t == "integer" and "number" in wider) for t in types)


def _spelled(shape: Shape) -> str:
    implied = {"null", "integer"} if "number" in shape.types else {"null"}
    return ("/".join(sorted(shape.types - implied)) or "nothing") if shape.typed else "anything"


# Values of the first format are values of the second.
_WITHIN = {
    ("int32", "int64"),
    ("float", "double"),
    ("int32", "bigint"),
    ("int64", "bigint"),
    ("date", "date-time"),
}


def _format(before: Shape, after: Shape) -> Iterator[Step]:
    was, now = before.format, after.format
    if was == now or not before.types & after.types:
        return
    detail = f"format from {was or 'any'} to {now or 'any'}"
    if not now or (was, now) in _WITHIN:
        yield _wider("type-generalized", detail) if now else Step("type-generalized", detail, "", "may")
    elif not was or (now, was) in _WITHIN:
        yield _narrower("type-changed", detail)
    else:
        yield _other("type-changed", detail)


def _values(before: Shape, after: Shape) -> Iterator[Step]:
    yield from _const(before, after)
    was, now = before.enum, after.enum
    if was is None and now is not None:
        yield from () if before.const else [_narrower("became-enum", f"only {_listed(now)} go")]
    elif was is not None and now is None:
        yield from (
            ()
            if after.const or before.open_enum
            else [_wider("enum-removed", f"more than {_listed(was)} go")]
        )
    elif was is not None and now is not None:
        gone, new = [v for v in was if v not in now], [v for v in now if v not in was]
        if gone:
            yield _narrower("enum-value-removed", _listed(gone))
        if new and not (before.open_enum or after.open_enum):
            yield _wider("enum-value-added", _listed(new))


def _const(before: Shape, after: Shape) -> Iterator[Step]:
    was, now = before.const, after.const
    if was == now:
        return
    if was and now:
        yield _other("const-changed", f"from {was[0]!r} to {now[0]!r}")
    elif now and before.enum != (now[0],):
        yield _narrower("const-added", f"only {now[0]!r} goes")
    elif was and after.enum != (was[0],):
        yield _wider("const-removed", f"more than {was[0]!r} goes")


def _bounds(before: Shape, after: Shape) -> Iterator[Step]:
    for keyword, word in (*UPPER.items(), *LOWER.items()):
        was, now = before.bounds.get(keyword), after.bounds.get(keyword)
        if was != now and not (now is None and (after.enum or after.const)):
            yield _bound(keyword, word, was, now)
    yield from _multiple(before.multiple_of, after.multiple_of)


def _bound(keyword: str, word: str, was: float | None, now: float | None) -> Step:
    if was is None:
        return _narrower(f"{word}-set", f"{keyword} {now:g}")
    if now is None:
        return _wider(f"{word}-unset", f"{keyword} was {was:g}")
    direction = "increased" if now > was else "decreased"
    tighter = (now < was) == (keyword in UPPER)
    return (_narrower if tighter else _wider)(f"{word}-{direction}", f"{keyword} from {was:g} to {now:g}")


def _multiple(was: float | None, now: float | None) -> Iterator[Step]:
    if was == now:
        return
    if was is None or (now is not None and was and now % was == 0):
        yield _narrower("multiple-of-set", f"multiples of {now:g} only")
    elif now is None or (now and was % now == 0):
        yield _wider("multiple-of-unset", f"more than multiples of {was:g}")
    else:
        yield _other("multiple-of-changed", f"multipleOf from {was:g} to {now:g}")


def _texts(before: Shape, after: Shape) -> Iterator[Step]:
    gone, new = sorted(before.patterns - after.patterns), sorted(after.patterns - before.patterns)
    if gone and new:
        # Whether one regular expression takes in another isn't decided here.
        yield Step("pattern-changed", f"from {gone[0]} to {new[0]}", "may", "")
    elif new:
        yield _narrower("pattern-added", new[0])
    elif gone and not (after.enum or after.const):
        yield Step("pattern-removed", gone[0], "", "may")


def _objects(before: Shape, after: Shape) -> Iterator[Step]:
    for name in sorted({*before.properties, *before.required} | {*after.properties, *after.required}):
        yield from _property(name, before, after)
    if after.closed and not before.closed:
        yield _narrower("additional-properties-forbidden", "properties that are not named are refused")
    if before.closed and not after.closed:
        yield Step("additional-properties-allowed", "properties that are not named may come", "", "may")
    yield from _sets("pattern-property", before.pattern_properties, after.pattern_properties)
    yield from _dependents(before.dependent, after.dependent)


def _property(name: str, before: Shape, after: Shape) -> Iterator[Step]:
    was, now = name in before.properties, name in after.properties
    needed, needs = name in before.required, name in after.required
    if was and not now:
        yield _removed(name, before, after)
    if needs and not needed:
        if was or name in before.required:
            yield _narrower("property-became-required", name, name)
        else:
            yield _narrower("new-required-property", name, name)
    if needed and not needs and (now or not was):
        yield _wider("property-became-optional", name, name)


def _removed(name: str, before: Shape, after: Shape) -> Step:
    """A property that is gone: refused where no others are taken, else ignored by whoever reads it."""
    hint = _renamed(name, before, after)
    if name in before.required:
        return Step(
            "required-property-removed", name + hint, "breaks" if after.closed else "may", "breaks", name
        )
    return Step("optional-property-removed", name + hint, "breaks" if after.closed else "may", "may", name)


def _renamed(name: str, before: Shape, after: Shape) -> str:
    new = [n for n in after.properties if n not in before.properties]
    alike = [n for n in new if after.properties[n] == before.properties[name]]
    return f", renamed to {alike[0]}?" if len(alike) == 1 else ""


def _sets(word: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Step]:
    for name in sorted({*before} - {*after}):
        yield Step(f"{word}-removed", name, "", "may")
    for name in sorted({*after} - {*before}):
        yield _narrower(f"{word}-added", name)


def _dependents(before: Mapping[str, frozenset[str]], after: Mapping[str, frozenset[str]]) -> Iterator[Step]:
    for name in sorted({*before, *after}):
        was, now = before.get(name, frozenset()), after.get(name, frozenset())
        if now - was:
            yield _narrower("dependent-required-added", f"{name} needs {', '.join(sorted(now - was))}")
        if was - now:
            yield _wider(
                "dependent-required-removed", f"{name} no longer comes with {', '.join(sorted(was - now))}"
            )


def _arrays(before: Shape, after: Shape) -> Iterator[Step]:
    if after.unique and not before.unique:
        yield _narrower("unique-items-set", "repeated items are refused")
    if before.unique and not after.unique:
        yield _wider("unique-items-unset", "items may repeat")
    if len(after.positions) > len(before.positions):
        yield _narrower(
            "prefix-items-added", f"positions {len(before.positions)} to {len(after.positions) - 1}"
        )
    if len(after.positions) < len(before.positions):
        yield _wider(
            "prefix-items-removed", f"positions {len(after.positions)} to {len(before.positions) - 1}"
        )


def _assertions(before: Shape, after: Shape) -> Iterator[Step]:
    """Keywords whose schemas are held side by side as a whole: set, gone, or changed in a way nobody can tell."""
    for keyword in sorted({*before.assertions, *after.assertions}):
        word = _WORDS.get(keyword, keyword)
        if keyword not in before.assertions:
            yield _narrower(f"{word}-added", keyword)
        elif keyword not in after.assertions:
            yield _wider(f"{word}-removed", keyword)
        elif before.assertions[keyword] != after.assertions[keyword]:
            yield from _assertion_changed(keyword, before.assertions[keyword], after.assertions[keyword])


def _assertion_changed(keyword: str, was: Any, now: Any) -> Iterator[Step]:
    word = _WORDS.get(keyword, keyword)
    if isinstance(was, str) and isinstance(now, str):
        yield _other(f"{word}-changed", f"{keyword} from {was} to {now}")
    elif keyword not in ENTERED or not (isinstance(was, Mapping) and isinstance(now, Mapping)):
        yield Step(f"{word}-changed", f"{keyword} asks for something else", "unsure", "unsure")


# Schemas in a keyword of these ask for more when they themselves ask for more, so they are entered like a property's.
ENTERED = ("then", "else", "contains", "propertyNames")
_WORDS = {"propertyNames": "property-names", "dependentSchemas": "dependent-schema",
          "contentMediaType": "content-media-type", "contentEncoding": "content-encoding"}  # fmt: skip


def _hints(before: Shape, after: Shape) -> Iterator[Step]:
    """What no validator checks and readers go by all the same."""
    if before.discriminator and after.discriminator and before.discriminator != after.discriminator:
        detail = f"from {before.discriminator} to {after.discriminator}"
        yield Step("discriminator-property-name-changed", detail, "may", "may")
    if before.default and after.default and before.default != after.default:
        yield Step("default-value-changed", f"from {before.default[0]!r} to {after.default[0]!r}", "may", "")


def _listed(values: Sequence[Any]) -> str:
    shown = ", ".join(repr(v) for v in values[:5])
    return shown + (f" and {len(values) - 5} more" if len(values) > 5 else "")


# What a family compares is moot where no value can have such a type before and after.
_FAMILIES: tuple[tuple[Types, Callable[[Shape, Shape], Iterator[Step]]], ...] = (
    (ALL_TYPES, _format),
    (ALL_TYPES, _values),
    (ALL_TYPES, _bounds),
    (frozenset({"string"}), _texts),
    (frozenset({"object"}), _objects),
    (frozenset({"array"}), _arrays),
    (ALL_TYPES, _assertions),
    (ALL_TYPES, _hints),
)
