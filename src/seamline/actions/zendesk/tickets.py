"""Says one intent at one ticket: reads it, and unless our tag is there already, adds comment and tag in one update.

Contract: developer.zendesk.com, Ticketing API: "Show Ticket", "Update Ticket", "Protecting against ticket update
collisions" (`safe_update`), "Rate limits". The update carries all tags, so it is safe only against the version that
was read: a 409 reads again.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any

import msgspec
from msgspec import Struct

from seamline.model.intent import Done, Failed, Intent, Outcome, Retry

READINGS = 3  # of a ticket that others change at the same time
MEND_S = 300.0  # until credentials that were refused are tried again
MAX_WAIT_S = 3600.0  # however long the tool asks us to wait
MAX_ANSWER = 4 * 1024 * 1024  # bytes
_WHY = 200  # characters of a refusal that are kept


class Ticket(Struct, frozen=True):
    """What we read of a ticket."""

    updated_at: str
    status: str = ""
    tags: tuple[str, ...] = ()


class _Shown(Struct, frozen=True):
    ticket: Ticket


class _Answer(Struct, frozen=True):
    status: int
    retry_after: str
    body: bytes


class Zendesk:
    """`model.ports.Action` on the Tickets API. `connect` makes a connection to the one account there is."""

    name = "zendesk"

    def __init__(
        self,
        connect: Callable[[], HTTPConnection],
        authorization: str,
        *,
        public: bool = False,
        field: int | None = None,
    ) -> None:
        self._connect = connect
        self._authorization = authorization
        self._public = public
        self._field = field

    def perform(self, intent: Intent) -> Outcome:
        """See `Action.perform`."""
        if not (intent.number.isascii() and intent.number.isdecimal()):
            return Failed(f"{intent.number[:40]!r} is no ticket number of Zendesk")
        try:
            with closing(self._connect()) as connection:
                return self._say(connection, intent)
        except (OSError, HTTPException) as error:
            return Retry(f"can't be reached: {type(error).__name__}")

    def _say(self, connection: HTTPConnection, intent: Intent) -> Outcome:
        for _ in range(READINGS):
            shown = self._ask(connection, "GET", intent.number)
            if shown.status != 200:
                return _outcome(shown)
            try:
                ticket = msgspec.json.decode(shown.body, type=_Shown).ticket
            except (msgspec.DecodeError, RecursionError):
                return Retry("what it answers is no ticket")
            if intent.tag in ticket.tags:
                return Done()
            if ticket.status.lower() in ("closed", "deleted"):
                return Failed(f"the ticket is {ticket.status.lower()}, which nobody changes any more")
            updated = self._ask(connection, "PUT", intent.number, self._update(ticket, intent))
            if updated.status != 409:
                return _outcome(updated)
        return Retry("others are changing the ticket at the same time")

    def _update(self, ticket: Ticket, intent: Intent) -> Mapping[str, Any]:
        update: dict[str, Any] = {
            "comment": {"body": intent.text, "public": self._public},
            "tags": [*ticket.tags, intent.tag],
            "safe_update": True,
            "updated_stamp": ticket.updated_at,
        }
        if self._field is not None:
            update["custom_fields"] = [{"id": self._field, "value": intent.incident}]
        return {"ticket": update}

    def _ask(
        self, connection: HTTPConnection, method: str, number: str, body: Mapping[str, Any] | None = None
    ) -> _Answer:
        headers = {
            "Authorization": self._authorization,
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "seamline",
        }
        sent = None if body is None else msgspec.json.encode(body)
        connection.request(method, f"/api/v2/tickets/{number}.json", sent, headers)
        response = connection.getresponse()
        answer = _Answer(response.status, response.headers.get("Retry-After", ""), response.read(MAX_ANSWER))
        if not response.isclosed():  # more than any ticket has: the connection can't be used again
            connection.close()
        return answer


def _outcome(answer: _Answer) -> Outcome:
    """What a status means for the intent: said, later, or never."""
    match answer.status:
        case 200 | 201:
            return Done()
        case 401 | 403:
            return Retry(f"our credentials are refused ({answer.status})", MEND_S)
        case 404:
            return Failed("there is no such ticket (404)")
        case 408 | 409 | 429:
            return Retry(f"is busy ({answer.status})", _seconds(answer.retry_after))
        case status if status >= 500:
            return Retry(f"is in trouble ({status})", _seconds(answer.retry_after))
        case status:
            return Failed(f"refused ({status}){_reason(answer.body)}")


def _seconds(retry_after: str) -> float:
    """`Retry-After` in seconds; 0 when it says nothing that we read (a date is not what Zendesk sends)."""
    return min(float(retry_after), MAX_WAIT_S) if retry_after.isascii() and retry_after.isdecimal() else 0.0


def _reason(body: bytes) -> str:
    """What a refusal says of itself, in one line."""
    try:
        said = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return ""
    words = said.get("description") or said.get("error") if isinstance(said, dict) else ""
    return f": {' '.join(words.split())[:_WHY]}" if isinstance(words, str) and words else ""
