"""The door: Slack's signature, its delivery ids, and the words a person reads at once.

Contract: https://api.slack.com/authentication/verifying-requests-from-slack.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from seamline.model.delivery import Reply
from seamline.model.errors import Unreadable
from seamline.sources.slack.grammar import HELP, Act, understood
from seamline.sources.slack.shape import said_in

TOLERANCE_S = 300.0  # a request signed longer ago, or later than now by as much, may be a replayed one
_MAX_DIGITS = 12


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """The event's id, which its retries carry too, or the trigger of a command or button; "" for none."""
    try:
        return said_in(body).key
    except Unreadable:
        return ""


def verify(headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: datetime) -> bool:
    """Whether one of the signing secrets signed these bytes within the last five minutes."""
    timestamp = headers.get("x-slack-request-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _MAX_DIGITS):
        return False
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_S:
        return False
    given = headers.get("x-slack-signature", "").encode(errors="replace")
    signed = b"v0:" + timestamp.encode() + b":" + body
    wanted = (b"v0=" + hmac.digest(secret, signed, "sha256").hex().encode() for secret in secrets if secret)
    return any(hmac.compare_digest(signature, given) for signature in wanted)


def reply(path: str, headers: Mapping[str, str], body: bytes) -> Reply:  # noqa: ARG001
    """200, with the challenge where one was sent, and words for whoever typed a command.

    What they read says what was understood and not what came of it: that is known only once the person was found
    and the incident was looked at.
    """
    try:
        said = said_in(body)
    except Unreadable:
        return Reply(200)
    if said.challenge:
        return Reply(200, msgspec.json.encode({"challenge": said.challenge}))
    if not said.awaited:
        return Reply(200)
    act = understood(said.text)
    text = HELP if act is None else _noted(act)
    return Reply(200, msgspec.json.encode({"response_type": "ephemeral", "text": text}))


def _noted(act: Act) -> str:
    to = f"<@{act.to.removeprefix('slack:')}>" if act.to.startswith("slack:") else act.to
    what = f"you take on {act.incident}" if act.act == "acknowledge" else f"{act.incident} goes to {to}"
    return f"Noted: {what}. It counts once it is on record; `{act.incident}` in Seamline shows it."
