"""One schema as it counts: references followed, `allOf` merged, both spellings of nullable made one."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeGuard

from msgspec import Struct

from seamline.guards.json_schema._references import References

Types = frozenset[str]
ALL_TYPES: Types = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
UPPER = {"maximum": "max", "maxLength": "max-length", "maxItems": "max-items", "maxProperties": "max-properties",
         "exclusiveMaximum": "exclusive-max", "maxContains": "max-contains"}  # fmt: skip
LOWER = {"minimum": "min", "minLength": "min-length", "minItems": "min-items", "minProperties": "min-properties",
         "exclusiveMinimum": "exclusive-min", "minContains": "min-contains"}  # fmt: skip
_OBJECT: Mapping[str, type | tuple[type, ...]] = {
    "properties": Mapping, "patternProperties": Mapping, "additionalProperties": (Mapping, bool), "required": list,
    "minProperties": int, "maxProperties": int,
}  # fmt: skip
_ARRAY: Mapping[str, type | tuple[type, ...]] = {
    "items": (Mapping, list, bool), "prefixItems": list, "minItems": int, "maxItems": int, "uniqueItems": bool,
}  # fmt: skip
_LONGEST = 200  # references that one schema is made of; further ones are not known
_CONDITIONAL = ("if", "then", "else")
_ANYTHING = {"", "^", "$", ".*", "^.*$", "^.*", ".*$"}  # patterns that every text fits
NEVER: Mapping[str, Any] = {"not": {}}


class Union(Struct, frozen=True):
    """`oneOf` or `anyOf` without their null."""

    kind: str  # "one-of" | "any-of"
    branches: tuple[Any, ...]


class Shape(Struct, frozen=True):
    """What a schema asks of a value, each keyword at its strictest over all parts of an `allOf`."""

    types: Types
    typed: bool  # False: any type goes
    properties: Mapping[str, Any]
    required: frozenset[str]
    closed: bool  # no properties but the named ones
    extra: Any  # schema of other properties; {} when open
    items: Any
    positions: tuple[Any, ...]  # prefixItems, or the array form of items
    pattern_properties: Mapping[str, Any]
    bounds: Mapping[str, float]
    enum: tuple[Any, ...] | None
    open_enum: bool  # x-extensible-enum: readers were told to expect more
    const: tuple[Any, ...]  # at most one
    patterns: frozenset[str]
    format: str
    multiple_of: float | None
    unique: bool
    unions: tuple[Union, ...]
    assertions: Mapping[
        str, Any
    ]  # not, if, then, else, contains, propertyNames ...: held side by side as text
    dependent: Mapping[str, frozenset[str]]  # dependentRequired
    discriminator: str
    default: tuple[Any, ...]
    unknown: tuple[str, ...]  # references that could not be followed


def shape(schema: Any, references: References) -> Shape:
    """The shape of a schema; anything that is not a schema asks nothing."""
    unknown: list[str] = []
    parts = conjuncts(schema, references, unknown)
    nonnull, null, typed = _types(parts)
    return Shape(
        types=nonnull | ({"null"} if null else frozenset()),
        typed=typed,
        properties=_together(parts, "properties"),
        required=frozenset(n for p in parts for n in _names(p.get("required"))),
        closed=any(p.get("additionalProperties") is False or p.get("unevaluatedProperties") is False for p in parts),
        extra=_all_of([p["additionalProperties"] for p in parts if isinstance(p.get("additionalProperties"), Mapping)]),
        items=_all_of([i for p in parts if (i := _items(p)) is not None]),
        positions=next((t for p in parts if (t := _positions(p))), ()),
        pattern_properties=_together(parts, "patternProperties"),
        bounds=_bounds(parts),
        enum=_enum(parts),
        open_enum=any("x-extensible-enum" in p for p in parts),
        const=tuple(p["const"] for p in parts if "const" in p)[:1],
        patterns=frozenset(p["pattern"] for p in parts if isinstance(p.get("pattern"), str)) - _ANYTHING,
        format=next((p["format"] for p in parts if isinstance(p.get("format"), str)), ""),
        multiple_of=next((p["multipleOf"] for p in parts if _number(p.get("multipleOf"))), None),
        unique=any(p.get("uniqueItems") is True for p in parts),
        unions=tuple(u for p in parts for u in _unions(p)),
        assertions=_assertions(parts),
        dependent=_dependent(parts),
        discriminator=next((d for p in parts if (d := _discriminator(p))), ""),
        default=tuple(p["default"] for p in parts if "default" in p)[:1],
        unknown=tuple(sorted(unknown)),
    )  # fmt: skip


def conjuncts(schema: Any, references: References, unknown: list[str]) -> list[Mapping[str, Any]]:
    """All that must hold at once: the schema, what it refers to, the parts of its `allOf`, a lone nullable branch."""
    out: list[Mapping[str, Any]] = []
    _gather(schema, references, out, set(), unknown, nullable=False)
    return out


def _gather(
    schema: Any, references: References, out: list[Mapping[str, Any]], seen: set[str], unknown: list[str], *, nullable: bool
) -> None:  # fmt: skip
    if schema is False:
        schema = NEVER
    if not isinstance(schema, Mapping):
        return
    ref = schema.get("$ref", schema.get("$dynamicRef"))
    if isinstance(ref, str) and ref not in seen:
        seen.add(ref)
        target = references.find(ref) if len(seen) < _LONGEST else None
        if target is None:
            unknown.append(ref)
        _gather(target, references, out, seen, unknown, nullable=nullable)
    lone = lone_branch(schema)
    rest = {
        k: v for k, v in _typed(schema).items() if k not in ("$ref", "allOf") and not (lone and k == lone.key)
    }
    if rest:
        out.append({**rest, "nullable": True} if nullable and "type" in rest else rest)
    for part in _list(schema.get("allOf")):
        _gather(part, references, out, seen, unknown, nullable=nullable)
    if lone:
        _gather(lone.schema, references, out, seen, unknown, nullable=nullable or lone.nullable)


_SAYING = {"type", "description", "example", "examples", "deprecated"}


def _typed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """`oneOf: [{type: a}, {type: b}]` is `type: [a, b]`."""
    if "type" in schema:
        return schema
    for key in ("oneOf", "anyOf"):
        branches = _list(schema.get(key))
        plain = [b for b in branches if isinstance(b, Mapping) and "type" in b and b.keys() <= _SAYING]
        if len(branches) > 1 and len(plain) == len(branches):
            types = [t for b in plain for t in sorted(_asked(b) or ())]
            return {**{k: v for k, v in schema.items() if k != key}, "type": types}
    return schema


class Lone(Struct, frozen=True):
    key: str
    schema: Any
    nullable: bool


def lone_branch(schema: Mapping[str, Any]) -> Lone | None:
    """The one schema of `oneOf: [X]` or `oneOf: [X, null]`: the second is how a reference is made nullable."""
    for key in ("oneOf", "anyOf"):
        branches = _list(schema.get(key))
        rest = [b for b in branches if not is_null(b)]
        if len(rest) == 1 and len(branches) <= 2:
            return Lone(key, rest[0], len(branches) == 2)
    return None


def is_null(schema: Any) -> bool:
    """Whether only null fits."""
    if not isinstance(schema, Mapping):
        return False
    return (
        schema.get("type") in ("null", ["null"])
        or schema.get("enum") == [None]
        or ("const" in schema and schema["const"] is None)
    )


def _types(parts: Sequence[Mapping[str, Any]]) -> tuple[Types, bool, bool]:
    """(types but null, whether null goes, whether any type is asked for at all)."""
    types, typed, null = ALL_TYPES - {"null"}, False, True
    for part in parts:
        asked = _asked(part)
        if asked is None:
            continue
        typed = True
        null = null and ("null" in asked or part.get("nullable") is True or part.get("x-nullable") is True)
        types = frozenset(t for t in types if t in asked or (t == "integer" and "number" in asked))
    if not typed:
        types, typed = _implied(parts)
        return types, not typed, typed
    # `nullable: true` beside an allOf or a reference has no type of its own, and everybody means it
    return types, null or any(p.get("nullable") is True and "type" not in p for p in parts), True


def _asked(part: Mapping[str, Any]) -> set[str] | None:
    kind = part.get("type")
    if isinstance(kind, str):
        kind = [kind]
    names = {k for k in _list(kind) if isinstance(k, str)}
    return names or None


def _implied(parts: Sequence[Mapping[str, Any]]) -> tuple[Types, bool]:
    """The type meant by a schema that names none but says what only an object or only an array can have."""
    for keywords, name in ((_OBJECT, "object"), (_ARRAY, "array")):
        if any(isinstance(p.get(k), kind) for p in parts for k, kind in keywords.items()):
            return frozenset({name}), True
    return ALL_TYPES - {"null"}, False


def _together(parts: Iterable[Mapping[str, Any]], key: str) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for part in parts:
        members = part.get(key)
        if isinstance(members, Mapping):
            for name, schema in members.items():
                found.setdefault(str(name), []).append(schema)
    return {name: _all_of(schemas) for name, schemas in found.items()}


def _all_of(schemas: Sequence[Any]) -> Any:
    """One schema for several that hold at once: flat and each once, so that merging the same parts again ends."""
    parts: list[Any] = []
    for schema in schemas:
        inner = schema["allOf"] if isinstance(schema, Mapping) and schema.keys() == {"allOf"} else None
        parts += [p for p in (inner if isinstance(inner, list) else [schema]) if p not in parts]
    return {} if not parts else parts[0] if len(parts) == 1 else {"allOf": parts}


def _items(part: Mapping[str, Any]) -> Any:
    """The schema of items after the positional ones; None when nothing is said."""
    items = part.get("items")
    if isinstance(items, list):
        return part.get("additionalItems")
    return items


def _positions(part: Mapping[str, Any]) -> tuple[Any, ...]:
    items = part.get("items")
    return tuple(items) if isinstance(items, list) else tuple(_list(part.get("prefixItems")))


def _bounds(parts: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Keyword -> strictest value. The boolean `exclusiveMaximum` of draft 4 becomes the number it means."""
    out: dict[str, float] = {}
    for part in parts:
        for key, value in _numeric(part):
            pick = min if key in UPPER else max
            out[key] = pick(out[key], value) if key in out else value
    return {
        k: v
        for k, v in out.items()
        if not (k in LOWER and v <= 0 and k not in ("minimum", "exclusiveMinimum"))
    }


