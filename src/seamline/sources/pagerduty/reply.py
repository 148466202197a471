"""What a client of the Events API v2 waits for: the standard's own answer, with the key to resolve the alert by."""

from collections.abc import Mapping

import msgspec

from seamline.model.delivery import Reply
from seamline.model.errors import Unreadable
from seamline.sources.pagerduty.envelope import read


def reply(path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:  # noqa: ARG001
    """The answer at the two standard paths; None elsewhere, and for an event that can't be read."""
    if path not in ("/v2/enqueue", "/v2/change/enqueue"):
        return None
    try:
        envelope = read(body)
    except Unreadable:
        return None
    if path == "/v2/change/enqueue":
        return _accepted({"status": "success", "message": "Change event processed"})
    return _accepted({"status": "success", "message": "Event processed", "dedup_key": envelope.key})


def _accepted(said: Mapping[str, str]) -> Reply:
    return Reply(202, msgspec.json.encode(said))
