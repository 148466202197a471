"""Kubernetes' own words as events: scalings and edits are Changes, warnings are Alerts.

Contract: kubernetes.io, "Event v1 core", "Deployment v1 apps", "HorizontalPodAutoscaler v2"; kubewatch's
`{operation, obj, oldObj}`. Objects of other kinds are read and say nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal

from seamline.model import credential
from seamline.model.delivery import Delivery
from seamline.model.event import Alert, Change, Event, MapFact
from seamline.model.refs import event_id
from seamline.sources.kubernetes import objects, occurrence
from seamline.sources.kubernetes.envelope import Sent, unwrap
from seamline.sources.kubernetes.refs import ref_of

name = "kubernetes"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}

# Trouble that some versions of Kubernetes report with type Normal.
_TROUBLE = frozenset(
    {
        "BackOff",
        "Evicted",
        "FailedScheduling",
        "NodeNotReady",
        "NodeNotSchedulable",
        "OOMKilling",
        "SystemOOM",
        "Unhealthy",
    }
)


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """Always "": exporters send no delivery id, so equal bodies count once."""
    return ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  exporters can't sign bodies
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets."""
    return credential.proves(headers, secrets)


def parse(delivery: Delivery) -> Iterator[Event]:
    """The events of every object in the delivery, in its order; all of them or Unreadable."""
    sent = unwrap(delivery.body, delivery.received_at)
    return iter([event for one in sent for event in _events(delivery, one)])


def _events(delivery: Delivery, sent: Sent) -> list[Event]:
    if sent.kind == "Event":
        # an Event's deletion is the end of its hour in the cluster's store, no news of the stack
        return [] if sent.deleted else _of_occurrence(delivery, occurrence.read(sent.new))
    if sent.kind in objects.WORKLOADS or sent.kind == objects.AUTOSCALER:
        return _of_object(delivery, sent)
    return []


def _of_occurrence(delivery: Delivery, said: occurrence.Occurrence) -> list[Event]:
    about = said.about()
    namespace = about.namespace or said.metadata.namespace or "default"
    entity = ref_of(about.kind, namespace, about.name)
    if said.reason == "SuccessfulRescale" and about.kind == objects.AUTOSCALER:
        target = ref_of("Deployment", namespace, about.name)
        change = _scaling(delivery, said, entity, occurrence.rescaled(said.text()), (target,))
        evidence = "inferred: an autoscaler is mostly named like the Deployment that it scales"
        return [change, *_scales(delivery, entity, target, change.at, evidence)]
    if said.reason == "ScalingReplicaSet" and about.kind == "Deployment":
        change = _scaling(delivery, said, entity, occurrence.scaled(said.text()), ())
        return [change, _map_fact(delivery, change.at, entity, "exists", "", "Kubernetes runs it")]
    if said.type == "Warning" or said.reason in _TROUBLE:
        return [_alert(delivery, said, entity, namespace)]
    return []


def _scaling(
    delivery: Delivery,
    said: occurrence.Occurrence,
    entity: str,
    facts: Mapping[str, float | str],
    also: tuple[str, ...],
) -> Change:
    """One scaling. When Kubernetes counts a repeat of the same words, that is a scaling of its own."""
    n_times = said.n_times()
    at = said.last_at(delivery.received_at)
    repeat = f":{n_times}" if n_times > 1 else ""
    return Change(
        id=event_id(name, f"event:{said.identity()}{repeat}"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=at,
        entity=entity,
        kind="scale",
        state="done",
        title=_scaling_title(said, facts),
        done_at=at,
        facts=facts,
        also=also,
    )


def _scaling_title(said: occurrence.Occurrence, facts: Mapping[str, float | str]) -> str:
    """What moved, in few words; the controller's own reason is among the facts."""
    if "replicas_to" not in facts:
        return f"{said.about().name}: {said.text() or said.reason}"
    what = str(facts.get("replica_set", said.about().name))
    before = f" from {facts['replicas_from']:g}" if "replicas_from" in facts else ""
    return f"{what} scaled to {facts['replicas_to']:g}{before}"


def _alert(delivery: Delivery, said: occurrence.Occurrence, entity: str, namespace: str) -> Alert:
    """Trouble as the cluster reports it. Kubernetes never says that it ended."""
    about = said.about()
    identity = said.identity()
    labels = {
        "component": said.component(),
        "kind": about.kind,
        "name": about.name,
        "namespace": namespace,
        "reason": said.reason or "",
    }
    return Alert(
        id=event_id(name, f"event:{identity}"),
        source=name,
        seq=delivery.seq,
        at=said.first_at(delivery.received_at),
        version_at=said.last_at(delivery.received_at),
        name=said.reason or "Warning",
        fingerprint=identity,
        entity=entity,
        labels={label: value for label, value in labels.items() if value},
        firing=True,
        summary=said.text(),
        severity=(said.type or "").lower(),
    )


def _of_object(delivery: Delivery, sent: Sent) -> list[Event]:
    """The object on the map, what it scales, and its Change when the delivery says what it was before."""
    new = objects.read(sent.new)
    namespace = new.metadata.namespace or "default"
    entity = ref_of(sent.kind, namespace, new.metadata.name)
    at = new.changed_at(sent.sent_at or delivery.received_at)
    if sent.deleted:
        return [_edit(delivery, sent, new, entity, at, objects.Difference("manual", {"changed": "deleted"}))]
    events: list[Event] = [_map_fact(delivery, at, entity, "exists", "", "Kubernetes runs it")]
    target = new.spec.scale_target_ref if new.spec else None
    if target and sent.kind == objects.AUTOSCALER:
        scaled = ref_of(target.kind, namespace, target.name)
        events = _scales(delivery, entity, scaled, at, "the autoscaler's scaleTargetRef")
    difference = objects.difference(objects.read(sent.old), new) if sent.old else None
    if difference:
        events.append(_edit(delivery, sent, new, entity, at, difference))
    return events


def _edit(
    delivery: Delivery,
    sent: Sent,
    new: objects.Object,
    entity: str,
    at: datetime,
    difference: objects.Difference,
) -> Change:
    """One edit of an object. Its generation grows with each, and says when a repeat is the same edit."""
    meta = new.metadata
    edition = "deleted" if sent.deleted else meta.generation or meta.resource_version or at.isoformat()
    image, _, digest = difference.image.partition("@")
    return Change(
        id=event_id(name, f"object:{meta.uid or entity}:{edition}"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=at,
        entity=entity,
        kind=difference.kind,
        state="done",
        title=f"{sent.kind} {meta.name}: {difference.facts['changed']}",
        done_at=at,
        version=image.rpartition("/")[2].partition(":")[2],
        revision=digest,
        facts=difference.facts,
    )


def _scales(delivery: Delivery, autoscaler: str, target: str, at: datetime, evidence: str) -> list[Event]:
    return [
        _map_fact(delivery, at, autoscaler, "exists", "", "Kubernetes runs it"),
        _map_fact(delivery, at, autoscaler, "scales", target, evidence),
    ]


def _map_fact(
    delivery: Delivery, at: datetime, subject: str, predicate: str, other: str, evidence: str
) -> MapFact:
    return MapFact(
        id=event_id(name, f"{subject} {predicate} {other}".strip()),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=at,
        subject=subject,
        predicate=predicate,
        object=other,
        evidence=evidence,
    )
