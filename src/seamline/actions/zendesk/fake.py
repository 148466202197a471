"""A FAKE of Zendesk's Tickets API on loopback, for trials and tests: it keeps tickets in memory and answers nobody.

`python -m seamline.actions.zendesk.fake --token TOKEN` serves any ticket number as a ticket that exists; what was said
to it is at `GET /fake/tickets`. `HOME/actions.toml` names it: `[zendesk]`, `fake = "http://127.0.0.1:PORT"`.
"""

import argparse
import json
import re
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_TICKET = re.compile(r"/api/v2/tickets/(\d+)\.json")
_MAX_BODY = 1024 * 1024


@dataclass(slots=True)
class FakeTicket:
    """One ticket. `version` stands for the time of its latest change."""

    number: int
    status: str = "new"
    tags: list[str] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    fields: dict[int, Any] = field(default_factory=dict)
    version: int = 0

    @property
    def updated_at(self) -> str:
        return f"2026-11-20T{self.version // 3600:02}:{self.version // 60 % 60:02}:{self.version % 60:02}Z"

    def shown(self) -> dict[str, Any]:
        fields = [{"id": id_, "value": value} for id_, value in self.fields.items()]
        return {
            "id": self.number,
            "status": self.status,
            "tags": sorted(set(self.tags)),
            "updated_at": self.updated_at,
            "custom_fields": fields,
        }


@dataclass(slots=True)
class Fault:
    """What the next request gets instead of an answer; `interfere` changes the ticket before it is answered."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"{}"
    interfere: bool = False
    silent: bool = False  # takes the request and never answers


class FakeZendesk(ThreadingHTTPServer):
    """The server. `tickets` and `faults` are the test's to fill and to look at."""

    daemon_threads = True

    def __init__(self, authorization: str, *, port: int = 0, any_ticket: bool = False) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.authorization = authorization
        self.any_ticket = any_ticket
        self.tickets: dict[int, FakeTicket] = {}
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        self.lock = threading.Lock()
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def ticket(self, number: int) -> FakeTicket | None:
        """A ticket that is there, or that any number is."""
        if self.any_ticket:
            self.tickets.setdefault(number, FakeTicket(number))
        return self.tickets.get(number)


class _Handler(BaseHTTPRequestHandler):
    server: FakeZendesk
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/fake/tickets":
            said = [{**t.shown(), "comments": t.comments} for t in self.server.tickets.values()]
            self._answer(200, {"fake": True, "tickets": said})
            return
        self._serve(None)

    def do_PUT(self) -> None:
        length = min(int(self.headers.get("Content-Length", "0")), _MAX_BODY)
        self._serve(json.loads(self.rfile.read(length))["ticket"])

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self, update: dict[str, Any] | None) -> None:
        with self.server.lock:
            self.server.requests.append(f"{self.command} {self.path}")
            fault = self.server.faults.popleft() if self.server.faults else Fault()
            found = _TICKET.fullmatch(self.path)
            ticket = self.server.ticket(int(found[1])) if found else None
            if fault.interfere and ticket is not None:
                ticket.tags.append(f"agent-{ticket.version}")
                ticket.version += 1
            status, said = (fault.status, {}) if fault.status else self._result(ticket, update)
        if fault.silent:
            self.server.ended.wait()
            self.close_connection = True
        elif fault.status:
            self._send(fault.status, fault.body, fault.headers)
        else:
            self._answer(status, said)

    def _result(self, ticket: FakeTicket | None, update: dict[str, Any] | None) -> tuple[int, dict[str, Any]]:
        if self.headers.get("Authorization") != self.server.authorization:
            return 401, {"error": "Couldn't authenticate you"}
        if ticket is None:
            return 404, {"error": "RecordNotFound", "description": "Not found"}
        return (200, {"ticket": ticket.shown()}) if update is None else _updated(ticket, update)

    def _answer(self, status: int, said: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(said).encode(), {})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _updated(ticket: FakeTicket, update: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """An update as Zendesk takes it: all tags are replaced, a comment is added, a closed ticket stays as it is."""
    if ticket.status == "closed":
        return 422, {"error": "RecordInvalid", "description": "Status: closed prevents ticket update"}
    if update.get("safe_update") and update.get("updated_stamp") != ticket.updated_at:
        return 409, {
            "error": "UpdateConflict",
            "description": "Safe Update prevented the update due to outdated ticket data",
        }
    ticket.tags = list(update.get("tags", ticket.tags))
    if "comment" in update:
        ticket.comments.append(update["comment"])
    for each in update.get("custom_fields", []):
        ticket.fields[each["id"]] = each["value"]
    ticket.version += 1
    return 200, {"ticket": ticket.shown()}


def main() -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(
        prog="seamline.actions.zendesk.fake", description="A FAKE Zendesk on loopback."
    )
    parser.add_argument("--token", default="fake-token", help="The OAuth token that it takes.")
    parser.add_argument("--port", type=int, default=8123)
    options = parser.parse_args()
    server = FakeZendesk(f"Bearer {options.token}", port=options.port, any_ticket=True)
    print(f"FAKE Zendesk on {server.url}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
