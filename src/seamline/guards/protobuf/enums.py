"""Enums: values by number and by name, and what is reserved."""

from collections.abc import Iterator

from seamline.guards.protobuf._said import Package, finding, gaps, pairs, reserved
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_NAMES = (
    "ENUM_VALUE_NO_DELETE", "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED",
    "ENUM_VALUE_SAME_NAME", "ENUM_SAME_TYPE", "ENUM_SAME_JSON_FORMAT", "RESERVED_ENUM_NO_DELETE",
)  # fmt: skip
IDS = tuple(f"protobuf/{name}" for name in _NAMES)


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings by enum and number. Enums that came or went are for `packages`."""
    if before is None or after is None:
        return []
    return [f for name, was, now in pairs("enums", before, after) for f in _enum(name, was, now, after)]


def _enum(name: str, was: Package, now: Package, after: Document) -> Iterator[Finding]:
    for number in sorted(was["values"], key=int):
        names = was["values"][number]
        if number not in now["values"]:
            yield from _deleted(name, number, names, now, after)
        elif not set(names) <= set(now["values"][number]):
            reason = f"{name} = {number}: {', '.join(names)} before, {', '.join(now['values'][number])} now"
            yield finding("ENUM_VALUE_SAME_NAME", reason, after, f"{name}#{number}")
    if was["closed"] != now["closed"]:
        words = ["closed" if e["closed"] else "open" for e in (was, now)]
        yield finding("ENUM_SAME_TYPE", f"{name}: {words[0]} before, {words[1]} now", after, name)
    if was["json_format"] == "ALLOW" != now["json_format"]:
        yield finding(
            "ENUM_SAME_JSON_FORMAT", f"{name}: json_format is {now['json_format']} now", after, name
        )
    lost = gaps(was["reserved"], now["reserved"]) + sorted(
        set(was["reserved_names"]) - set(now["reserved_names"])
    )
    if lost:
        yield finding("RESERVED_ENUM_NO_DELETE", f"{name}: {', '.join(lost)} reserved no longer", after, name)


def _deleted(name: str, number: str, names: list[str], now: Package, after: Document) -> Iterator[Finding]:
    said, about = f"{name}: {', '.join(names)} = {number} is deleted", f"{name}#{number}"
    by_number = reserved(int(number), now["reserved"])
    by_name = all(n in now["reserved_names"] for n in names)
    if not by_number:
        reason = f"{said}, its number is not reserved"
        yield finding("ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", reason, after, about)
    if not by_name:
        reason = f"{said}, its name is not reserved"
        yield finding("ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", reason, after, about)
    if by_number and by_name:
        yield finding("ENUM_VALUE_NO_DELETE", said, after, about)
