"""One field before and after. Of the rules that a change breaks, the one that breaks most is said."""

from collections.abc import Iterator
from typing import Any

from seamline.guards.protobuf._said import Package, finding
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

# Types of one group are read from each other's bytes (https://protobuf.dev/programming-guides/proto3/#updating).
_WIRE = (
    ("int32", "int64", "uint32", "uint64", "bool"),
    ("sint32", "sint64"),
    ("fixed32", "sfixed32"),
    ("fixed64", "sfixed64"),
)
_WIRE_JSON = (("int32", "uint32"), ("int64", "uint64"), ("fixed32", "sfixed32"), ("fixed64", "sfixed64"))
_WIRE_CARDINALITY = {"optional": 1, "implicit": 1, "required": 2, "repeated": 3, "map": 3}
_WIRE_JSON_CARDINALITY = {**_WIRE_CARDINALITY, "map": 4}
_ZERO = ("", "0", "false", "0.0", "-0")


def changed(name: str, number: str, before: Document, after: Document) -> Iterator[Finding]:
    """Findings on the field of a number that both states of a message have."""
    was, now = (d.content["messages"][name]["fields"][number] for d in (before, after))
    if was == now:
        return
    label, about = f"{name}.{now['name']} = {number}", f"{name}#{number}"
    yield from _type(label, about, was, now, before, after)
    yield from _cardinality(label, about, was, now, after)
    if was["name"] != now["name"]:
        kept = was["json_name"] == now["json_name"]
        reason = f"{label}: was {was['name']}" + (
            ", the JSON name is kept" if kept else f", {was['json_name']} in JSON"
        )
        yield finding("FIELD_SAME_NAME", reason, after, about)
    elif was["json_name"] != now["json_name"]:
        reason = f"{label}: {was['json_name']} in JSON before, {now['json_name']} now"
        yield finding("FIELD_SAME_JSON_NAME", reason, after, about)
    yield from _default(label, about, was, now, after)
    if was.get("oneof", "") != now.get("oneof", ""):
        words = [f"in oneof {f['oneof']}" if f.get("oneof") else "in no oneof" for f in (was, now)]
        yield finding("FIELD_SAME_ONEOF", f"{label}: {words[0]} before, {words[1]} now", after, about)
    if was.get("jstype") != now.get("jstype"):
        yield finding(
            "FIELD_SAME_JSTYPE", f"{label}: jstype {now.get('jstype', 'as it comes')} now", after, about
        )


def _type(
    label: str, about: str, was: Package, now: Package, before: Document, after: Document
) -> Iterator[Finding]:
    if "map" in (was["type"], now["type"]):
        yield from _map(label, about, was, now, before, after)
        return
    old, new = (was["type"], was.get("type_name", "")), (now["type"], now.get("type_name", ""))
    rule = _broken(old, new, before, after)
    if rule:
        reason = f"{label}: {_spelled(old)} before, {_spelled(new)} now" + _reused(was, now)
        yield finding(rule, reason, after, about, 0.7 if _same_fields(old, new, before, after) else 0.95)


def _reused(was: Package, now: Package) -> str:
    return f"; the number was {was['name']}'s" if was["name"] != now["name"] else ""


def _map(
    label: str, about: str, was: Package, now: Package, before: Document, after: Document
) -> Iterator[Finding]:
    if was["type"] != now["type"]:
        yield finding(
            "FIELD_WIRE_JSON_COMPATIBLE_TYPE",
            f"{label}: {was['type']} before, {now['type']} now",
            after,
            about,
        )
        return
    for part, type_name in (("key", ""), ("value", "value_name")):
        old, new = (was[part], was.get(type_name, "")), (now[part], now.get(type_name, ""))
        rule = _broken(old, new, before, after)
        if rule:
            yield finding(
                rule, f"{label}: {part}s are {_spelled(new)} now, {_spelled(old)} before", after, about
            )


def _broken(old: tuple[str, str], new: tuple[str, str], before: Document, after: Document) -> str:
    """The strictest rule that a change of types breaks; "" for none."""
    if old == new or (old[1] and old[1] == new[1] and "named" in (old[0], new[0])):
        return ""
    if old[0] == new[0]:
        return (
            ""
            if old[0] == "enum" and _wider_enum(old[1], new[1], before, after)
            else "FIELD_WIRE_JSON_COMPATIBLE_TYPE"
        )
    if _together(old[0], new[0], _WIRE_JSON):
        return "FIELD_SAME_TYPE"
    if _together(old[0], new[0], _WIRE) or (old[0], new[0]) == ("string", "bytes"):
        return "FIELD_WIRE_JSON_COMPATIBLE_TYPE"
    return "FIELD_WIRE_COMPATIBLE_TYPE"


def _together(old: str, new: str, groups: tuple[tuple[str, ...], ...]) -> bool:
    return any(old in group and new in group for group in groups)


def _wider_enum(old: str, new: str, before: Document, after: Document) -> bool:
    """Whether the new enum is the old one elsewhere: same short name, and every value still there."""
    if old.rpartition(".")[2] != new.rpartition(".")[2]:
        return False
    was, now = before.content["enums"].get(old), after.content["enums"].get(new)
    if was is None or now is None:
        return False
    return all(set(names) <= set(now["values"].get(number, ())) for number, names in was["values"].items())


def _same_fields(old: tuple[str, str], new: tuple[str, str], before: Document, after: Document) -> bool:
    """Whether two messages differ in nothing but their names: then only generated code and `Any` can tell."""
    was, now = before.content["messages"].get(old[1]), after.content["messages"].get(new[1])
    return bool(was and now and was["fields"] == now["fields"])


def _spelled(kind: tuple[str, str]) -> str:
    return kind[1] or kind[0]


def _cardinality(label: str, about: str, was: Package, now: Package, after: Document) -> Iterator[Finding]:
    old, new = was["cardinality"], now["cardinality"]
    if (
        old == new
        or "map" in (was["type"], now["type"])
        or "required" in (old, new)
        or _oneof_moved(was, now)
    ):
        return  # maps by their type, required by the message's rule, oneofs by theirs
    if _WIRE_CARDINALITY[old] != _WIRE_CARDINALITY[new]:
        rule = "FIELD_WIRE_COMPATIBLE_CARDINALITY"
    elif _WIRE_JSON_CARDINALITY[old] != _WIRE_JSON_CARDINALITY[new]:
        rule = "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY"
    else:
        rule = "FIELD_SAME_CARDINALITY"
    yield finding(rule, f"{label}: {old} before, {new} now", after, about)


def _oneof_moved(was: Package, now: Package) -> bool:
    return bool(was.get("oneof", "") != now.get("oneof", ""))


def _default(label: str, about: str, was: Package, now: Package, after: Document) -> Iterator[Finding]:
    old, new = _zeroed(was.get("default", "")), _zeroed(now.get("default", ""))
    if old != new and was["type"] == now["type"]:
        reason = f"{label}: missing means {now.get('default', 'nothing')!r} now, {was.get('default', 'nothing')!r} before"
        yield finding("FIELD_SAME_DEFAULT", reason, after, about)


def _zeroed(default: Any) -> Any:
    if default in _ZERO:
        return ""
    try:
        return float(default)
    except ValueError:
        return default
