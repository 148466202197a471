"""Protocol buffers: .proto sources, and compiled descriptor sets (protoc, buf)."""

from collections.abc import Iterator, Sequence
from typing import Any

from google.protobuf import descriptor_pb2 as pb
from google.protobuf.message import DecodeError, Message

from seamline.artefacts.protobuf.plain import Source, packages
from seamline.artefacts.protobuf.source import parsed
from seamline.artefacts.protobuf.tokens import Broken
from seamline.artefacts.text import text, unread
from seamline.model.artefact import Artefact, Document, Fact, Found, Place, Unread

name = "protobuf"
_COMPILED = (".binpb", ".pb", ".desc", ".protoset", ".descriptor_set", ".fds", ".pb.bin")
_SOURCE = ".proto"
_LARGEST = 5_000_000  # bytes of a source
_OURS = ("google/protobuf/", "buf/validate/")  # come with the compiler, not with the repository


def takes(path: str) -> bool:
    """By ending; `.pb` may hold anything, what it holds decides."""
    lower = path.lower()
    return lower.endswith((*_COMPILED, _SOURCE)) and "node_modules/" not in lower


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """One Document for each package, out of sources and descriptor sets together: a source stands over its compiled form."""
    sources: list[Source] = []
    for file in files:
        if file.path.lower().endswith(_SOURCE):
            found = _parsed(file)
            if isinstance(found, Unread):
                yield found
            else:
                sources.append(found)
    written = [s.path for s in sources]
    for file in files:
        if not file.path.lower().endswith(_SOURCE):
            compiled = _compiled(file)
            if isinstance(compiled, Unread):
                yield compiled
            else:
                sources += [c for c in compiled if not _among(c.file.name, written)]
    yield from _documents(files[0].repository if files else "", sources)


def _parsed(file: Artefact) -> Source | Unread:
    source = text(file, _LARGEST)
    if isinstance(source, Unread):
        return source
    try:
        found = parsed(source, file.path)
    except Broken as error:
        return unread(
            file, f"broken at line {error.line}: {error}", "mend it there; protoc shows the place", error.line
        )
    return Source(found.file, found.lines, file.path)


def _compiled(file: Artefact) -> list[Source] | Unread:
    """The files of a descriptor set that belong to the repository. A buf image says which are imports."""
    descriptors = pb.FileDescriptorSet()
    try:
        descriptors.ParseFromString(file.data)
    except DecodeError:
        return [] if file.path.lower().endswith((".pb", ".desc")) else _broken(file)
    if not all(_is_file(f) for f in descriptors.file) or not descriptors.file:
        return [] if file.path.lower().endswith((".pb", ".desc")) else _broken(file)
    own = [f for f in descriptors.file if not f.name.startswith(_OURS)]
    return [Source(f, {}, file.path) for f in own]


def _is_file(file: pb.FileDescriptorProto) -> bool:
    """Any bytes may decode; a file of descriptors has a name, and its texts are texts."""
    return _is_text(file) and bool(file.name) and file.name.isprintable()


def _is_text(message: Message) -> bool:
    """Whether every text in a descriptor is one: what is not UTF-8 comes as bytes. O(n), places in the source left out."""
    for field, value in message.ListFields():
        if field.name == "source_code_info":
            continue
        values = value if field.is_repeated else (value,)
        if field.type == field.TYPE_MESSAGE and not all(_is_text(one) for one in values):
            return False
        if field.type == field.TYPE_STRING and not all(isinstance(one, str) for one in values):
            return False
    return True


def _broken(file: Artefact) -> Unread:
    return unread(
        file, "no descriptor set", "make it with buf build -o image.binpb, or protoc --descriptor_set_out"
    )


def _among(name: str, written: Sequence[str]) -> bool:
    """Whether a compiled file's source is in the repository: its path there ends with the name it was compiled by."""
    return any(path == name or path.endswith("/" + name) for path in written)


def _documents(repository: str, sources: Sequence[Source]) -> Iterator[Found]:
    first: dict[str, str] = {}
    for source in sources:
        first.setdefault(source.file.package, source.path)
    for package, content in sorted(packages(sources).items()):
        place = Place(repository, first[package])
        entity = f"api:{package or f'{repository}/{first[package]}'}"
        yield Fact(entity, "exists", place)
        yield Document(entity, name, content, place)
        yield from _owner(entity, content, place)


def _owner(entity: str, content: dict[str, Any], place: Place) -> Iterator[Found]:
    """The services of a package are part of it."""
    for service in sorted(content["services"]):
        yield Fact(f"api:{service}", "part_of", place, entity)