def _numeric(part: Mapping[str, Any]) -> Iterable[tuple[str, float]]:
    for key in (*UPPER, *LOWER):
        value = part.get(key)
        if key in ("maximum", "minimum") and part.get("exclusive" + key.capitalize()) is True:
            key = "exclusive" + key.capitalize()
        if _number(value):
            yield key, value


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _enum(parts: Iterable[Mapping[str, Any]]) -> tuple[Any, ...] | None:
    """Values in order, without null: whether null goes is said by the types."""
    found: list[Any] | None = None
    for part in parts:
        values = part.get("enum", part.get("x-extensible-enum"))
        if isinstance(values, list):
            found = [v for v in values if v is not None and (found is None or v in found)]
    return None if found is None else tuple(found)


def _unions(part: Mapping[str, Any]) -> Iterable[Union]:
    for key, kind in (("oneOf", "one-of"), ("anyOf", "any-of")):
        branches = tuple(b for b in _list(part.get(key)) if not is_null(b))
        if branches:
            yield Union(kind, branches)


def _assertions(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for part in parts:
        for key in ("not", *_CONDITIONAL, "contains", "propertyNames", "dependentSchemas", "contentMediaType",
                    "contentEncoding"):  # fmt: skip
            if key in part and (key == "not" or part[key] not in ({}, True)):
                out[key] = part[key] if key not in out else [out[key], part[key]]
    return out


def _dependent(parts: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    out: dict[str, frozenset[str]] = {}
    for part in parts:
        for key in ("dependentRequired", "dependencies"):
            rules = part.get(key)
            for name, needs in rules.items() if isinstance(rules, Mapping) else ():
                out[name] = out.get(name, frozenset()) | frozenset(_names(needs))
    return {name: needs for name, needs in out.items() if needs}


def _discriminator(part: Mapping[str, Any]) -> str:
    """The property that tells the branches apart; Swagger 2.0 writes the bare name."""
    found = part.get("discriminator")
    if isinstance(found, Mapping):
        found = found.get("propertyName")
    return found if isinstance(found, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(value: Any) -> list[str]:
    return [v for v in _list(value) if isinstance(v, str)]
