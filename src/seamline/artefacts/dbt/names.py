"""How datasets and jobs of a dbt project are called: as `sources.dbt` calls them, so that both mean one thing.

A dataset is `dataset:{namespace}/{database}.{schema}.{table}`. The namespace is the server's, which no artefact
names, but for BigQuery: the project says it in DBT_ENV_CUSTOM_ENV_DATASET_NAMESPACE, else it is `dbt`.
"""

from msgspec import Struct

from seamline.artefacts.dbt.shape import Metadata, Node
from seamline.model import refs

UNKNOWN = "dbt"
_ALWAYS = {"bigquery": "bigquery"}  # adapters whose namespace names no server


# What an exposure is on the map, and how it uses what it depends on; any other is a dashboard.
_EXPOSURES = {"ml": ("model", "trained_on"), "application": ("service", "reads")}


class Names(Struct, frozen=True):
    """The namespace that the project's datasets have."""

    namespace: str
    is_known: bool  # whether it is the server's

    def table(self, node: Node) -> str:
        """The dataset that a node or source is."""
        parts = (node.database, node.schema, node.alias or node.identifier or node.name)
        return refs.dataset(self.namespace, ".".join(part for part in parts if part))


def names(metadata: Metadata) -> Names:
    """The names of an artefact."""
    said = (metadata.env or {}).get("DATASET_NAMESPACE")
    namespace = said.strip() if isinstance(said, str) else ""
    namespace = namespace or _ALWAYS.get(metadata.adapter_type or "", "")
    return Names(namespace or UNKNOWN, bool(namespace))


def by_id(unique_id: str) -> str:
    """The dataset that a unique id stands for."""
    return refs.dataset("unique_id", unique_id)


def job(unique_id: str) -> str:
    """The job that builds a node: `job:{package}/{unique id}`."""
    package = unique_id.split(".")[1] if unique_id.count(".") > 1 else "dbt"
    return f"job:{package}/{unique_id}"


def exposed(type_: str | None) -> tuple[str, str]:
    """The kind of an exposure of this type, and its relation to what it depends on."""
    return _EXPOSURES.get((type_ or "").lower(), ("dashboard", "reads"))
