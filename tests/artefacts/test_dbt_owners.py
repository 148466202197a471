"""Owners in dbt's files are spelled alike, whether the project was compiled or not."""

import json
from typing import Any

import pytest

from seamline.artefacts import dbt, dbt_project
from seamline.model.artefact import Artefact, Ownership

SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"
OWNERS = [
    ("ann", ["dbt:ann"]),
    ("Ann@Clinic.example", ["email:ann@clinic.example"]),
    ("ann@work", ["dbt:ann@work"]),
    (["ann", "ben@clinic.example"], ["dbt:ann", "email:ben@clinic.example"]),
    ({"name": "Data", "email": ["data@clinic.example", "x@y.z"]}, ["email:data@clinic.example"]),
    ({"name": "Data"}, ["dbt:Data"]),
    (["", 7, None], []),
]


def claimed(reader: Any, *files: tuple[str, object]) -> list[str]:
    """The owners that a reader finds, each once, in files of JSON, which is YAML as well."""
    read = [Artefact("wh", path, (c if isinstance(c, str) else json.dumps(c)).encode()) for path, c in files]
    return [*dict.fromkeys(found.owner for found in reader.read(read) if isinstance(found, Ownership))]


@pytest.mark.parametrize(("owner", "expected"), OWNERS)
def test_an_owner_is_spelled_alike_compiled_or_not(owner: object, expected: list[str]) -> None:
    """A text, several of them, or a name with an address; in any case of letters."""
    node = {
        "name": "visits", "database": "d", "schema": "s", "alias": "visits", "resource_type": "model",
        "config": {"materialized": "table", "meta": {"owner": owner}}, "compiled_code": "select 1 as a",
        "original_file_path": "models/visits.sql", "package_name": "wh",
    }  # fmt: skip
    manifest = {"metadata": {"dbt_schema_version": SCHEMA}, "nodes": {"model.wh.visits": node}}
    assert claimed(dbt, ("target/manifest.json", manifest)) == expected
    uncompiled = (
        ("dbt_project.yml", {"name": "wh", "version": "1.0", "profile": "wh", "model-paths": ["models"]}),
        ("models/visits.sql", "select 1 as a"),
        ("models/visits.yml", {"models": [{"name": "visits", "config": {"meta": {"owner": owner}}}]}),
    )
    assert claimed(dbt_project, *uncompiled) == expected
