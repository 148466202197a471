"""Slack: the clock at the door, what is an act, and what the person reads at once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from runpy import run_path
from urllib.parse import urlencode

import pytest

from seamline.model.delivery import Delivery
from seamline.model.word import Word
from seamline.sources import slack
from seamline.sources.slack.grammar import Act, understood

from .serving import SECRET, Answer, Server, serving

GOLDEN = Path(__file__).parent / "golden" / "slack"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIGN = run_path(str(GOLDEN / "sign.py"))["sign"]


def golden(name: str) -> bytes:
    """The body of a golden delivery."""
    body = json.loads((GOLDEN / f"{name}.delivery.json").read_text())["body"]
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def command(text: str) -> bytes:
    return urlencode({"command": "/seamline", "user_id": "U1", "user_name": "mira", "text": text}).encode()


def words(body: bytes) -> list[Word]:
    """What a body says, redacted as it is stored."""
    stored = slack.redact({}, body, lambda _: "p_aaaaaaaaaaaa")
    return list(slack.words(Delivery(7, "slack", "", "", {}, NOW, stored)))


@pytest.mark.parametrize(
    ("late_s", "taken"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)]
)
def test_only_fresh_signatures_are_taken(late_s: int, taken: bool) -> None:
    """A valid signature older than five minutes, or as far in the future, may be a replayed one."""
    headers = SIGN(b"x", b"secret", NOW - timedelta(seconds=late_s))
    assert slack.verify(headers, b"x", [b"secret"], NOW) is taken


def test_a_moved_timestamp_breaks_the_signature() -> None:
    """The timestamp is signed with the body."""
    headers = SIGN(b"x", b"secret", NOW - timedelta(hours=1))
    headers["x-slack-request-timestamp"] = str(int(NOW.timestamp()))
    assert not slack.verify(headers, b"x", [b"secret"], NOW)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("ack I-3", Act("acknowledge", "I-3")),
        ("  ACK i-3  on it ", Act("acknowledge", "I-3", note="on it")),
        ("/seamline mine: I-3, since noon", Act("acknowledge", "I-3", note="since noon")),
        ("<@U0LAN0Z89> acknowledge I-12", Act("acknowledge", "I-12")),
        ("hand-over I-3 to ben", Act("hand_over", "I-3", "ben")),
        ("hand over I-3 to @ben.okafor.", Act("hand_over", "I-3", "ben.okafor")),
        ("handover I-3 to ben because the pool is his", Act("hand_over", "I-3", "ben", "the pool is his")),
        ("hand-over I-3 to <@U024BE7LH> because x", Act("hand_over", "I-3", "slack:U024BE7LH", "x")),
        ("<@U0LAN0Z89|seamline>: hand-over I-3 to ben, x", Act("hand_over", "I-3", "ben", "x")),
        ("", None),
        ("help", None),
        ("ack", None),
        ("ack I-3x", None),
        ("don't ack I-3", None),
        ("hand-over I-3", None),
        ("hand-over I-3 ben", None),
        ("ack I-3 " + "x" * 4000, None),
    ],
)
def test_what_is_an_act(text: str, act: Act | None) -> None:
    """Only a text that is an act from its first word on is one."""
    assert understood(text) == act


@pytest.mark.parametrize(
    ("name", "handle", "act", "to"),
    [
        ("command_ack", "slack:U2147483697", "acknowledge", ""),
        ("command_hand_over", "slack:U2147483697", "hand_over", "slack:U024BE7LH"),
        ("app_mention", "slack:U061F7AUR", "acknowledge", ""),
        ("button", "slack:UA8RXUSPL", "acknowledge", ""),
    ],
)
def test_an_act_is_a_word_of_who_said_it(name: str, handle: str, act: str, to: str) -> None:
    """Commands, mentions and our buttons give one word, under the account's id, after redaction too."""
    said = words(golden(name))
    assert [(w.handle, w.act, w.to, w.seq, w.at) for w in said] == [(handle, act, to, 7, NOW)]


