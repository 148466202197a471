"""GitLab: both proofs, what a delivery goes by, which state of a deployment wins, and whose names go."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from seamline.analysis.facts import Facts
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Alert, Change
from seamline.sources import gitlab

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIGN = run_path(str(Path(__file__).parent / "golden" / "gitlab" / "sign.py"))["sign"]
SHA = "279484c09fbe69ededfced8c1bb6e6d24616b468"
PROJECT = {"path_with_namespace": "tidewater/ferry-desk", "default_branch": "main"}


def delivery(body: Any, key: str = "") -> Delivery:
    return Delivery(1, "gitlab", key, "", {}, NOW, json.dumps(body).encode())


def deployment(status: str = "success", at: str = "2026-11-23 10:02:30 +0000", **fields: Any) -> Delivery:
    said = {"object_kind": "deployment", "project": PROJECT, "deployment_id": 7}
    return delivery({**said, "status": status, "status_changed_at": at, **fields})


def change(sent: Delivery) -> Change:
    (found,) = [event for event in gitlab.parse(sent) if isinstance(event, Change)]
    return found


# -- the door -------------------------------------------------------------------------------------
@pytest.mark.parametrize(("token", "taken"), [("new", True), ("old", True), ("other", False), ("", False)])
def test_the_token_itself_is_a_proof(token: str, taken: bool) -> None:
    """Most hooks carry their secret as it is; during rotation two are known."""
    assert gitlab.verify({"x-gitlab-token": token}, b"{}", [b"new", b"old", b""], NOW) is taken
    assert not gitlab.verify({"x-gitlab-token": token}, b"{}", [], NOW)


def test_a_signing_token_is_the_key_in_base64() -> None:
    """As GitLab shows it: `whsec_` and the base64 of 32 bytes."""
    raw = bytes(range(32))
    headers = SIGN(b"{}", raw, NOW)
    assert gitlab.verify(headers, b"{}", [b"whsec_" + base64.b64encode(raw)], NOW)
    assert not gitlab.verify(headers, b"{}", [b"whsec_not base64"], NOW)


def test_one_of_several_signatures_is_enough() -> None:
    """Standard Webhooks lists them with blanks between."""
    headers = SIGN(b"{}", b"secret", NOW)
    headers["webhook-signature"] = "v1,AAAA v2,BBBB " + headers["webhook-signature"]
    assert gitlab.verify(headers, b"{}", [b"secret"], NOW)


@pytest.mark.parametrize(("late_s", "taken"), [(0, True), (300, True), (-300, True), (301, False)])
def test_only_fresh_signatures_are_taken(late_s: int, taken: bool) -> None:
    """A signature older than five minutes may be a replayed one."""
    assert gitlab.verify(SIGN(b"{}", b"s", NOW - timedelta(seconds=late_s)), b"{}", [b"s"], NOW) is taken


def test_a_delivery_goes_by_what_a_retry_repeats() -> None:
    """The idempotency key, which older versions lack; theirs is new with each attempt."""
    headers = {"idempotency-key": "same", "x-gitlab-webhook-uuid": "new"}
    assert gitlab.key(headers, b"{}") == "same"
    assert gitlab.key({"x-gitlab-webhook-uuid": "new"}, b"{}") == "new"
    assert gitlab.key({}, b"{}") == ""


# -- deployments ----------------------------------------------------------------------------------
@pytest.mark.parametrize("order", [1, -1])
def test_the_state_further_on_wins_within_one_second(order: int) -> None:
    """Whatever order they come in, a deployment that started and ended in one second has ended."""
    facts = Facts()
    for sent in [deployment("created"), deployment("running"), deployment("success")][::order]:
        facts.add(gitlab.parse(sent))
    assert [c.state for c in facts.changes.values()] == ["done"]


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("created", "announced"),
        ("blocked", "announced"),
        ("approved", "announced"),
        ("running", "started"),
        ("success", "done"),
        ("failed", "failed"),
        ("canceled", "failed"),
        ("rejected", "failed"),
        ("skipped", "failed"),
    ],
)
def test_every_state_has_its_meaning(status: str, state: str) -> None:
    """What waits is announced; what was refused, canceled or overtaken never came to be."""
    assert change(deployment(status)).state == state


@pytest.mark.parametrize(
    "at", ["2026-11-23 10:02:30 +0000", "2026-11-23 10:02:30 UTC", "2026-11-23T11:02:30+01:00"]
)
def test_times_in_all_of_its_spellings(at: str) -> None:
    """Kinds and versions of hooks spell times differently."""
    assert change(deployment("running", at)).at == datetime(2026, 11, 23, 10, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("at", ["1970-01-01 00:00:00 UTC", "9999-12-31T23:59:59.999999Z"])
def test_the_ends_of_time_are_times(at: str) -> None:
    """A clock that was never set, or a forever, is no reason to fail."""
    assert change(deployment("success", at)).state == "done"


@pytest.mark.parametrize(
    ("fields", "revision"),
    [
        ({"commit_url": f"https://git.example/x/-/commit/{SHA}", "short_sha": SHA[:8]}, SHA),
        ({"commit_url": None, "short_sha": SHA[:8]}, SHA[:8]),
        ({"commit_url": f"https://git.example/x/-/commit/{SHA}?ref=main"}, ""),
        ({}, ""),
    ],
)
def test_the_whole_commit_stands_in_its_address(fields: dict[str, Any], revision: str) -> None:
    """A short sha joins nothing."""
    assert change(deployment(**fields)).revision == revision


@pytest.mark.parametrize(
    ("ref", "version"), [("v2.4.0", "v2.4.0"), ("main", ""), (SHA, ""), ("refs/tags/v1", "v1"), (None, "")]
)
def test_version_is_a_release_and_not_a_branch(ref: str | None, version: str) -> None:
    """Neither the default branch nor a commit is a release as people say it."""
    assert change(deployment(ref=ref)).version == version


# -- flags and incidents --------------------------------------------------------------------------
def test_every_flip_is_a_change_of_its_own() -> None:
    """On, off and on again are three Changes; one that is sent again is the same."""
    facts = Facts()
    for active, flip in ((True, "a"), (False, "b"), (True, "c"), (True, "c")):
        flag = {"id": 6, "name": "night-crossings", "active": active}
        hook = {"object_kind": "feature_flag", "project": PROJECT, "object_attributes": flag}
        facts.add(gitlab.parse(delivery(hook, flip)))
    assert sorted(c.title for c in facts.changes.values()) == [
        "flag night-crossings turned off in tidewater/ferry-desk",
        "flag night-crossings turned on in tidewater/ferry-desk",
        "flag night-crossings turned on in tidewater/ferry-desk",
    ]


@pytest.mark.parametrize(("kind", "n"), [("Incident", 1), ("Issue", 0), ("Task", 0), (None, 0)])
def test_only_an_incident_is_an_alert(kind: str | None, n: int) -> None:
    """Other issues are plans."""
    issue = {"id": 1, "type": kind, "state": "opened"}
    hook = {"object_kind": "work_item", "project": PROJECT, "object_attributes": issue}
    assert sum(isinstance(event, Alert) for event in gitlab.parse(delivery(hook))) == n


@pytest.mark.parametrize("body", [{}, {"project": PROJECT}, {"object_kind": "deployment", "project": []}])
def test_what_is_no_hook_is_unreadable(body: Any) -> None:
    """With a reason, in one line."""
    with pytest.raises(Unreadable):
        list(gitlab.parse(delivery(body)))


# -- redaction ------------------------------------------------------------------------------------
def test_an_account_named_like_an_environment_does_not_change_the_reading() -> None:
    """A person may be called "production" or "root"."""
    body = {
        "user": {"name": "Root", "username": "production"},
        "environment": "production",
        "project": {"path_with_namespace": "production/root", "namespace": "production"},
        "commit_title": "for production",
    }
    redacted = json.loads(gitlab.redact({}, json.dumps(body).encode(), lambda _: "p_aaaaaaaaaaaa"))
    assert redacted["environment"] == "production"
    assert redacted["project"] == {"path_with_namespace": "production/root", "namespace": "p_aaaaaaaaaaaa"}
    assert redacted["commit_title"] == "for p_aaaaaaaaaaaa"
    assert redacted["user"] == {"name": "p_aaaaaaaaaaaa", "username": "p_aaaaaaaaaaaa"}
