"""Zendesk's `ticket.created` webhook, signed."""

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import ClientSession

from lab.program import compact, deliver

SECRET: Final = b"clinic-lab-zendesk"
ACCOUNT_ID: Final = 21594873
WEBHOOK_ID: Final = "01HQ3MZ5V8C4N6T2K9YB7RJXWD"


def signature(timestamp: str, body: bytes, secret: bytes = SECRET) -> str:
    """The value of `x-zendesk-webhook-signature`: over the timestamp header and the raw body."""
    return base64.b64encode(hmac.new(secret, timestamp.encode() + body, hashlib.sha256).digest()).decode()


@dataclass(frozen=True, slots=True)
class Ticket:
    """A ticket as its writer sent it."""

    number: int
    group_id: int
    requester_id: int
    subject: str
    description: str
    channel: str
    tags: tuple[str, ...]


def created(ticket: Ticket, at: datetime) -> dict[str, Any]:
    """The envelope of a new ticket; ids inside `detail` are strings."""
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    requester = str(ticket.requester_id)
    return {
        "account_id": ACCOUNT_ID,
        "detail": {
            "actor_id": requester,
            "assignee_id": None,
            "brand_id": "360002817119",
            "created_at": stamp,
            "custom_status": "35999217",
            "description": ticket.description,
            "external_id": None,
            "form_id": "36000044",
            "group_id": str(ticket.group_id),
            "id": str(ticket.number),
            "is_public": True,
            "organization_id": None,
            "priority": None,
            "requester_id": requester,
            "status": "NEW",
            "subject": ticket.subject,
            "submitter_id": requester,
            "tags": list(ticket.tags),
            "type": None,
            "updated_at": stamp,
            "via": {"channel": ticket.channel},
        },
        "event": {},
        "id": str(uuid.uuid4()),
        "subject": f"zen:ticket:{ticket.number}",
        "time": stamp,
        "type": "zen:event-type:ticket.created",
        "zendesk_event_version": "2022-11-06",
    }


class Zendesk:
    """Sends tickets to the inbox."""

    def __init__(self, session: ClientSession, inbox_url: str) -> None:
        self._session = session
        self._url = f"{inbox_url}/in/zendesk"

    async def post(self, ticket: Ticket) -> None:
        """Send one new ticket. Raises RuntimeError when the inbox refuses."""
        at = datetime.now(UTC)
        stamp, body = at.strftime("%Y-%m-%dT%H:%M:%SZ"), compact(created(ticket, at))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Zendesk Webhook",
            "x-zendesk-account-id": str(ACCOUNT_ID),
            "x-zendesk-webhook-id": WEBHOOK_ID,
            "x-zendesk-webhook-invocation-id": str(uuid.uuid4()),
            "x-zendesk-webhook-signature-timestamp": stamp,
            "x-zendesk-webhook-signature": signature(stamp, body),
        }
        await deliver(self._session, self._url, body, headers)
