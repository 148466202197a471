"""GitHub: what counts as a Change, which version of it wins, and whose names go."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from seamline.analysis.facts import Facts
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Change
from seamline.sources import github

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REPOSITORY = {"full_name": "tidewater/ferry-desk", "default_branch": "main"}
DEPLOYMENT = {"id": 7, "sha": "a" * 40, "ref": "main", "task": "deploy", "created_at": "2026-11-23T10:00:00Z"}


def delivery(kind: str, body: Any, seq: int = 1) -> Delivery:
    return Delivery(seq, "github", "", "", {"x-github-event": kind}, NOW, json.dumps(body).encode())


def deployment(**fields: Any) -> Change:
    """The Change in a `deployment` delivery with these fields."""
    body = {"repository": REPOSITORY, "deployment": {**DEPLOYMENT, **fields}}
    (change,) = [event for event in github.parse(delivery("deployment", body)) if isinstance(event, Change)]
    return change


def status(state: str, at: str = "2026-11-23T10:02:00Z") -> Delivery:
    said = {"state": state, "created_at": at}
    body = {"repository": REPOSITORY, "deployment": DEPLOYMENT, "deployment_status": said}
    return delivery("deployment_status", body)


@pytest.mark.parametrize("order", [1, -1])
def test_the_state_further_on_wins_within_one_second(order: int) -> None:
    """Whatever order they come in, a deployment that started and ended in one second has ended."""
    facts = Facts()
    for sent in [status("queued"), status("in_progress"), status("success")][::order]:
        facts.add(github.parse(sent))
    (change,) = facts.changes.values()
    assert (change.state, change.done_at) == ("done", datetime(2026, 11, 23, 10, 2, tzinfo=UTC))
    assert change.at == datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def test_a_later_attempt_overrules_a_failure() -> None:
    """A deployment that failed and was repeated under its id is done."""
    facts = Facts()
    for sent in (status("success", "2026-11-23T10:09:00Z"), status("failure")):
        facts.add(github.parse(sent))
    assert [change.state for change in facts.changes.values()] == ["done"]


def test_being_replaced_is_no_news_of_a_change() -> None:
    """`inactive` says that a later deployment took over; the earlier one stays done."""
    facts = Facts()
    for sent in (status("success"), status("inactive", "2026-11-24T10:00:00Z")):
        facts.add(github.parse(sent))
    assert [change.state for change in facts.changes.values()] == ["done"]


@pytest.mark.parametrize(
    ("task", "payload", "kind"),
    [
        ("deploy", {}, "deploy"),
        (None, None, "deploy"),
        ("deploy:config", {}, "config"),
        ("deploy:migrations", {}, "schema"),
        ("migrate", {}, "schema"),
        ("deploy", {"kind": "Flag"}, "flag"),
        ("deploy:migrations", {"kind": "unheard of"}, "schema"),
        ("deploy", '{"kind": "data"}', "data"),
        ("release the kraken", "free text", "deploy"),
    ],
)
def test_kind_is_what_the_team_says(task: str | None, payload: Any, kind: str) -> None:
    """The payload's own word comes before the task's; a word nobody knows decides nothing."""
    assert deployment(task=task, payload=payload).kind == kind


@pytest.mark.parametrize(
    ("fields", "version"),
    [
        ({"payload": {"release": "2.4.0"}}, "2.4.0"),
        ({"payload": {"version": 12}}, "12.0"),
        ({"ref": "refs/tags/v2.4.0"}, "v2.4.0"),
        ({"ref": "main"}, ""),
        ({"ref": "a" * 40}, ""),
    ],
)
def test_version_is_a_release_and_not_a_branch(fields: dict[str, Any], version: str) -> None:
    """Neither the default branch nor a commit is a release as people say it."""
    assert deployment(**fields).version == version


def test_facts_are_the_scalars_of_the_payload() -> None:
    """Numbers come as floats, too large ones as text; lists, objects and nulls are left out."""
    payload = {"db_pool_size": 12, "ok": True, "n": 10**400, "list": [1], "object": {"a": 1}, "none": None}
    assert deployment(payload=payload).facts == {"db_pool_size": 12.0, "ok": 1.0, "n": str(10**400)}


def test_a_delivery_without_its_kind_is_unreadable() -> None:
    """The body alone does not say what happened."""
    with pytest.raises(Unreadable, match="X-GitHub-Event"):
        list(github.parse(Delivery(1, "github", "", "", {}, NOW, b"{}")))


def test_an_account_named_like_a_task_does_not_change_the_reading() -> None:
    """A person may be called "deploy" or "production"."""
    sender = {"login": "deploy", "type": "User", "id": 5}
    body = {
        "repository": REPOSITORY,
        "deployment": {**DEPLOYMENT, "environment": "production"},
        "sender": sender,
    }
    raw = json.dumps(body | {"creator": {"login": "production", "type": "User"}}).encode()
    redacted = json.loads(github.redact({}, raw, lambda _: "p_aaaaaaaaaaaa"))
    assert redacted["deployment"] == body["deployment"]
    assert redacted["sender"] == {"login": "p_aaaaaaaaaaaa", "type": "User"}


def test_organisations_bots_and_machines_are_not_people() -> None:
    """What is no person stays byte for byte."""
    body = {
        "organization": {"login": "tidewater"},
        "sender": {"login": "renovate[bot]", "type": "Bot"},
        "committer": {"name": "GitHub", "username": "web-flow"},
        "ssh_url": "git@github.com:tidewater/ferry-desk.git",
        "body": "uses @types/node",
    }
    raw = json.dumps(body).encode()
    assert github.redact({}, raw, lambda _: "gone") == raw


MIRA = {"login": "mira", "type": "User"}


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("write to mira@clinic.test", "write to p"),
        ({"sender": MIRA, "note": "for mira"}, {"sender": {"login": "p", "type": "User"}, "note": "for p"}),
        (
            {"sender": MIRA, "note": "for admiral"},
            {"sender": {"login": "p", "type": "User"}, "note": "for admiral"},
        ),
        ({"sender": {"login": "Zoë"}, "note": "by Zoë"}, {"sender": {"login": "p"}, "note": "by p"}),
        ({"author": {"name": ["mira@clinic.test"], "email": "x"}}, {"author": {}}),
        (
            {"url": "git@github.test:a/b", "note": "ask @mira"},
            {"url": "git@github.test:a/b", "note": "ask p"},
        ),
        ({"url": "legit@clinic.test"}, {"url": "p"}),
        ([{"sender": MIRA}, {"note": "mira"}], [{"sender": {"login": "p", "type": "User"}}, {"note": "p"}]),
    ],
)
def test_people_are_found_wherever_they_stand(said: object, left: object) -> None:
    """In their own objects, in any text of the same delivery, at any depth, however JSON spells them."""
    for body in (json.dumps(said), json.dumps(said, ensure_ascii=False)):
        assert json.loads(github.redact({}, body.encode(), lambda _: "p")) == left


@pytest.mark.parametrize(
    "said", ['{ "a": 1 }', '{"u": "git@github.test:a/b"}', '"x"', "[]", '{"user": "main"}']
)
def test_a_body_without_people_keeps_its_bytes(said: str) -> None:
    """Spaces and all: what needs no change gets none."""
    assert github.redact({}, said.encode(), lambda _: "p") == said.encode()