@pytest.mark.parametrize(
    "name",
    [
        "command_of_nobody",
        "command_empty",
        "url_verification",
        "message",
        "reaction_added",
        "button_of_another",
    ],
)
def test_nothing_else_is_an_act(name: str) -> None:
    """Other texts, messages between people, reactions and buttons of other apps are no words of ours."""
    assert words(golden(name)) == []


def test_a_note_loses_names_and_addresses() -> None:
    """What stays of a note has neither the writer's name nor an address in it."""
    (word,) = words(command("ack I-3 mira waits for a@clinic.example"))
    assert word.note == "p_aaaaaaaaaaaa waits for p_aaaaaaaaaaaa"


def test_the_handshake_is_answered() -> None:
    """Slack's challenge comes back as it was sent."""
    said = slack.reply("/in/slack", {}, golden("url_verification"))
    assert (said.status, json.loads(said.body)) == (
        200,
        {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"},
    )


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("ack I-3", "Noted: you take on I-3."),
        ("hand-over I-3 to <@U024BE7LH|ben>", "Noted: I-3 goes to <@U024BE7LH>."),
        ("hand-over I-3 to ben", "Noted: I-3 goes to ben."),
        ("what?", "Say `ack I-3`"),
        ("", "Say `ack I-3`"),
    ],
)
def test_who_types_a_command_reads_what_was_understood(text: str, read: str) -> None:
    """An answer only they see: what was understood, or how to say it; not what came of it."""
    said = slack.reply("/in/slack", {}, command(text))
    answer = json.loads(said.body)
    assert (said.status, answer["response_type"]) == (200, "ephemeral")
    assert answer["text"].startswith(read)


@pytest.mark.parametrize("body", [b"", b"\xff", b"{}", b"a=b", b"[" * 9999])
def test_everything_is_answered_with_200(body: bytes) -> None:
    """Slack switches off what answers otherwise; an odd body is kept all the same."""
    assert slack.reply("/in/slack", {}, body).status == 200


def test_a_delivery_is_known_by_slacks_own_id() -> None:
    """An event by its id, which retries carry; a command by its trigger, so that saying it again counts again."""
    assert slack.key({}, golden("app_mention")) == "Ev08MFMKH6"
    assert slack.key({}, golden("command_ack")) == "13345224609.738474920.8088930838d88f008e0"
    assert slack.key({}, golden("url_verification")) == ""
    assert slack.key({}, b"\xff") == ""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("slack") / "home", "slack") as running:
        yield running


def post(server: Server, body: bytes, secret: str = SECRET) -> Answer:
    """As Slack posts it, now."""
    return server.ask("POST", "/in/slack", body, SIGN(body, secret.encode(), datetime.now(UTC)))


def test_slack_reads_what_it_asks_for(server: Server) -> None:
    """Over HTTP: the challenge, words for a command, 200 without words for an event, and 401 for a stranger."""
    handshake = post(server, golden("url_verification"))
    assert (handshake.status, list(handshake.json)) == (200, ["challenge"])
    typed = post(server, golden("command_ack"))
    assert (typed.status, typed.json["text"][:30]) == (200, "Noted: you take on I-3. It cou")
    assert typed.headers["content-type"] == "application/json"
    mentioned = post(server, golden("app_mention"))
    assert (mentioned.status, mentioned.body) == (200, b"")
    assert post(server, golden("command_ack"), secret="another").status == 401


def test_slacks_retry_is_a_duplicate(server: Server) -> None:
    """An event that is posted again is not there twice."""
    for _ in range(2):
        post(server, golden("message"))
    listed = server.ask("GET", "/api/deliveries").json["deliveries"]
    assert len([d for d in listed if d["key"] == "Ev08MFMKH6"]) == 1
    assert [d for d in listed if d["unreadable"]] == []
