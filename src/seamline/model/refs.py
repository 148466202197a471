"""Refs name entities (`service:booking`); ids name events.

A ref is `kind:name`. The name is spelled as the tool spells it; `analysis.identity` decides which
spellings mean one thing.
"""

from collections.abc import Mapping
from hashlib import sha256

DOMAINS = ("dev", "platform", "support", "data", "vendor")


def event_id(source: str, key: str) -> str:
    """The id of an event: 16 hex digits of the source's name and the event's natural key."""
    return sha256(f"{source}\n{key}".encode()).hexdigest()[:16]


def kind_of(ref: str) -> str:
    """The part before the first colon: `dataset` of `dataset:postgres://db/a.b.c`."""
    return ref.partition(":")[0]


def name_of(ref: str) -> str:
    """The part after the first colon."""
    return ref.partition(":")[2]


def dataset(namespace: str, name: str) -> str:
    """The ref of a dataset by the OpenLineage naming rules: `dataset:{namespace}/{name}`."""
    return f"dataset:{namespace}/{name}"


def column(dataset_ref: str, name: str) -> str:
    """The ref of a column: `column:{dataset name}#{column}`."""
    return f"column:{name_of(dataset_ref)}#{name}"


def whole_of(ref: str) -> str | None:
    """What `ref` is a part of by its own spelling, else None.

    >>> whole_of("column:postgres://db:5432/clinic.public.visits#code")
    'dataset:postgres://db:5432/clinic.public.visits'
    >>> whole_of("service:booking") is None
    True
    """
    if kind_of(ref) == "column":
        return "dataset:" + name_of(ref).rpartition("#")[0]
    if kind_of(ref) == "endpoint":
        return "service:" + name_of(ref).partition(" ")[0]
    return None


def from_labels(labels: Mapping[str, str]) -> str:
    """The entity that a Prometheus-style label set speaks about, in the tool's own spelling.

    The most specific label wins: what was called (`peer`), the autoscaler, the Deployment, the service's
    own name, the database server, the scrape job, at last the model. Never fails: a label set that names nothing
    gives `alert:<alertname>` or `scrape:unknown`, which the map shows as a loose end.
    """
    namespace = labels.get("namespace", "default")
    for label, kind in (("peer", "peer"),):
        if labels.get(label):
            return f"{kind}:{labels[label]}"
    for label, kind in (("horizontalpodautoscaler", "autoscaler"), ("deployment", "deployment")):
        if labels.get(label):
            return f"{kind}:{namespace}/{labels[label]}"
    for label, kind in (
        ("service_name", "service"),
        ("service", "service"),
        ("server", "database"),
        ("datname", "database"),
        ("job", "scrape"),
        ("model", "model"),
        ("model_name", "model"),
        ("alertname", "alert"),
    ):
        if labels.get(label):
            return f"{kind}:{labels[label]}"
    return "scrape:unknown"
