"""Descriptors as plain data by package, names resolved, editions' features settled."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from google.protobuf import (
    any_pb2,
    api_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    source_context_pb2,
    struct_pb2,
    timestamp_pb2,
    type_pb2,
    wrappers_pb2,
)
from google.protobuf import descriptor_pb2 as pb
from msgspec import Struct

_F = pb.FieldDescriptorProto
_TYPES = {number: name.removeprefix("TYPE_").lower() for name, number in _F.Type.items()}
_FILE_OPTIONS = (
    "cc_enable_arenas", "cc_generic_services", "csharp_namespace", "go_package", "java_generic_services",
    "java_multiple_files", "java_outer_classname", "java_package", "objc_class_prefix", "optimize_for",
    "php_class_prefix", "php_metadata_namespace", "php_namespace", "py_generic_services", "ruby_package", "swift_prefix",
)  # fmt: skip
_WELL_KNOWN = (any_pb2, api_pb2, duration_pb2, empty_pb2, field_mask_pb2, source_context_pb2, struct_pb2, timestamp_pb2,
               type_pb2, wrappers_pb2, pb)  # fmt: skip
_FEATURES = ("field_presence", "enum_type", "message_encoding", "json_format")
_DEFAULTS = {
    "proto2": ("EXPLICIT", "CLOSED", "LENGTH_PREFIXED", "LEGACY_BEST_EFFORT"),
    "proto3": ("IMPLICIT", "OPEN", "LENGTH_PREFIXED", "ALLOW"),
    "editions": ("EXPLICIT", "OPEN", "LENGTH_PREFIXED", "ALLOW"),
}


class Source(Struct, frozen=True):
    """One file of descriptors. `lines`: where its parts stand, nothing for a compiled file."""

    file: pb.FileDescriptorProto
    lines: Mapping[str, int]
    path: str  # in the repository


def packages(sources: Sequence[Source]) -> dict[str, dict[str, Any]]:
    """Package -> its files, messages, enums and services, each by full name. O(n)."""
    kinds = dict(_kinds(sources))
    found: dict[str, dict[str, Any]] = {}
    for source in sources:
        package = found.setdefault(
            source.file.package,
            {
                "package": source.file.package,
                "files": {},
                "messages": {},
                "enums": {},
                "services": {},
                "lines": {},
            },
        )
        _File(source, kinds, package).read()
        package["lines"].setdefault(source.file.name, [source.path, 0])
        package["lines"].update({name: [source.path, line] for name, line in source.lines.items()})
    return found


def _kinds(sources: Sequence[Source]) -> Iterator[tuple[str, str]]:
    """Every type's full name and whether it is a message, an enum or the entry of a map; those that protobuf brings too."""
    for module in _WELL_KNOWN:
        yield from ((m.full_name, "message") for m in module.DESCRIPTOR.message_types_by_name.values())
        yield from ((e.full_name, "enum") for e in module.DESCRIPTOR.enum_types_by_name.values())
    for source in sources:
        scope = source.file.package
        yield from ((_joined(scope, e.name), "enum") for e in source.file.enum_type)
        for message in source.file.message_type:
            yield from _kinds_within(message, scope)


def _kinds_within(message: pb.DescriptorProto, scope: str) -> Iterator[tuple[str, str]]:
    full = _joined(scope, message.name)
    yield full, "entry" if message.options.map_entry else "message"
    yield from ((_joined(full, e.name), "enum") for e in message.enum_type)
    for nested in message.nested_type:
        yield from _kinds_within(nested, full)


