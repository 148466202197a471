"""Selectors: what may not change, what no longer fits its own pods, and Services that would send to nobody."""

from collections.abc import Iterator, Sequence

from seamline.analysis.manifests.objects import Manifest, pod_selector, selects
from seamline.analysis.manifests.plain import part, texts
from seamline.guards.kubernetes._states import State, called, changed, say, states
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = (
    "kubernetes/selector-changed",
    "kubernetes/selector-misses-template",
    "kubernetes/service-selects-nothing",
)
WHOLE = True
_IMMUTABLE = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job")


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets, then of rules, then of refs."""
    return [
        finding
        for was, now in states(before, after)
        for look in (_changed, _misses, _selects_nothing)
        for finding in look(was, now)
    ]


def _changed(was: State, now: State) -> Iterator[Finding]:
    for a, b in changed(was, now, *_IMMUTABLE):
        old, new = pod_selector(a), pod_selector(b)
        if old != new and old is not None and a.api_version == b.api_version:
            yield say(
                "selector-changed", ("hold", "high", 0.98), b,
                f"{called(b)} changes its selector from {_words(old)} to {_words(new)}, which the cluster refuses: it can't change",
                f"deploy it under a new name beside the old one, move the Service over, then delete {a.name}",
            )  # fmt: skip


def _misses(was: State, now: State) -> Iterator[Finding]:
    for b in now.of_kind("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"):
        selector, a = pod_selector(b), was.objects.get(b.ref)
        if selector is None or not b.template or selects(selector, b.pod_labels):
            continue
        if a is None or selects(pod_selector(a), a.pod_labels):
            yield say(
                "selector-misses-template", ("hold", "high", 0.98), b,
                f"{called(b)} selects {_words(selector)}, its own pods are labelled {_labels(b.pod_labels)}: the cluster refuses it",
                "give the template the labels of the selector",
            )  # fmt: skip


def _selects_nothing(was: State, now: State) -> Iterator[Finding]:
    for service in now.of_kind("Service"):
        before = was.objects.get(service.ref)
        if before is None or now.behind(service):
            continue
        lost = was.behind(before)
        if lost and texts(service.content, "spec", "selector"):
            yield _nobody(service, lost, now)


def _nobody(service: Manifest, lost: Sequence[Manifest], now: State) -> Finding:
    names = ", ".join(called(one) for one in lost)
    gone = [one for one in lost if one.ref not in now.objects]
    why = f"{', '.join(called(o) for o in gone)} is gone" if gone else "labels and selector no longer fit"
    return say(
        "service-selects-nothing", ("hold", "high", 0.95), service,
        f"{called(service)} selects {_labels(texts(service.content, 'spec', 'selector'))} and would send to nobody: "
        f"before it was {names}; {why}",
        "add the new label to the pods first, roll out, then change the selector, then remove the old label",
    )  # fmt: skip


def _labels(labels: dict[str, str]) -> str:
    return ",".join(f"{k}={v}" for k, v in sorted(labels.items())) or "nothing"


def _words(selector: object) -> str:
    labels = _labels(texts(selector, "matchLabels"))
    more = part(selector, "matchExpressions")
    return f"{labels} and {len(more)} expressions" if isinstance(more, list) and more else labels
