"""The three shapes Slack posts: a slash command (a form), an event (JSON), a button (JSON in a form's `payload`).

Contract: https://api.slack.com, "Slash commands", "Events API", "Interactivity: block_actions payloads".
"""

from urllib.parse import parse_qsl

from msgspec import Struct

from seamline.model.errors import Unreadable
from seamline.model.payload import decode

_MAX_FIELDS = 64
BUTTON = "seamline"  # the action_id of our buttons; their value is what would be typed after /seamline


class Who(Struct, frozen=True):
    """An account, a workspace or a channel in a payload."""

    id: str | None = None


class Event(Struct, frozen=True):
    """What happened in the workspace."""

    type: str | None = None
    user: str | None = None
    text: str | None = None
    bot_id: str | None = None


class Callback(Struct, frozen=True):
    """A body of the Events API."""

    type: str
    challenge: str | None = None
    event_id: str | None = None
    event: Event | None = None


class Action(Struct, frozen=True):
    """One element of a message that somebody used."""

    action_id: str | None = None
    value: str | None = None


class Payload(Struct, frozen=True):
    """An interactive payload; of kinds other than `block_actions` nothing is read."""

    type: str
    user: Who | None = None
    trigger_id: str | None = None
    actions: list[Action] | None = None


class Said(Struct, frozen=True):
    """What a delivery says: who wrote which text to us, both "" when nobody spoke to us."""

    user: str = ""
    text: str = ""
    key: str = ""  # what Slack calls the delivery
    challenge: str = ""
    awaited: bool = False  # a person waits for words in answer


def said_in(body: bytes | None) -> Said:
    """The delivery, read. Raises Unreadable for a body that none of the three shapes fits."""
    if body is None or body.lstrip().startswith(b"{"):
        return _callback(decode(body, Callback))
    fields = dict(form(body))
    if "payload" in fields:
        return _payload(decode(fields["payload"].encode(), Payload))
    if fields.get("ssl_check") == "1" and "command" not in fields:
        return Said()  # Slack looks whether the certificate is valid
    if "command" in fields and fields.get("user_id"):
        return Said(fields["user_id"], fields.get("text", ""), fields.get("trigger_id", ""), awaited=True)
    raise Unreadable("neither a slash command, an event nor a button")


def form(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, in their order. Raises Unreadable for what is none."""
    try:
        return parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_FIELDS,
        )
    except ValueError:  # not a form, not ASCII, or escapes that are not UTF-8
        raise Unreadable("neither JSON nor a form") from None


def _callback(sent: Callback) -> Said:
    key = sent.event_id or ""
    if sent.type == "url_verification":
        return Said(challenge=sent.challenge or "")
    if sent.type == "app_rate_limited":
        return Said()
    if sent.type != "event_callback" or sent.event is None:
        raise Unreadable(f"not an event of Slack's: {sent.type[:60]!r}")
    event = sent.event
    if event.type != "app_mention" or event.bot_id or not event.user:
        return Said(key=key)
    return Said(event.user, event.text or "", key)


def _payload(sent: Payload) -> Said:
    key = sent.trigger_id or ""
    pressed = [a.value for a in sent.actions or () if a.action_id == BUTTON and a.value]
    if sent.type != "block_actions" or not pressed or sent.user is None:
        return Said(key=key)
    return Said(sent.user.id or "", pressed[0], key)