class _File:
    def __init__(self, source: Source, kinds: Mapping[str, str], package: dict[str, Any]) -> None:
        self._file, self._kinds, self._package = source.file, kinds, package
        self._syntax = source.file.syntax or "proto2"

    def read(self) -> None:
        file = self._file
        options = {name: _value(file.options, name) for name in _FILE_OPTIONS if _says(file.options, name)}
        self._package["files"][file.name] = {"syntax": self._syntax, "options": options}
        features = _features(
            dict(zip(_FEATURES, _DEFAULTS.get(self._syntax, _DEFAULTS["editions"]), strict=True)),
            file.options,
        )
        for message in file.message_type:
            self._message(message, file.package, features)
        for enum in file.enum_type:
            self._enum(enum, file.package, features)
        for service in file.service:
            self._service(service)

    def _message(self, message: pb.DescriptorProto, scope: str, above: dict[str, str]) -> None:
        full, features = _joined(scope, message.name), _features(above, message.options)
        entries = {_joined(full, n.name): n for n in message.nested_type if n.options.map_entry}
        self._package["messages"][full] = {
            "file": self._file.name,
            "fields": {
                str(f.number): self._field(f, message, full, features, entries) for f in message.field
            },
            "oneofs": self._oneofs(message),
            "reserved": [[r.start, r.end - 1] for r in message.reserved_range],
            "reserved_names": list(message.reserved_name),
            "extensions": [[r.start, r.end - 1] for r in message.extension_range],
            "json_format": features["json_format"],
        }
        for nested in message.nested_type:
            if not nested.options.map_entry:
                self._message(nested, full, features)
        for enum in message.enum_type:
            self._enum(enum, full, features)

    def _oneofs(self, message: pb.DescriptorProto) -> list[str]:
        """Those that somebody wrote: `optional` of proto3 makes one of its own."""
        synthetic = {f.oneof_index for f in message.field if f.proto3_optional and f.HasField("oneof_index")}
        return [o.name for i, o in enumerate(message.oneof_decl) if i not in synthetic]

    def _field(
        self, field: _F, message: pb.DescriptorProto, scope: str, above: dict[str, str], entries: Mapping[str, pb.DescriptorProto]
    ) -> dict[str, Any]:  # fmt: skip
        features = _features(above, field.options)
        kind, type_name = self._type(field, scope, features)
        found: dict[str, Any] = {
            "name": field.name,
            "type": kind,
            "json_name": field.json_name or json_name(field.name),
        }
        found["cardinality"] = _cardinality(field, kind, features)
        if type_name:
            found["type_name"] = type_name
        if type_name in entries:
            found.update(self._map(entries[type_name], scope, above))
        if field.HasField("oneof_index") and not field.proto3_optional:
            index = field.oneof_index
            found["oneof"] = message.oneof_decl[index].name if index < len(message.oneof_decl) else ""
        if field.HasField("default_value"):
            found["default"] = field.default_value
        if field.options.HasField("jstype"):
            found["jstype"] = _value(field.options, "jstype")
        if field.options.deprecated:
            found["deprecated"] = True
        return found

    def _map(self, entry: pb.DescriptorProto, scope: str, features: dict[str, str]) -> dict[str, Any]:
        within = _joined(scope, entry.name)
        types = {f.name: self._type(f, within, features) for f in entry.field}
        (key, _), (value, value_name) = types.get("key", ("", "")), types.get("value", ("", ""))
        return {
            "type": "map",
            "type_name": "",
            "cardinality": "map",
            "key": key,
            "value": value,
            "value_name": value_name,
        }

    def _type(self, field: _F, scope: str, features: Mapping[str, str]) -> tuple[str, str]:
        """(`int32`, `message`, `enum`, `group` ...; the full name of a message or enum)."""
        if field.HasField("type") and not field.type_name:
            return _TYPES.get(field.type, ""), ""
        name = self._resolved(field.type_name, scope)
        kind = _TYPES.get(field.type, "") if field.HasField("type") else ""
        kind = kind or (
            "enum" if self._kinds.get(name) == "enum" else "message" if name in self._kinds else "named"
        )
        return ("group" if kind == "message" and features["message_encoding"] == "DELIMITED" else kind), name

    def _resolved(self, name: str, scope: str) -> str:
        """The full name, looked for from the innermost scope outwards as the compiler does."""
        if name.startswith("."):
            return name[1:]
        parts = scope.split(".") if scope else []
        for depth in range(len(parts), -1, -1):
            full = _joined(".".join(parts[:depth]), name)
            if full in self._kinds:
                return full
        return name

    def _enum(self, enum: pb.EnumDescriptorProto, scope: str, above: dict[str, str]) -> None:
        features = _features(above, enum.options)
        values: dict[str, list[str]] = {}
        for value in enum.value:
            values.setdefault(str(value.number), []).append(value.name)
        self._package["enums"][_joined(scope, enum.name)] = {
            "file": self._file.name,
            "values": values,
            "reserved": [[r.start, r.end] for r in enum.reserved_range],
            "reserved_names": list(enum.reserved_name),
            "closed": features["enum_type"] == "CLOSED",
            "json_format": features["json_format"],
        }

    def _service(self, service: pb.ServiceDescriptorProto) -> None:
        scope = self._file.package
        self._package["services"][_joined(scope, service.name)] = {
            "file": self._file.name,
            "methods": {
                m.name: {
                    "request": self._resolved(m.input_type, scope),
                    "response": self._resolved(m.output_type, scope),
                    "client_streaming": m.client_streaming,
                    "server_streaming": m.server_streaming,
                    "idempotency": _value(m.options, "idempotency_level"),
                    "deprecated": m.options.deprecated,
                }
                for m in service.method
            },
        }


def _cardinality(field: _F, kind: str, features: Mapping[str, str]) -> str:
    """`repeated`, `required`, `optional` (its presence is known) or `implicit` (zero and absent are one)."""
    if field.label == _F.LABEL_REPEATED:
        return "repeated"
    presence = features["field_presence"]
    if field.label == _F.LABEL_REQUIRED or presence == "LEGACY_REQUIRED":
        return "required"
    known = (
        kind in ("message", "group", "named")
        or field.proto3_optional
        or field.HasField("oneof_index")
        or field.extendee
    )
    return "optional" if known or presence == "EXPLICIT" else "implicit"


def _features(above: dict[str, str], options: Any) -> dict[str, str]:
    said = options.features
    own = {name: _value(said, name) for name in _FEATURES if _says(said, name)}
    return {**above, **own} if own else above


def _says(message: Any, name: str) -> bool:
    return bool(message.HasField(name))


def _value(message: Any, name: str) -> Any:
    """The value of an option, an enum's by its name."""
    value = getattr(message, name)
    kind = message.DESCRIPTOR.fields_by_name[name].enum_type
    if kind is None:
        return value
    known = kind.values_by_number.get(value)
    return known.name if known else str(value)


def json_name(name: str) -> str:
    """The name a field has in JSON unless it says another: `pet_owner_id` is `petOwnerId`."""
    out, upper = [], False
    for letter in name:
        if letter == "_":
            upper = True
        else:
            out.append(letter.upper() if upper else letter)
            upper = False
    return "".join(out)


def _joined(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name
