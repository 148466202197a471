"""What a label set alone says: the series' name, the entity it speaks of, and the joins it proves."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from msgspec import Struct

from seamline.model import refs
from seamline.sources.prometheus import wire

N_REMEMBERED = 1 << 16  # label sets; about 2 KiB each

Proof = tuple[str, str, str]  # subject, predicate, object

_FULL_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# A Deployment's pods are `<deployment>-<pod template hash>-<5 random characters>`. Kubernetes draws both from
# an alphabet without vowels, 0, 1 and 3; other controllers use hexadecimal hashes. Words ("node-exporter-x7k2p",
# a DaemonSet) and plain numbers ("backup-28412345-x7k2p", a CronJob) are not hashes.
_POD = re.compile(
    r"(?P<deployment>[a-z0-9][-a-z0-9.]*)"
    r"-(?![0-9]+-)(?:[bcdfghjklmnpqrstvwxz2456789]{8,10}|(?=[a-f]*[0-9])[0-9a-f]{8,10})"
    r"-[a-z0-9]{5}"
)


class Named(Struct, frozen=True):
    """A label set, read. `labels` are without `__name__`, sorted, and shared: never change them."""

    series: str
    metric: str
    labels: dict[str, str]
    entity: str
    proofs: tuple[Proof, ...]


@lru_cache(maxsize=N_REMEMBERED)
def named(encoded: tuple[bytes, ...]) -> Named:
    """The label set behind these undecoded labels; remembered, because every scrape repeats it.

    Raises Unreadable.
    """
    labels = wire.labels_of(encoded)
    metric = labels.pop("__name__", "")
    entity = _model(metric, labels) or refs.from_labels(labels)
    return Named(_text(metric, labels), metric, labels, entity, tuple(_proofs(metric, labels)))


def _text(metric: str, labels: Mapping[str, str]) -> str:
    """The series as Prometheus itself writes it, labels sorted: the natural key."""
    if not labels:
        return metric
    return metric + "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _proofs(metric: str, labels: Mapping[str, str]) -> Iterator[Proof]:
    if "service_name" not in labels:
        return
    service = f"service:{labels['service_name']}"
    if "job" in labels:
        yield f"scrape:{labels['job']}", "same_as", service
    if metric.endswith("build_info") and _FULL_SHA.fullmatch(labels.get("revision", "")):
        yield service, "built_from", f"revision:{labels['revision']}"
    pod = _POD.fullmatch(labels.get("pod", ""))
    if pod and "namespace" in labels:
        yield service, "runs_on", f"deployment:{labels['namespace']}/{pod['deployment']}"
    if "peer" in labels:
        yield service, "calls", f"peer:{labels['peer']}"
    if model := _model(metric, labels):
        yield service, "serves", model


def _model(metric: str, labels: Mapping[str, str]) -> str:
    """The model that a figure is about (`model_info{model="triage"}`), "" for any other figure."""
    named_so = labels.get("model") or labels.get("model_name", "")
    return f"model:{named_so}" if named_so and metric.startswith("model_") else ""
