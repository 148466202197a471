"""A .proto file as the descriptor that the compiler would make of it, names not yet resolved.

proto2, proto3 and editions. Options are read as far as they are protobuf's own; custom ones are passed over.
"""

from typing import Any

from google.protobuf import descriptor_pb2 as pb
from msgspec import Struct

from seamline.artefacts.protobuf.options import bracketed, option
from seamline.artefacts.protobuf.stream import Stream
from seamline.artefacts.protobuf.tokens import Broken, tokens

_F = pb.FieldDescriptorProto
_LABELS = {"optional": _F.LABEL_OPTIONAL, "required": _F.LABEL_REQUIRED, "repeated": _F.LABEL_REPEATED}
_SCALARS = {name.removeprefix("TYPE_").lower(): number for name, number in _F.Type.items()
            if name not in ("TYPE_MESSAGE", "TYPE_ENUM", "TYPE_GROUP")}  # fmt: skip
_MAX_FIELD = 536_870_911
_MAX_ENUM = 2_147_483_647


class Parsed(Struct, frozen=True):
    """A file and where its parts stand: full name, or full name # number -> line."""

    file: pb.FileDescriptorProto
    lines: dict[str, int]


def parsed(source: str, path: str) -> Parsed:
    """The descriptor of one file. Raises Broken with the line."""
    reading = _Reading(Stream(tokens(source)))
    reading.file.name = path
    while reading.words.now.kind != "end":
        reading.statement()
    return Parsed(reading.file, reading.lines)


