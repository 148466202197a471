"""Kubernetes: wordings of its controllers, names of its objects, and edits of them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Change, Event
from seamline.sources import kubernetes
from seamline.sources.kubernetes.occurrence import rescaled, scaled
from seamline.sources.kubernetes.refs import ref_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def parse(body: Any) -> list[Event]:
    return list(kubernetes.parse(Delivery(1, "kubernetes", "", "", {}, NOW, json.dumps(body).encode())))


def deployment(**spec: Any) -> dict[str, Any]:
    meta = {"name": "desk-web", "namespace": "harbour", "uid": "d-1", "generation": 3}
    return {"kind": "Deployment", "metadata": meta, "spec": spec}


def edited(old: dict[str, Any], new: dict[str, Any]) -> Change | None:
    """The Change in an edit of a Deployment from `old` to `new` specification."""
    body = {"operation": "update", "obj": deployment(**new), "oldObj": deployment(**old)}
    changes = [event for event in parse(body) if isinstance(event, Change)]
    return changes[0] if changes else None


def pods(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"template": {"spec": {"containers": list(containers)}}}


@pytest.mark.parametrize(
    ("kind", "name", "ref"),
    [
        ("Pod", "desk-web-6d4cf56db6-x7k2p", "deployment:harbour/desk-web"),
        ("Pod", "desk-web-03a1ef9c2b-a1b2c", "deployment:harbour/desk-web"),
        ("Pod", "node-exporter-x7k2p", "pod:harbour/node-exporter-x7k2p"),
        ("Pod", "backup-28412345-x7k2p", "pod:harbour/backup-28412345-x7k2p"),
        ("Pod", "postgres-0", "pod:harbour/postgres-0"),
        ("ReplicaSet", "desk-web-6d4cf56db6", "deployment:harbour/desk-web"),
        ("HorizontalPodAutoscaler", "desk-web", "autoscaler:harbour/desk-web"),
        ("Job", "backup", "batchjob:harbour/backup"),
        ("Node", "node-3", "node:node-3"),
    ],
)
def test_objects_are_named_after_what_owns_them(kind: str, name: str, ref: str) -> None:
    """Pods and replica sets with a Deployment's shape stand for it; others for themselves."""
    assert ref_of(kind, "harbour", name) == ref


@pytest.mark.parametrize(
    ("message", "facts"),
    [
        ("Scaled up replica set a-1 to 8", {"replica_set": "a-1", "replicas_to": 8.0}),
        (
            "Scaled up replica set a-1 to 8 from 2",
            {"replica_set": "a-1", "replicas_to": 8.0, "replicas_from": 2.0},
        ),
        (
            "Scaled down replica set a-1 from 8 to 0",
            {"replica_set": "a-1", "replicas_to": 0.0, "replicas_from": 8.0},
        ),
        ("Scaled in a way of the future", {}),
    ],
)
def test_scalings_are_read_in_every_wording(message: str, facts: dict[str, Any]) -> None:
    """Three generations of one sentence say the same; an unknown one says nothing."""
    assert scaled(message) == facts


def test_a_rescale_in_other_words_keeps_them_as_reason() -> None:
    """What can't be read as a size is not lost."""
    assert rescaled("8 it is") == {"reason": "8 it is"}
    assert rescaled("New size: 3") == {"replicas_to": 3.0}


@pytest.mark.parametrize(
    ("old", "new", "kind", "facts"),
    [
        ({"replicas": 2}, {"replicas": 4}, "scale", {"replicas_from": 2.0, "replicas_to": 4.0}),
        ({"replicas": 2}, {}, "scale", {"replicas_from": 2.0}),
        (pods({"image": "a:1"}), pods({"image": "a:2"}), "deploy", {"image": "a:2"}),
        (
            pods({"name": "x", "image": "a:1"}, {"name": "y", "image": "b:1"}),
            pods({"name": "x", "image": "a:1"}, {"name": "y", "image": "b:2"}),
            "deploy",
            {"image.y": "b:2"},
        ),
        (
            pods({"env": [{"name": "POOL_SIZE", "value": "4"}]}),
            pods({"env": [{"name": "POOL_SIZE", "value": "12"}]}),
            "config",
            {"pool_size": 12.0},
        ),
        (
            pods({"env": [{"name": "TOKEN", "value": "a"}]}),
            pods({"env": [{"name": "TOKEN", "value": "b"}]}),
            "config",
            {},
        ),
        (
            pods({"resources": {"limits": {"cpu": 1}}}),
            pods({"resources": {"limits": {"cpu": 2}}}),
            "config",
            {},
        ),
    ],
)
def test_edits_are_named_by_what_they_move(
    old: dict[str, Any], new: dict[str, Any], kind: str, facts: dict[str, Any]
) -> None:
    """Images, replicas and settings each make their kind of Change; texts of settings are not repeated."""
    change = edited(old, new)
    assert change is not None
    assert change.kind == kind
    assert {name: value for name, value in change.facts.items() if name != "changed"} == facts


def test_order_of_variables_is_no_edit() -> None:
    """Two objects that are set to the same make no Change."""
    one, two = {"name": "A", "value": "1"}, {"name": "B", "value": "2"}
    assert edited(pods({"env": [one, two]}), pods({"env": [two, one]})) is None


def test_a_credential_that_changes_is_seen_but_not_kept() -> None:
    """After redaction the edit is still there, and neither value is."""
    old, new = (pods({"env": [{"name": "TOKEN", "value": value}]}) for value in ("tide", "moon"))
    body = {"operation": "update", "obj": deployment(**new), "oldObj": deployment(**old)}
    raw = kubernetes.redact({}, json.dumps(body).encode(), lambda text: "p_" + text[0] * 12)
    assert b"tide" not in raw
    assert b"moon" not in raw
    (change,) = [event for event in parse(json.loads(raw)) if isinstance(event, Change)]
    assert change.facts == {"changed": "token"}


def test_one_bad_item_makes_the_list_unreadable() -> None:
    """A list is read as a whole or not at all."""
    with pytest.raises(Unreadable):
        parse({"kind": "List", "items": [{"kind": "Pod"}, {"kind": "Event", "metadata": {"uid": "e"}}]})


def test_a_watch_may_speak_of_itself() -> None:
    """A bookmark and an error of the watch say nothing of the stack."""
    bookmark = {"kind": "Deployment", "metadata": {"resourceVersion": "7"}}
    assert parse({"type": "BOOKMARK", "object": bookmark}) == []
    assert parse({"type": "ERROR", "object": {"kind": "Status", "code": 410}}) == []
    with pytest.raises(Unreadable, match="without a name"):
        parse({"type": "ADDED", "object": bookmark})


def test_lists_within_lists_end() -> None:
    """A list in a list is an object we do not read, however deep."""
    body: dict[str, Any] = {"kind": "List", "items": []}
    for _ in range(100):
        body = {"kind": "List", "items": [body]}
    assert parse(body) == []
