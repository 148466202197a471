"""A made-up company of many small services, for loads: what its tools send, second by second.

Every service has a repository, a Deployment, a scrape job and an owner. One after the other gets a release that
makes three in ten of its requests fail; an alert and tickets follow. Everything else goes on as usual.
"""

import hmac
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha1

from seamline.bench import _remote_write as wire

SECRET = b"bench"
SCRAPE_S = 3.0
ALERT_AFTER_S = 20.0
_WORDS = ("calendar", "export", "colour", "invoice copy", "password", "holiday", "address", "printer", "font")


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request to the inbox."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def on_wire(self) -> bytes:
        """As bytes for the connection."""
        head = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        start = (
            f"POST {self.path} HTTP/1.1\r\nhost: localhost\r\n{head}content-length: {len(self.body)}\r\n\r\n"
        )
        return start.encode() + self.body


@dataclass(slots=True)
class Service:
    """One service and its counters."""

    number: int
    name: str
    pod: str
    sha: str
    ok: float = 0.0
    failed: float = 0.0
    broken_from: float = float("inf")
    encoded: dict[str, bytes] = field(default_factory=dict)


class Fleet:
    """`n` services, the seed's noise."""

    def __init__(self, n: int, seed: int) -> None:
        self._random = random.Random(seed)
        self.services = [_service(number) for number in range(n)]
        self._n_sent = 0

    def map(self) -> str:
        """The company's seamline.toml."""
        lines = ['[organisation]\nname = "Fleet"\nenvironment = "production"\n']
        lines += ['[[person]]\nid = "root"\nname = "Root"\n']
        for one in self.services:
            lines += [
                f'[[person]]\nid = "{owner_of(one)}"\nname = "Owner {one.number}"\nreports_to = "root"\n',
                f'[[entity]]\nref = "service:{one.name}"\nowner = "{owner_of(one)}"\n',
                f'[[alias]]\nref = "desk:{one.name}"\nsame_as = ["desk:{40_000 + one.number}"]\n',
                f'[[relation]]\nfrom = "desk:{one.name}"\nkind = "answers_for"\nto = "service:{one.name}"\n',
            ]
        return "\n".join(lines)

    def scrape(self, now: float) -> Post:
        """Remote write of one scrape of all services."""
        samples = []
        for one in self.services:
            n = max(0.0, self._random.gauss(60, 7))
            n_failed = round(n * 0.3) if now >= one.broken_from else float(self._random.random() < 0.02)
            one.ok, one.failed = one.ok + round(n) - n_failed, one.failed + n_failed
            values = {"200": one.ok, "500": one.failed, "build": 1.0, "up": 1.0}
            samples += [(one.encoded[name], now, value) for name, value in values.items()]
        return Post("/api/v1/write", wire.HEADERS, wire.request(samples))

    def release(self, one: Service, now: float) -> Post:
        """The announcement of a new release of a service that went out at `now`."""
        said = {
            "action": "created",
            "deployment_status": {"id": one.number, "state": "success", "created_at": _iso(now)},
            "deployment": {
                "id": 7_000_000 + one.number,
                "sha": one.sha,
                "ref": "main",
                "task": "deploy",
                "environment": "production",
                "created_at": _iso(now - 5),
                "updated_at": _iso(now),
                "payload": {"release": "2.0.0"},
                "description": "Release 2.0.0",
            },
            "repository": {"full_name": f"fleet/{one.name}-code"},
        }
        return self._github("deployment_status", said)

    def alert(self, one: Service, since: float) -> Post:
        """The alert on a service's errors."""
        labels = {"alertname": "Errors", "service_name": one.name, "severity": "page"}
        said = {
            "version": "4",
            "status": "firing",
            "alerts": [{"status": "firing", "labels": labels, "annotations": {}, "startsAt": _iso(since)}],
        }
        return Post("/in/alertmanager", _JSON, json.dumps(said).encode())

    def background(self, now: float) -> Post:
        """One of the many deliveries that have nothing to do with any failure."""
        kind = self._random.random()
        one = self._random.choice(self.services)
        if kind < 0.45:
            return self._commit(one, now)
        if kind < 0.85:
            return self._occurrence(one, now)
        if kind < 0.995:
            return self._check(one, now)
        return self._ticket(now)

    def _commit(self, one: Service, now: float) -> Post:
        said = {
            "ref": "refs/heads/topic",
            "after": sha1(str(self._n_sent).encode(), usedforsecurity=False).hexdigest(),
            "repository": {"full_name": f"fleet/{one.name}-code", "pushed_at": int(now)},
            "commits": [],
        }
        return self._github("push", said)

    def _check(self, one: Service, now: float) -> Post:
        said = {
            "action": "completed",
            "check_run": {"id": self._n_sent, "status": "completed", "completed_at": _iso(now)},
            "repository": {"full_name": f"fleet/{one.name}-code"},
        }
        return self._github("check_run", said)

    def _occurrence(self, one: Service, now: float) -> Post:
        self._n_sent += 1
        said = {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {
                "name": f"{one.pod}.{self._n_sent}",
                "namespace": "fleet",
                "uid": f"u-{self._n_sent}",
            },
            "involvedObject": {"kind": "Pod", "namespace": "fleet", "name": one.pod},
            "reason": "Pulled",
            "message": "Container image already present on machine",
            "type": "Normal",
            "count": 1,
            "firstTimestamp": _iso(now),
            "lastTimestamp": _iso(now),
        }
        return Post("/in/kubernetes", _JSON, json.dumps(said).encode())

    def _ticket(self, now: float) -> Post:
        self._n_sent += 1
        words = " ".join(self._random.sample(_WORDS, 4))
        said = {
            "account_id": 1,
            "id": f"z-{self._n_sent}",
            "type": "zen:event-type:ticket.created",
            "time": _iso(now),
            "detail": {
                "id": str(self._n_sent),
                "subject": f"Question about {words}",
                "description": f"How do I change the {words}?",
                "group_id": str(40_000 + self._random.randrange(len(self.services))),
                "requester_id": str(self._n_sent),
                "created_at": _iso(now),
                "updated_at": _iso(now),
                "status": "NEW",
            },
        }
        return Post("/in/zendesk", _JSON, json.dumps(said).encode())

    def _github(self, event: str, said: object) -> Post:
        self._n_sent += 1
        body = json.dumps(said).encode()
        headers = {
            **_JSON,
            "x-github-event": event,
            "x-github-delivery": f"d-{self._n_sent}",
            "x-hub-signature-256": "sha256=" + hmac.digest(SECRET, body, "sha256").hex(),
        }
        return Post("/in/github", headers, body)


_JSON = {"content-type": "application/json"}


def owner_of(one: Service) -> str:
    """The person who owns a service."""
    return f"p{one.number}"


def _service(number: int) -> Service:
    name = f"shop{number:03d}"
    pod = f"{name}-7d9c8b6f54-{number:05x}"
    sha = sha1(name.encode(), usedforsecurity=False).hexdigest()
    of_all = {"job": name, "service_name": name, "namespace": "fleet", "pod": pod}
    encoded = {
        "200": wire.labels("http_requests_total", {**of_all, "code": "200"}),
        "500": wire.labels("http_requests_total", {**of_all, "code": "500"}),
        "build": wire.labels("build_info", {**of_all, "version": "2.0.0", "revision": sha}),
        "up": wire.labels("up", of_all),
    }
    return Service(number, name, pod, sha, encoded=encoded)


def _iso(ts: float) -> str:
    return datetime.fromtimestamp(ts, UTC).isoformat().replace("+00:00", "Z")
