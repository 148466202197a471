"""Argo CD: the shapes a template may give, what tells one sync from the next, where it runs, and how health ends."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from seamline.analysis.detect import alerts
from seamline.analysis.facts import Facts
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Change, MapFact
from seamline.sources import argo_cd, discover

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SHA = "279484c09fbe69ededfced8c1bb6e6d24616b468"
PAGE = Path(__file__).parents[2] / "docs" / "sources" / "argo-cd.md"


def delivery(body: Any, at: datetime = NOW) -> Delivery:
    return Delivery(1, "argo-cd", "", "", {}, at, json.dumps(body).encode())


def application(phase: str = "Succeeded", **fields: Any) -> dict[str, Any]:
    """An Application whose latest sync is in this phase."""
    state = {"phase": phase, "startedAt": "2026-11-23T10:00:00Z", "finishedAt": "2026-11-23T10:00:00Z"}
    status = {"operationState": {**state, **fields.pop("state", {})}, **fields.pop("status", {})}
    metadata = {"name": "booking", "uid": "u-1", "labels": fields.pop("labels", None)}
    return {"metadata": metadata, "spec": {"destination": fields.pop("destination", None)}, "status": status}


def change(body: Any) -> Change:
    (found,) = [event for event in argo_cd.parse(delivery(body)) if isinstance(event, Change)]
    return found


def test_the_name_has_a_dash_and_the_folder_none() -> None:
    """The inbox listens at `/in/argo-cd`; a Python package can't be called so."""
    assert discover()["argo-cd"].name == "argo-cd"


# -- shapes ---------------------------------------------------------------------------------------
def test_three_shapes_say_the_same() -> None:
    """Our template, a whole Application, and the flat body that a team wrote."""
    app = application(state={"syncResult": {"revision": SHA}})
    flat = {
        "app_name": "booking",
        "phase": "Succeeded",
        "revision": SHA,
        "startedAt": "2026-11-23T10:00:00Z",
        "finished-at": "2026-11-23T10:00:00Z",
    }
    said = [change(body) for body in (app, {"app": app}, flat)]
    assert {(c.entity, c.state, c.at, c.done_at, c.revision) for c in said} == {
        ("service:booking", "done", said[0].at, said[0].done_at, SHA)
    }


@pytest.mark.parametrize(
    "body",
    [
        {"state": "success", "target_url": "https://argo.example", "context": "continuous-delivery/booking"},
        {"app": "booking", "sync_status": "Synced"},
        {"phase": "Succeeded"},
        {"app": {"metadata": {}}},
        {"metadata": {"name": None}},
        {},
        [],
    ],
)
def test_what_tells_neither_of_a_sync_nor_of_health_is_unreadable(body: Any) -> None:
    """Among them the catalogue's commit status, which is meant for GitHub."""
    with pytest.raises(Unreadable):
        list(argo_cd.parse(delivery(body)))


def test_values_that_were_not_there_say_nothing() -> None:
    """Go prints `<no value>` where a template names a field that is missing."""
    said = change({"app": "booking", "phase": "Running", "url": "<no value>", "environment": "<no value>"})
    assert (said.url, dict(said.dims)) == ("", {})


# -- syncs ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [1, -1])
def test_a_sync_that_started_and_ended_in_one_second_has_ended(order: int) -> None:
    """Whatever order they come in; Argo CD writes whole seconds."""
    facts = Facts()
    for phase in ["Running", "Succeeded"][::order]:
        facts.add(argo_cd.parse(delivery(application(phase))))
    assert [c.state for c in facts.changes.values()] == ["done"]


def test_another_start_is_another_sync() -> None:
    """The same commit may be synced again, by hand or to heal itself."""
    again = application(state={"startedAt": "2026-11-23T11:00:00Z"})
    assert change(application()).id != change(again).id


@pytest.mark.parametrize(
    ("phase", "state"),
    [
        ("Running", "started"),
        ("Terminating", "started"),
        ("Succeeded", "done"),
        ("Failed", "failed"),
        ("Error", "failed"),
    ],
)
def test_every_phase_has_its_meaning(phase: str, state: str) -> None:
    """What runs or is being stopped is started; both kinds of failure are failed."""
    assert change(application(phase)).state == state


@pytest.mark.parametrize(
    ("state", "status", "revision"),
    [
        ({"syncResult": {"revision": SHA}}, {"sync": {"revision": "b" * 40}}, SHA),
        ({"operation": {"sync": {"revision": SHA}}}, {"sync": {"revision": "b" * 40}}, SHA),
        ({}, {"sync": {"revision": SHA}}, SHA),
        ({"syncResult": {"revision": "", "revisions": ["1.4.2", SHA]}}, {}, SHA),
        ({"syncResult": {"revision": "1.4.2"}}, {}, ""),
        ({}, {}, ""),
    ],
)
def test_the_revision_is_the_commit_that_was_synced(state: Any, status: Any, revision: str) -> None:
    """The result's, else the one asked for, else the present one; the version of a chart is no commit."""
    assert change(application(state=state, status=status)).revision == revision


