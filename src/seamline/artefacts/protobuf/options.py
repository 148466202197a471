"""Options of a .proto file: protobuf's own are set, custom ones are passed over."""

from typing import Any

from google.protobuf import descriptor_pb2 as pb
from google.protobuf.message import Message

from seamline.artefacts.protobuf.stream import Stream


def bracketed(words: Stream, options: Message, field: pb.FieldDescriptorProto | None) -> None:
    """`[deprecated = true, default = 3]`, where there are any."""
    if not words.skip("["):
        return
    while True:
        option(words, options, field)
        if not words.skip(","):
            break
    words.want("]")


def option(words: Stream, options: Message, field: pb.FieldDescriptorProto | None = None) -> None:
    """`name = value`; a field's `default` and `json_name` are its own."""
    path = [_option_name(words)]
    while words.skip("."):
        path.append(_option_name(words))
    words.want("=")
    value = _constant(words)
    if field is not None and path == ["default"]:
        field.default_value = _spelled(value)
    elif field is not None and path == ["json_name"]:
        field.json_name = str(value)
    else:
        _set(options, path, value)


def _option_name(words: Stream) -> str:
    if not words.skip("("):
        return words.name()
    name = words.dotted()
    words.want(")")
    return f"({name})"


def _constant(words: Stream) -> Any:
    """The value of an option; a mapping for `{ ... }`."""
    if words.now.kind == "text":
        return words.texts()
    if words.now.kind == "sign" and words.now.value in ("{", "<"):
        return _aggregate(words, "}" if words.next().value == "{" else ">")
    if words.skip("["):
        return _list(words)
    negative = words.skip("-")
    if not negative:
        words.skip("+")
    token = words.next()
    if token.kind == "number":
        return -_number(token.value) if negative else _number(token.value)
    return "-" + token.value if negative else token.value


def _aggregate(words: Stream, closing: str) -> dict[str, Any]:
    words.enter()
    found: dict[str, Any] = {}
    while not words.skip(closing):
        if words.skip(",") or words.skip(";"):
            continue
        name = _extension_name(words) if words.skip("[") else words.name()
        words.skip(":")
        found[name] = _constant(words)
    words.leave()
    return found


def _extension_name(words: Stream) -> str:
    parts = []
    while not words.skip("]"):
        parts.append(words.next().value)
    return f"[{''.join(parts)}]"


def _list(words: Stream) -> list[Any]:
    words.enter()
    found: list[Any] = []
    while not words.skip("]"):
        if not words.skip(","):
            found.append(_constant(words))
    words.leave()
    return found


def _number(written: str) -> int | float:
    try:
        if len(written) > 1 and written[0] == "0" and written.isdecimal():
            return int(written, 8)
        return int(written, 0)
    except ValueError:
        return float(written.rstrip("fF")) if not written.lower().startswith("0x") else 0


def _spelled(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _set(options: Message, path: list[str], value: Any) -> None:
    """Set one of protobuf's own options; others, and values of another type, are passed over."""
    if isinstance(value, dict):
        for name, inner in value.items():
            _set(options, [*path, name], inner)
        return
    for name in path[:-1]:
        found = options.DESCRIPTOR.fields_by_name.get(name)
        if found is None or found.message_type is None or found.is_repeated:
            return
        options = getattr(options, name)
    field = options.DESCRIPTOR.fields_by_name.get(path[-1])
    if field is None or field.is_repeated or field.message_type is not None:
        return
    if field.enum_type is not None:
        number = field.enum_type.values_by_name.get(str(value))
        value = number.number if number else None
    elif field.cpp_type == field.CPPTYPE_BOOL:
        value = {"true": True, "false": False}.get(str(value), value)
    try:
        setattr(options, path[-1], value)
    except (TypeError, ValueError):
        return
