"""What is personal in a Slack delivery: names, what people write to each other, and the capabilities Slack hands out.

Kept is a list of fields, not left out one: payloads carry whole messages and profiles. The account's id stays, for it
is how the person is found in the tree (`handles`); names never do. A text stays only when it is an act of ours,
without names behind mentions and without e-mail addresses.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any
from urllib.parse import urlencode

from seamline.model.payload import is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym
from seamline.sources.slack.grammar import understood
from seamline.sources.slack.shape import BUTTON, form, said_in

_FORM = frozenset(
    {"team_id", "team_domain", "enterprise_id", "channel_id", "channel_name", "user_id", "command", "text"}
    | {"api_app_id", "ssl_check", "is_enterprise_install"}
)
_CALLBACK = ("type", "team_id", "api_app_id", "event_id", "event_time", "challenge", "enterprise_id")
_EVENT = ("type", "subtype", "user", "bot_id", "channel", "channel_type", "ts", "event_ts", "reaction")
_PAYLOAD = ("type", "api_app_id")
_PLACE = ("id", "domain", "name")
_ACTION = ("type", "action_id", "block_id", "action_ts")
_LABEL = re.compile(r"(<[@#!][^<>|]*)\|[^<>]*>")

Rewritten = Callable[[Any], Any]


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The delivery with nothing but what the lists above name. Raises Unreadable for one Slack doesn't send."""
    said_in(body)

    if body.lstrip().startswith(b"{"):
        return rewrite(body, lambda document: _callback(document, _texts(pseudonym)))
    fields = form(body)
    if any(name == "payload" for name, _ in fields):
        payload = dict(fields)["payload"].encode()
        kept = rewrite(payload, lambda document: _payload(document, _texts(pseudonym)))
        return urlencode({"payload": kept.decode()}).encode()
    names = [value for name, value in fields if name == "user_name" and len(value) > 1]
    text = _texts(pseudonym, names)
    left = [(name, text(value) if name == "text" else value) for name, value in fields]
    return urlencode([pair for pair in left if pair[0] in _FORM]).encode()


def _texts(pseudonym: Pseudonym, names: Collection[str] = ()) -> Rewritten:
    """What is left of a text that was written to us."""
    replace = replacer(pseudonym, words=names)

    def rewritten(text: Any) -> Any:
        if not isinstance(text, str) or not text or is_pseudonym(text):
            return text
        return pseudonym(text) if understood(text) is None else replace(_LABEL.sub(r"\1>", text))

    return rewritten


def _callback(document: Any, text: Rewritten) -> Any:
    if not isinstance(document, dict):
        return None
    kept = _only(document, _CALLBACK)
    event = document.get("event")
    if isinstance(event, dict):
        kept["event"] = _only(event, _EVENT)
        if event.get("type") == "app_mention" and "text" in event:
            kept["event"]["text"] = text(event["text"])
    return kept


def _payload(document: Any, text: Rewritten) -> Any:
    if not isinstance(document, dict):
        return None
    kept = _only(document, _PAYLOAD)
    for field, inner in (("user", ("id",)), ("team", _PLACE), ("channel", _PLACE)):
        if isinstance(document.get(field), dict):
            kept[field] = _only(document[field], inner)
    if isinstance(document.get("actions"), list):
        kept["actions"] = [_action(action, text) for action in document["actions"]]
    return kept


def _action(action: Any, text: Rewritten) -> Any:
    if not isinstance(action, dict):
        return None
    ours = {"value": text(action["value"])} if action.get("action_id") == BUTTON and "value" in action else {}
    return _only(action, _ACTION) | ours


def _only(document: Mapping[str, Any], fields: Collection[str]) -> dict[str, Any]:
    """These fields where they hold a scalar."""
    return {
        field: document[field]
        for field in fields
        if field in document and not isinstance(document[field], dict | list)
    }
