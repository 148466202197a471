"""Documents over several files become one."""

from typing import Any

import pytest

from seamline.artefacts.references import Bundle

_FILES: dict[str, Any] = {
    "api/pets.yaml": {
        "Pet": {"properties": {"mate": {"$ref": "#/Pet"}, "owner": {"$ref": "../people.json"}}}
    },
    "people.json": {"$ref": "api/root.yaml#/x"},
}


def _bundle(ref: str, named: dict[str, str] | None = None) -> Bundle:
    return Bundle("api/root.yaml", {"$ref": ref, "description": "said", "x": 1}, _FILES.get, named)


def test_files_are_joined_once_and_refer_to_each_other() -> None:
    """References within, between and back to the first file are all true from the top."""
    found = _bundle("pets.yaml#/Pet")
    assert found.lost == []
    assert found.content == {
        "$ref": "#/x-files/api~1pets.yaml/Pet",
        "x": 1,
        "x-files": {
            "api/pets.yaml": {
                "Pet": {
                    "properties": {
                        "mate": {"$ref": "#/x-files/api~1pets.yaml/Pet"},
                        "owner": {"$ref": "#/x-files/people.json"},
                    }
                }
            },
            "people.json": {"$ref": "#/x"},
        },
    }


@pytest.mark.parametrize("ref", ["https://a.test/b.json#/c", "urn:a:b", "//a.test/b", "http://[bad"])
def test_other_hosts_stay_as_they_are(ref: str) -> None:
    """What is not in the repository is neither fetched nor missed."""
    found = _bundle(ref)
    assert (found.content["$ref"], found.lost) == (ref, [])


@pytest.mark.parametrize("ref", ["gone.yaml", "../../outside.yaml#/x", "\x00"])
def test_files_that_are_not_there_are_named(ref: str) -> None:
    """A reference to a file that is not in the repository stays, and is told."""
    found = _bundle(ref)
    assert found.content["$ref"] == ref
    assert found.lost == [ref.partition("#")[0]]


@pytest.mark.parametrize("ref", ["https://a.test/schemas/people.json", "people.json", "/schemas/people.json"])
def test_schemas_are_found_by_the_addresses_they_give_themselves(ref: str) -> None:
    """An `$id` is found in full and relative to the `$id` of who refers to it."""
    named = {
        "https://a.test/schemas/root.json": "api/root.yaml",
        "https://a.test/schemas/people.json": "people.json",
    }
    assert _bundle(ref, named).content["$ref"] == "#/x-files/people.json"
