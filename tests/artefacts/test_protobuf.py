"""Sources and descriptor sets say the same."""

from typing import Any

import pytest
from google.protobuf import descriptor_pb2 as pb

from seamline.artefacts import protobuf
from seamline.model.artefact import Artefact, Document, Unread

_SOURCE = """
syntax = "proto3";
package clinic.v1;
message Pet {
  enum Kind { UNKNOWN = 0; DOG = 2; reserved 5 to 7; }
  message Kinds { repeated Kind kinds = 1; }
  string pet_name = 1;
  optional int32 age = 2;
  map<string, Kinds> by_name = 3;
  oneof home { Pet mother = 4; string street = 5; }
  reserved 8, 10 to 12;
}
service Pets { rpc Watch(Pet) returns (stream Pet); }
"""


def _compiled() -> bytes:
    """What the compiler makes of the source above."""
    file = pb.FileDescriptorProto(name="pet.proto", package="clinic.v1", syntax="proto3")
    pet = file.message_type.add(name="Pet")
    kind = pet.enum_type.add(name="Kind")
    kind.value.add(name="UNKNOWN", number=0)
    kind.value.add(name="DOG", number=2)
    kind.reserved_range.add(start=5, end=7)
    kinds = pet.nested_type.add(name="Kinds")
    kinds.field.add(
        name="kinds", number=1, label=3, type=14, type_name=".clinic.v1.Pet.Kind", json_name="kinds"
    )
    entry = pet.nested_type.add(name="ByNameEntry")
    entry.options.map_entry = True
    entry.field.add(name="key", number=1, label=1, type=9)
    entry.field.add(name="value", number=2, label=1, type=11, type_name=".clinic.v1.Pet.Kinds")
    pet.field.add(name="pet_name", number=1, label=1, type=9, json_name="petName")
    pet.field.add(name="age", number=2, label=1, type=5, json_name="age", proto3_optional=True, oneof_index=1)
    pet.field.add(
        name="by_name", number=3, label=3, type=11, type_name=".clinic.v1.Pet.ByNameEntry", json_name="byName"
    )
    pet.field.add(
        name="mother",
        number=4,
        label=1,
        type=11,
        type_name=".clinic.v1.Pet",
        json_name="mother",
        oneof_index=0,
    )
    pet.field.add(name="street", number=5, label=1, type=9, json_name="street", oneof_index=0)
    pet.oneof_decl.add(name="home")
    pet.oneof_decl.add(name="_age")
    pet.reserved_range.add(start=8, end=9)
    pet.reserved_range.add(start=10, end=13)
    service = file.service.add(name="Pets")
    service.method.add(
        name="Watch", input_type=".clinic.v1.Pet", output_type=".clinic.v1.Pet", server_streaming=True
    )
    return pb.FileDescriptorSet(file=[file]).SerializeToString()


def _content(path: str, data: bytes) -> Any:
    found = [f for f in protobuf.read([Artefact("sample", path, data)]) if isinstance(f, Document)]
    return {key: value for key, value in found[0].content.items() if key != "lines"}


def test_a_source_says_what_its_compiled_form_says() -> None:
    """Names, numbers, presence, maps, oneofs and reserved ranges come out the same."""
    assert _content("pet.proto", _SOURCE.encode()) == _content("image.binpb", _compiled())


def test_a_source_counts_over_its_compiled_form() -> None:
    """The image in the repository may be older than the source beside it."""
    newer = _SOURCE.replace("int32 age", "int64 age")
    files = [
        Artefact("sample", "image.binpb", _compiled()),
        Artefact("sample", "proto/pet.proto", newer.encode()),
    ]
    document = next(f for f in protobuf.read(files) if isinstance(f, Document))
    assert document.content["messages"]["clinic.v1.Pet"]["fields"]["2"]["type"] == "int64"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("message A {", "broken at line 1"),
        ('syntax = "proto3";\nmessage A { int32 a = 0; }', "broken at line 2: 0 is no field number"),
        ("message A { int32 a = 99999999999999999999; }", "no field number"),
        ("enum A { B = 9999999999; }", "no number of an enum"),
        ("message " + "A { message " * 150 + "A {}", "nested more than"),
        ("option a = " + "{ b: " * 300, "nested more than"),
        ("message A { reserved 9 to 2; }", "no range"),
        ("§", "unexpected"),
        ("import", "ends in the middle"),
    ],
)
def test_a_broken_source_is_told(text: str, why: str) -> None:
    """One line with the place, and no other finding."""
    (found,) = protobuf.read([Artefact("sample", "a.proto", text.encode())])
    assert isinstance(found, Unread)
    assert why in found.why
