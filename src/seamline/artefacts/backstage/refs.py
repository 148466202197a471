"""How the map calls what a Backstage catalogue has. The table stands in docs/artefacts/backstage.md."""

import re

from seamline.artefacts.backstage.entity import Entity, Ref

# The first word of a `spec.type` that is in a row decides.
_COMPONENTS = (
    ("job", ("job", "cronjob", "pipeline", "etl", "elt", "workflow", "dag")),
    ("dashboard", ("dashboard", "report")),
    ("dataset", ("dataset", "table")),
    ("model", ("model",)),
    ("agent", ("agent",)),
    ("library", ("library", "package", "sdk", "documentation", "template")),
)
_RESOURCES = (
    ("queue", ("queue", "topic", "kafka", "pubsub", "sqs", "sns", "stream", "rabbitmq", "broker", "eventbus")),
    (
        "database",
        ("database", "db", "postgres", "postgresql", "mysql", "mariadb", "mongodb", "redis", "cache", "rds", "warehouse",
         "elasticsearch", "opensearch", "dynamodb", "cassandra", "datastore", "sql", "memcached"),
    ),
    ("dataset", ("bucket", "dataset", "table", "s3", "blob")),
    ("vendor", ("vendor", "saas", "third", "external")),
)  # fmt: skip
_BY_KIND = {"component": ("service", _COMPONENTS), "resource": ("resource", _RESOURCES)}


class Names:
    """Refs for the entities of one repository, whose types are known, and for others by what they are called."""

    def __init__(self, entities: list[Entity]) -> None:
        self._known = {e.ref: _of_type(e.ref, e.text("spec", "type")) for e in entities}

    def of(self, ref: Ref) -> str:
        """The map's ref of an entity; of one that is defined elsewhere the plain one."""
        return self._known.get(ref) or plain(ref)


def plain(ref: Ref) -> str:
    """What an entity is called where its type is not known: `component:booking`, with a namespace but the default."""
    return f"{ref.kind}:{_spelled(ref)}"


def _of_type(ref: Ref, type_: str) -> str:
    kind, rows = _BY_KIND.get(ref.kind, (ref.kind, ()))
    words = re.findall(r"[a-z0-9]+", type_.casefold())
    found = next(
        (k for k, types in rows if any(w in types or w.removesuffix("s") in types for w in words)), kind
    )
    return f"dataset:backstage/{_spelled(ref)}" if found == "dataset" else f"{found}:{_spelled(ref)}"


def _spelled(ref: Ref) -> str:
    return ref.name if ref.namespace == "default" else f"{ref.namespace}/{ref.name}"
