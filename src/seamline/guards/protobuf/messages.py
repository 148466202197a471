"""Messages and their fields, by number: what was written must still be read, and read as the same."""

from collections.abc import Iterator

from seamline.guards.protobuf._fields import changed
from seamline.guards.protobuf._said import Package, finding, gaps, pairs, reserved
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_NAMES = (
    "FIELD_NO_DELETE", "FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED",
    "FIELD_SAME_CARDINALITY", "FIELD_SAME_DEFAULT", "FIELD_SAME_JSON_NAME", "FIELD_SAME_JSTYPE", "FIELD_SAME_NAME",
    "FIELD_SAME_ONEOF", "FIELD_SAME_TYPE", "FIELD_WIRE_COMPATIBLE_CARDINALITY", "FIELD_WIRE_COMPATIBLE_TYPE",
    "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", "FIELD_WIRE_JSON_COMPATIBLE_TYPE", "MESSAGE_SAME_REQUIRED_FIELDS",
    "MESSAGE_SAME_JSON_FORMAT", "RESERVED_MESSAGE_NO_DELETE", "EXTENSION_MESSAGE_NO_DELETE", "ONEOF_NO_DELETE",
)  # fmt: skip
IDS = tuple(f"protobuf/{name}" for name in _NAMES)


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings by message and field number. Messages that came or went are for `packages`."""
    if before is None or after is None:
        return []
    return [
        f
        for name, was, now in pairs("messages", before, after)
        for f in _message(name, was, now, before, after)
    ]


def _message(name: str, was: Package, now: Package, before: Document, after: Document) -> Iterator[Finding]:
    for number in sorted(was["fields"], key=int):
        if number in now["fields"]:
            yield from changed(name, number, before, after)
        else:
            yield from _deleted(name, number, was, now, after)
    yield from _required(name, was, now, after)
    yield from _ranges(name, was, now, after)
    if was["json_format"] == "ALLOW" != now["json_format"]:
        reason = f"{name}: its JSON form was kept to, and is now as good as it gets ({now['json_format']})"
        yield finding("MESSAGE_SAME_JSON_FORMAT", reason, after, name)
    for oneof in sorted(set(was["oneofs"]) - set(now["oneofs"])):
        yield finding("ONEOF_NO_DELETE", f"{name}: oneof {oneof} is gone", after, name)


def _deleted(name: str, number: str, was: Package, now: Package, after: Document) -> Iterator[Finding]:
    field = was["fields"][number]
    said = f"{name}.{field['name']} = {number} is deleted"
    alike = [n for n, f in now["fields"].items() if n not in was["fields"] and f["name"] == field["name"]]
    hint = f" (it has number {alike[0]} now: old data is not found there)" if alike else ""
    by_number, by_name = reserved(int(number), now["reserved"]), field["name"] in now["reserved_names"]
    if not by_number:
        reason = f"{said}, its number is not reserved{hint}"
        yield finding("FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", reason, after, f"{name}#{number}")
    if not by_name and not alike:
        reason = f"{said}, its name is not reserved"
        yield finding("FIELD_NO_DELETE_UNLESS_NAME_RESERVED", reason, after, f"{name}#{number}")
    if by_number and (by_name or alike):
        yield finding("FIELD_NO_DELETE", f"{said}{hint}", after, f"{name}#{number}")


def _required(name: str, was: Package, now: Package, after: Document) -> Iterator[Finding]:
    """Fields that have to be there in one state and not in the other."""
    old = {n for n, f in was["fields"].items() if f["cardinality"] == "required"}
    new = {n for n, f in now["fields"].items() if f["cardinality"] == "required"}
    for number in sorted(old ^ new, key=int):
        field = (now if number in new else was)["fields"][number]
        said = "is required from now on" if number in new else "was required, and may be missing now"
        reason = f"{name}.{field['name']} = {number} {said}: the other side refuses messages without it"
        yield finding("MESSAGE_SAME_REQUIRED_FIELDS", reason, after, f"{name}#{number}")


def _ranges(name: str, was: Package, now: Package, after: Document) -> Iterator[Finding]:
    lost = gaps(was["reserved"], now["reserved"]) + sorted(
        set(was["reserved_names"]) - set(now["reserved_names"])
    )
    if lost:
        yield finding(
            "RESERVED_MESSAGE_NO_DELETE", f"{name}: {', '.join(lost)} reserved no longer", after, name
        )
    free = gaps(was["extensions"], now["extensions"])
    if free:
        reason = f"{name}: extensions {', '.join(free)} are no longer taken"
        yield finding("EXTENSION_MESSAGE_NO_DELETE", reason, after, name)
