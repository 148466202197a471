"""Zendesk: the clock at the door, and what leads back to people."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from runpy import run_path

import pytest

from seamline.sources import zendesk

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SIGN = run_path(str(Path(__file__).parent / "golden" / "zendesk" / "sign.py"))["sign"]


@pytest.mark.parametrize(
    ("late_s", "taken"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)]
)
def test_only_fresh_signatures_are_taken(late_s: int, taken: bool) -> None:
    """A valid signature older than five minutes, or as far in the future, may be a replayed one."""
    headers = SIGN(b"{}", b"secret", NOW - timedelta(seconds=late_s))
    assert zendesk.verify(headers, b"{}", [b"secret"], NOW) is taken


def test_a_moved_timestamp_breaks_the_signature() -> None:
    """The timestamp is signed with the body."""
    headers = SIGN(b"{}", b"secret", NOW - timedelta(hours=1))
    headers["x-zendesk-webhook-signature-timestamp"] = "2026-11-23T12:00:00Z"
    assert not zendesk.verify(headers, b"{}", [b"secret"], NOW)


def redacted(text: str) -> str:
    """The description after redaction, with # for each pseudonym."""
    body = {"type": "zen:event-type:ticket.created", "detail": {"id": "1", "description": text}}
    raw = zendesk.redact({}, json.dumps(body).encode(), lambda _: "#")
    description: str = json.loads(raw)["detail"]["description"]
    return description


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Call +43 660 123 45 67 or 0660/1234567.", "Call # or #."),
        ("My number: (01) 555-1234, in the US 555-123-4567", "My number: #, in the US #"),
        (
            "Not seen since 2026-11-20, 20.11.2026, 05/11/26, 09:30",
            "Not seen since 2026-11-20, 20.11.2026, 05/11/26, 09:30",
        ),
        (
            "Order 36000101, version 10.0.19045, 192.168.0.1",
            "Order 36000101, version 10.0.19045, 192.168.0.1",
        ),
        ("write to a.b@mail.example.com!", "write to #!"),
        ("It fails.\n\nKind regards,\nAnna-Lena Öberg", "It fails.\n\nKind regards,\n#"),
        ("It fails.\n\nJonas Huber\njonas.huber42@example.com", "It fails.\n\n#\n#"),
        ("It fails. Thanks, Jonas", "It fails. Thanks, #"),
        ("It fails.\n\nBest,\n\nAnna M. Huber", "It fails.\n\nBest,\n\n#"),
        ("My name is Mia Kovacs. Mia again: it fails.", "My name is #. # again: it fails."),
        ("I can't book, page says Try Again", "I can't book, page says Try Again"),
        ("Thanks.", "Thanks."),
    ],
)
def test_people_are_taken_out_of_texts(text: str, left: str) -> None:
    """Numbers to call, addresses and the writer's own name go; dates, ids and versions stay."""
    assert redacted(text) == left
