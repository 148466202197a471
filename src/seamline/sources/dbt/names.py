"""How datasets and jobs of a dbt project are called.

A dataset is called as OpenLineage calls it, `dataset:{namespace}/{database}.{schema}.{table}`. The namespace is that
of the server, which no artefact names (but for BigQuery, where it is always `bigquery`): the project says it
in DBT_ENV_CUSTOM_ENV_DATASET_NAMESPACE, else it is `dbt`. What is known by its unique id only is
`dataset:unique_id/{unique id}`, which a manifest joins to the name.
"""

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from seamline.model import refs
from seamline.sources.dbt.shape import Metadata, Node

UNKNOWN = "dbt"
_ALWAYS = {"bigquery": "bigquery"}  # adapters whose namespace names no server
_PART = re.compile(r'"((?:[^"]|"")*)"|`([^`]*)`|\[([^\]]*)\]|([^.\s"`\[\]]+)')
_SUFFIXES = {"model": ("", ".build.run"), "snapshot": (".snapshot", ".build.snapshot")}
TABLES = ("model", "seed", "snapshot", "source")  # resource types that stand for a dataset


class Names(Struct, frozen=True):
    """The project's settings that names are made of."""

    namespace: str
    jobs: str  # the namespace of the project's jobs in OpenLineage
    environment: str
    is_known: bool  # whether the namespace is the server's

    def dataset(self, *parts: str | None) -> str:
        """The ref of database, schema, table; missing ones are left out."""
        return refs.dataset(self.namespace, ".".join(part for part in parts if part))

    def dims(self) -> dict[str, str]:
        """The environment, where the project says it."""
        return {"environment": self.environment} if self.environment else {}


def names(metadata: Metadata, manifest: Metadata | None = None) -> Names:
    """The names of an artefact, completed by a manifest that came with it."""
    said: dict[str, Any] = {**((manifest.env if manifest else None) or {}), **(metadata.env or {})}
    adapter = metadata.adapter_type or (manifest.adapter_type if manifest else None) or ""
    namespace = _text(said, "DATASET_NAMESPACE") or _ALWAYS.get(adapter, "")
    return Names(
        namespace=namespace or UNKNOWN,
        jobs=_text(said, "JOB_NAMESPACE") or "dbt",  # as the client of OpenLineage for dbt has it
        environment=_text(said, "ENVIRONMENT"),
        is_known=bool(namespace),
    )


def _text(env: Mapping[str, Any], name: str) -> str:
    value = env.get(name)
    return value.strip() if isinstance(value, str) else ""


def by_id(unique_id: str) -> str:
    """The dataset that a unique id stands for."""
    return refs.dataset("unique_id", unique_id)


def type_of(unique_id: str) -> str:
    """Its first part: model, test, source ..."""
    return unique_id.partition(".")[0]


def package(unique_id: str) -> str:
    """Its second part: the project or package that it is of."""
    return unique_id.split(".")[1] if unique_id.count(".") > 1 else "dbt"


def job(unique_id: str, suffix: str = "") -> str:
    """The job that builds a node: `job:{package}/{unique id}`."""
    return f"job:{package(unique_id)}/{unique_id}{suffix}"


def job_of(package_name: str, what: str) -> str:
    """A job of a whole project: its tests, its look at the sources."""
    return f"job:{package_name}/{what}"


def openlineage_jobs(settings: Names, unique_id: str, node: Node) -> list[str]:
    """What OpenLineage's client calls the same job, by `dbt run` and by `dbt build`."""
    suffixes = _SUFFIXES.get(type_of(unique_id), ())
    return [_openlineage(settings, node, unique_id.partition(".")[2] + suffix) for suffix in suffixes]


def openlineage_tests(settings: Names, unique_id: str, node: Node) -> list[str]:
    """What it calls the tests of a node, by `dbt test` and by `dbt build`."""
    named = unique_id.removeprefix("model.")  # other types stay part of the name
    return [_openlineage(settings, node, named + suffix) for suffix in (".test", ".build.test")]


def _openlineage(settings: Names, node: Node, name: str) -> str:
    return f"job:{settings.jobs}/" + ".".join(filter(None, (node.database, node.schema, name)))


def table(settings: Names, node: Node) -> str:
    """The dataset that a node or source of a manifest is."""
    return settings.dataset(node.database, node.schema, node.alias or node.identifier or node.name)


def relation(settings: Names, relation_name: str | None) -> str:
    """The dataset of a quoted name: `"lab"."main"."stg_visits"`; "" for none."""
    found = [
        quoted or tick or bracket or bare
        for quoted, tick, bracket, bare in _PART.findall(relation_name or "")
    ]
    parts = [part for name in found for part in (name.split(".") if "`" in (relation_name or "") else [name])]
    return settings.dataset(*parts) if parts else ""