class _Reading:
    def __init__(self, words: Stream) -> None:
        self.words = words
        self.file = pb.FileDescriptorProto(syntax="proto2")
        self.lines: dict[str, int] = {}

    # -- the file -----------------------------------------------------------------------------------
    def statement(self) -> None:
        """One statement at the top of the file."""
        if self.words.now.value in ("export", "local"):
            self.words.next()
        word, scope = self.words.next(), self.file.package
        if word.value in ("syntax", "edition"):
            self._edition()
        elif word.value == "package":
            self.file.package = self.words.dotted()
            self.words.want(";")
        elif word.value == "import":
            self._import()
        elif word.value == "option":
            option(self.words, self.file.options)
            self.words.want(";")
        elif word.value == "message":
            self._message(self.file.message_type.add(), scope, word.line)
        elif word.value == "enum":
            self._enum(self.file.enum_type.add(), scope, word.line)
        elif word.value == "service":
            self._service(self.file.service.add(), scope, word.line)
        elif word.value == "extend":
            self._extend(self.file.extension, self.file.message_type, scope)
        elif word.value != ";":
            raise Broken(f"{word.value[:40]!r} begins no statement", word.line)

    def _edition(self) -> None:
        self.words.want("=")
        said = self.words.next()
        self.words.want(";")
        if said.value in ("proto2", "proto3"):
            self.file.syntax = said.value
            return
        self.file.syntax = "editions"
        try:
            self.file.edition = pb.Edition.Value(f"EDITION_{said.value}")
        except ValueError:
            raise Broken(f"edition {said.value[:40]!r} is not known", said.line) from None

    def _import(self) -> None:
        if self.words.now.kind == "name":
            self.words.next()  # public, weak, option
        self.file.dependency.append(self.words.next().value)
        self.words.want(";")

    # -- messages -----------------------------------------------------------------------------------
    def _message(self, message: pb.DescriptorProto, scope: str, line: int) -> None:
        message.name = self.words.name()
        self._message_body(message, _joined(scope, message.name), line)

    def _message_body(self, message: pb.DescriptorProto, full: str, line: int) -> None:
        self.lines[full] = line
        self.words.enter()
        self.words.want("{")
        while not self.words.skip("}"):
            self._part(message, full)
        self.words.leave()

    def _part(self, message: pb.DescriptorProto, full: str) -> None:
        if self.words.now.value in ("export", "local") and self.words.ahead(1) in ("message", "enum"):
            self.words.next()
        word, opens = self.words.now, self.words.ahead(2) == "{"
        if word.value == ";":
            self.words.next()
        elif word.value == "message" and opens:
            self.words.next()
            self._message(message.nested_type.add(), full, word.line)
        elif word.value == "enum" and opens:
            self.words.next()
            self._enum(message.enum_type.add(), full, word.line)
        elif word.value == "oneof" and opens:
            self.words.next()
            self._oneof(message, full)
        elif word.value == "extend" and self.words.ahead(1) != "=" and self.words.ahead(2) != "=":
            self.words.next()
            self._extend(message.extension, message.nested_type, full)
        elif word.value == "option" and (self.words.ahead(1) == "(" or self.words.ahead(2) in ("=", ".")):
            self.words.next()
            option(self.words, message.options)
            self.words.want(";")
        elif word.value in ("reserved", "extensions") and self.words.ahead(2) != "=":
            self.words.next()
            self._ranges(message, word.value)
        else:
            self._field(message.field.add(), message.nested_type, full)

    def _oneof(self, message: pb.DescriptorProto, full: str) -> None:
        index = len(message.oneof_decl)
        oneof = message.oneof_decl.add(name=self.words.name())
        self.words.want("{")
        while not self.words.skip("}"):
            if self.words.skip(";"):
                continue
            if self.words.now.value == "option" and (
                self.words.ahead(1) == "(" or self.words.ahead(2) in ("=", ".")
            ):
                self.words.next()
                option(self.words, oneof.options)
                self.words.want(";")
                continue
            field = message.field.add(oneof_index=index)
            self._field(field, message.nested_type, full)

    def _extend(self, fields: Any, nested: Any, scope: str) -> None:
        extendee = self.words.dotted()
        self.words.want("{")
        while not self.words.skip("}"):
            if not self.words.skip(";"):
                field = fields.add(extendee=extendee)
                self._field(field, nested, scope)

    def _field(self, field: pb.FieldDescriptorProto, nested: Any, scope: str) -> None:
        line = self.words.now.line
        field.label = _F.LABEL_OPTIONAL
        if self.words.now.value in _LABELS and self.words.ahead(1) != "=" and self.words.ahead(2) != "=":
            field.label = _LABELS[self.words.next().value]
            field.proto3_optional = field.label == _F.LABEL_OPTIONAL and self.file.syntax == "proto3"
        if self.words.now.value == "group" and self.words.ahead(2) == "=":
            self._group(field, nested, scope)
        elif self.words.now.value == "map" and self.words.ahead(1) == "<":
            self._map(field, nested)
        else:
            self._typed(field)
        self.lines[f"{scope}#{field.number}"] = line

    def _typed(self, field: pb.FieldDescriptorProto) -> None:
        _set_type(field, self.words.dotted())
        field.name = self.words.name()
        self._number(field)
        bracketed(self.words, field.options, field)
        self.words.want(";")

    def _number(self, field: pb.FieldDescriptorProto) -> None:
        self.words.want("=")
        line, number = self.words.now.line, self.words.integer()
        if not 0 < number <= _MAX_FIELD:
            raise Broken(f"{number} is no field number", line)
        field.number = number

    def _group(self, field: pb.FieldDescriptorProto, nested: Any, scope: str) -> None:
        line = self.words.next().line
        message = nested.add(name=self.words.name())
        field.name, field.type = message.name.lower(), _F.TYPE_GROUP
        field.type_name = f".{_joined(scope, message.name)}"
        self._number(field)
        bracketed(self.words, field.options, field)
        self._message_body(message, _joined(scope, message.name), line)

    def _map(self, field: pb.FieldDescriptorProto, nested: Any) -> None:
        self.words.next()
        self.words.next()
        key = self.words.dotted()
        self.words.want(",")
        value = self.words.dotted()
        self.words.want(">")
        field.name = self.words.name()
        self._number(field)
        entry = nested.add(name="".join(p[:1].upper() + p[1:] for p in field.name.split("_")) + "Entry")
        entry.options.map_entry = True
        _set_type(entry.field.add(name="key", number=1, label=1), key)
        _set_type(entry.field.add(name="value", number=2, label=1), value)
        field.label, field.type_name = _F.LABEL_REPEATED, entry.name
        bracketed(self.words, field.options, field)
        self.words.want(";")

    def _ranges(self, message: Any, word: str) -> None:
        """`reserved 2, 5 to 9, 40 to max;`, `reserved "a", b;`, `extensions 100 to 199 [...];`."""
        while True:
            if self.words.now.kind == "text":
                message.reserved_name.append(self.words.texts())
            elif self.words.now.kind == "name":
                message.reserved_name.append(self.words.name())
            else:
                self._range(message, word)
            if not self.words.skip(","):
                break
        bracketed(self.words, pb.ExtensionRangeOptions(), None)
        self.words.want(";")

    def _range(self, message: Any, word: str) -> None:
        is_enum = isinstance(message, pb.EnumDescriptorProto)
        start = end = self.words.integer()
        if self.words.skip("to"):
            end = (_MAX_ENUM if is_enum else _MAX_FIELD) if self.words.skip("max") else self.words.integer()
        found = message.extension_range if word == "extensions" else message.reserved_range
        limit = _MAX_ENUM
        if not (-limit - 1 <= start <= end <= limit):
            raise Broken(f"{start} to {end} is no range of numbers", self.words.now.line)
        found.add(start=start, end=end if is_enum else end + 1)  # the compiler keeps messages' ends exclusive

    # -- enums and services -------------------------------------------------------------------------
    def _enum(self, enum: pb.EnumDescriptorProto, scope: str, line: int) -> None:
        enum.name = self.words.name()
        full = _joined(scope, enum.name)
        self.lines[full] = line
        self.words.want("{")
        while not self.words.skip("}"):
            if self.words.skip(";"):
                continue
            if self.words.now.value == "option" and self.words.ahead(1) != "=":
                self.words.next()
                option(self.words, enum.options)
                self.words.want(";")
            elif self.words.now.value == "reserved" and self.words.ahead(1) != "=":
                self.words.next()
                self._ranges(enum, "reserved")
            else:
                self._enum_value(enum, full)

    def _enum_value(self, enum: pb.EnumDescriptorProto, full: str) -> None:
        line, value = self.words.now.line, enum.value.add(name=self.words.name())
        self.words.want("=")
        number = self.words.integer()
        if not -_MAX_ENUM - 1 <= number <= _MAX_ENUM:
            raise Broken(f"{number} is no number of an enum", line)
        value.number = number
        bracketed(self.words, value.options, None)
        self.words.want(";")
        self.lines[f"{full}#{value.number}"] = line

    def _service(self, service: pb.ServiceDescriptorProto, scope: str, line: int) -> None:
        service.name = self.words.name()
        full = _joined(scope, service.name)
        self.lines[full] = line
        self.words.want("{")
        while not self.words.skip("}"):
            word = self.words.next()
            if word.value == "option":
                option(self.words, service.options)
                self.words.want(";")
            elif word.value == "rpc":
                self._method(service.method.add(), full, word.line)
            elif word.value != ";":
                raise Broken(f"{word.value[:40]!r} is nothing a service holds", word.line)

    def _method(self, method: pb.MethodDescriptorProto, full: str, line: int) -> None:
        method.name = self.words.name()
        self.lines[f"{full}.{method.name}"] = line
        method.client_streaming, method.input_type = self._message_type()
        self.words.want("returns")
        method.server_streaming, method.output_type = self._message_type()
        if self.words.skip(";"):
            return
        self.words.want("{")
        while not self.words.skip("}"):
            if not self.words.skip(";"):
                self.words.want("option")
                option(self.words, method.options)
                self.words.want(";")

    def _message_type(self) -> tuple[bool, str]:
        self.words.want("(")
        streamed = (
            self.words.now.value == "stream"
            and self.words.ahead(1) not in (")", ".")
            and self.words.skip("stream")
        )
        found = self.words.dotted()
        self.words.want(")")
        return streamed, found


def _joined(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name


def _set_type(field: pb.FieldDescriptorProto, name: str) -> None:
    if name in _SCALARS:
        field.type = _SCALARS[name]
    else:
        field.type_name = name