def test_a_commit_joins_only_once_it_runs() -> None:
    """A sync that is under way or failed proves nothing of what the service is built from."""
    for phase, n in (("Running", 0), ("Failed", 0), ("Succeeded", 1)):
        body = application(phase, state={"syncResult": {"revision": SHA}})
        events = argo_cd.parse(delivery(body))
        assert sum(isinstance(e, MapFact) and e.predicate == "built_from" for e in events) == n


@pytest.mark.parametrize(
    ("images", "version"),
    [
        (["r.example/clinic/booking:2.4.0", "r.example/proxy:1"], "2.4.0"),
        (["r.example:5000/other:2.4.0@sha256:" + "a" * 64], "2.4.0"),
        (["r.example/a:1", "r.example/b:2"], ""),
        (["r.example/booking"], ""),
        ([], ""),
    ],
)
def test_the_version_is_the_tag_of_its_own_image(images: list[str], version: str) -> None:
    """Else of the only one; of several others none."""
    assert change(application(status={"summary": {"images": images}})).version == version


# -- where ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("labels", "destination", "environment"),
    [
        ({"environment": "prod"}, {"namespace": "booking-staging"}, "prod"),
        ({"env": "qa"}, None, "qa"),
        (None, {"namespace": "booking-staging"}, "staging"),
        (None, {"name": "eu-dev-1", "namespace": "booking"}, "dev"),
        (None, {"server": "https://dev.example", "namespace": "booking"}, ""),
        (None, {"namespace": "booking-prod"}, ""),
        (None, {"namespace": "latest-developments"}, ""),
        ({"environment": 7}, None, ""),
    ],
)
def test_the_environment_is_said_or_read_off_names(labels: Any, destination: Any, environment: str) -> None:
    """A label says it; a name can only say that it is another one than production."""
    said = change(application(labels=labels, destination=destination))
    assert said.dims.get("environment", "") == environment


def test_the_service_is_called_as_the_label_says() -> None:
    """Applications often carry their environment in their names; the standard label does not."""
    body = application(labels={"app.kubernetes.io/name": "appointments"})
    (named,) = [e for e in argo_cd.parse(delivery(body)) if isinstance(e, MapFact) and e.predicate == "named"]
    assert (named.subject, named.object) == ("service:appointments", "booking")


# -- health ---------------------------------------------------------------------------------------
def test_a_degradation_lasts_until_it_is_healthy_again() -> None:
    """Neither notification knows the other's time."""
    began, ended = NOW - timedelta(hours=1), NOW - timedelta(minutes=5)
    facts = Facts()
    for status, at in (("Healthy", ended), ("Progressing", ended), ("Degraded", began)):
        health = {"status": status, "lastTransitionTime": at.isoformat()}
        facts.add(argo_cd.parse(delivery(application(status={"health": health}))))
    (seen,) = alerts.observe(
        facts.alerts.values(), lambda ref: ref, NOW - timedelta(days=30), NOW, "production"
    )
    assert seen.symptom is not None
    assert (seen.symptom.onset_at, seen.symptom.ended_at) == (began, ended)


def test_a_repeated_notification_is_the_same_alert() -> None:
    """Every notification carries the health; it counts once for each time it changed."""
    health = {"status": "Degraded", "lastTransitionTime": "2026-11-23T10:05:00Z"}
    facts = Facts()
    for phase in ("Running", "Failed"):
        facts.add(argo_cd.parse(delivery(application(phase, status={"health": health}))))
    assert len(facts.alerts) == 1


# -- redaction, the page --------------------------------------------------------------------------
def test_configuration_is_not_kept() -> None:
    """A whole Application holds values of charts, which hold passwords."""
    app = application()
    app["spec"]["source"] = {"repoURL": "https://r", "helm": {"values": "password: s3cret"}}
    app["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": "s3cret"}
    redacted = argo_cd.redact({}, json.dumps(app).encode(), lambda _: "#")
    assert b"s3cret" not in redacted
    assert b"https://r" in redacted


def test_the_template_on_the_page_sends_what_is_read() -> None:
    """Every field that our template picks is one that the goldens of its rendering have."""
    page = PAGE.read_text(encoding="utf-8")
    golden = Path(__file__).parent / "golden" / "argo-cd" / "sync_succeeded.delivery.json"
    rendered = json.loads(golden.read_text(encoding="utf-8"))["body"]
    for part in (rendered, rendered["app"], rendered["app"]["spec"], rendered["app"]["status"]):
        assert [field for field in part if f'"{field}":' not in page] == []
