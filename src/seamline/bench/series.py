"""Many live series: a real server takes them over remote write, first an hour of history, then in real time.

Every target is scraped at its own moment of the interval, and a request holds 2,000 samples, as Prometheus sends
them. In the live part a release breaks one service. What is measured is what a person would notice:
how far the opinion is behind the present, and when it tells of the failing service.
"""

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from seamline.app.home import Home
from seamline.bench import _remote_write as wire
from seamline.bench._serving import Served, serving
from seamline.bench._signing import SECRET
from seamline.bench._targets import PER_TARGET, Target, map_of, targets
from seamline.bootstrap import open_home
from seamline.model import record as rec
from seamline.model.errors import Stop

PER_REQUEST = 2000  # samples, as Prometheus' queue sends them
LOOK_S = 1.0
IDLE_S = 3.0  # the server closes connections that are silent for longer than 5 s
RELEASED_BEFORE_S = (
    3.0  # the release that breaks the service went out so long before its first failed request
)

NEVER = (float("inf"), b"")

Figures = dict[str, object]


@dataclass(slots=True)
class Seen:
    """What was asked of the server while it ran. Times are epoch seconds."""

    service: str
    behind_s: list[float] = field(default_factory=list)  # from the opinion's `as_of` to now
    lag: list[int] = field(default_factory=list)  # deliveries not triaged yet
    resident_mb: list[float] = field(default_factory=list)
    told_ts: float = 0.0  # of the incident that names the failing service
    others: set[str] = field(default_factory=set)  # told incidents that don't


def run(
    n: int = 20_000, every: float = 15.0, history: float = 3600.0, live: float = 180.0, seed: int = 1
) -> Figures:
    """`n` series scraped `every` seconds: `history` seconds of them at once, then `live` seconds as time goes by."""
    found = targets(n, seed)
    groups = _groups(found)
    with TemporaryDirectory(prefix="seamline-series-") as folder:
        home = Path(folder)
        _prepare(home, found)
        with serving(home) as server:
            sender = _Sender(server.port, groups, every)
            past = sender.catch_up(time.time() - history)
            past_mb = server.resident_mb()
            settled_s = _settle(server)
            sender.catch_up(sender.next_ts)  # what was due meanwhile
            seen = Seen(found[len(found) // 2].service)
            began, used = time.time(), server.cpu_s()
            fails_at = began + live / 4
            found[0].broken[seen.service] = fails_at
            sender.release(seen.service, fails_at - RELEASED_BEFORE_S)
            with _watching(server, home, seen):
                sender.until(began + live)
            sender.close()
            seconds, used = time.time() - began, server.cpu_s() - used
        return {
            "series": len(found) * PER_TARGET,
            "samples_per_s": round(len(found) * PER_TARGET / every),
            "history": {**past, "resident_mb": past_mb, "triage_caught_up_s": settled_s},
            "server_cores": round(used / seconds, 2),
            "resident_mb_most": max(seen.resident_mb, default=0.0),
            "opinion_behind_s": _spread(seen.behind_s),
            "lag_deliveries": _spread(seen.lag),
            "send_behind_s": round(sender.late_s, 2),
            "failing": seen.service,
            "told_after_s": round(seen.told_ts - fails_at, 1) if seen.told_ts else None,
            "told_of_others": sorted(seen.others),
            "refused": sender.n_refused,
            "complaints": server.complaints,
        }


def _groups(found: Sequence[Target]) -> list[list[Target]]:
    """Targets whose samples fill one request."""
    size = max(1, PER_REQUEST // PER_TARGET)
    return [list(found[at : at + size]) for at in range(0, len(found), size)]


def _prepare(home: Path, found: list[Target]) -> None:
    with open_home(home, write=True):
        pass
    (home / "seamline.toml").write_text(map_of(found), encoding="utf-8")
    secrets = home / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text(
        f'[sources]\njson = "{SECRET.decode()}"\nprometheus = "{SECRET.decode()}"\n', encoding="utf-8"
    )


class _Sender:
    """Sends scrapes in the order of their times, over one connection."""

    def __init__(self, port: int, groups: Sequence[Sequence[Target]], every: float) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._groups = groups
        self._heads = [[head for one in group for head in one.heads] for group in groups]
        self._every = every
        self._turn = 0
        self.next_ts = 0.0
        self.n_refused = 0
        self._release = NEVER
        self._sent_ts = 0.0
        self.late_s = 0.0  # the most that a live scrape was sent after its time

    def catch_up(self, since_ts: float) -> dict[str, float]:
        """Send everything that was due since a time, as fast as it is taken, until nothing is."""
        began, n = time.perf_counter(), 0
        self.next_ts = since_ts
        while self.next_ts <= time.time():
            self._send()
            n += 1
        seconds = time.perf_counter() - began
        return {
            "requests": n,
            "seconds": round(seconds, 1),
            "samples_per_s": round(n * PER_REQUEST / seconds),
        }

    def until(self, end_ts: float) -> None:
        """Send what is due when it is due."""
        while self.next_ts < end_ts:
            time.sleep(max(0.0, self.next_ts - time.time()))
            self.late_s = max(self.late_s, time.time() - self.next_ts)
            self._send()

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def release(self, service: str, at_ts: float) -> None:
        """Have a release of a service announced with the first scrape after this time."""
        at = datetime.fromtimestamp(at_ts, UTC).isoformat()
        said = {"type": "change", "id": f"rel-{service}", "entity": f"service:{service}", "kind": "deploy", "at": at,
                "state": "done", "version": "2.1.0", "title": f"Release 2.1.0 of {service}"}  # fmt: skip
        self._release = at_ts, json.dumps(said).encode()

    def _send(self) -> None:
        if self.next_ts >= self._release[0]:
            self._post("/in/json", self._release[1], {"content-type": "application/json"})
            self._release = NEVER
        at = self._turn % len(self._groups)
        values = [v for one in self._groups[at] for v in one.step(self.next_ts, self._every).tolist()]
        body = wire.scrape(self._heads[at], values, self.next_ts)
        self._post("/api/v1/write", body, wire.HEADERS)
        self._turn += 1
        self.next_ts += self._every / len(self._groups)

    def _post(self, path: str, body: bytes, headers: Mapping[str, str]) -> None:
        proof = {"authorization": f"Bearer {SECRET.decode()}"}
        if time.time() - self._sent_ts > IDLE_S:
            self._connection.close()  # the next request opens it anew
        self._sent_ts = time.time()
        self._connection.request("POST", path, body, {**headers, **proof})
        response = self._connection.getresponse()
        response.read()
        self.n_refused += response.status >= 300


def _settle(server: Served) -> float:
    """Seconds until everything sent so far is triaged."""
    began = time.perf_counter()
    while server.lag() > 0:
        if time.perf_counter() - began > 600:
            raise Stop("triage does not catch up with the history", hint="measure with fewer series: n=5000")
        time.sleep(0.2)
    return round(time.perf_counter() - began, 1)


@contextmanager
def _watching(server: Served, home: Path, seen: Seen) -> Iterator[None]:
    """Look once a second at what the server stored: asking it would be a load of its own."""
    ended = threading.Event()

    def look() -> None:
        with open_home(home, write=False) as stored:
            after = 0
            while not ended.wait(LOOK_S):
                seen.lag.append(server.lag())
                seen.resident_mb.append(server.resident_mb())
                as_of = stored.views.as_of()
                if as_of is not None:
                    seen.behind_s.append(time.time() - as_of.timestamp())
                after = _note_told(stored, after, seen)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _note_told(stored: Home, after: int, seen: Seen) -> int:
    """Note incidents recorded after a log position; gives the position looked up to."""
    for delivery in stored.log.read(after=after):
        after = delivery.seq
        if delivery.source != rec.SOURCE or delivery.body is None:
            continue
        record = rec.from_body(delivery.body)
        if not isinstance(record, rec.Opened):
            continue
        if record.cause_entity == f"service:{seen.service}":
            seen.told_ts = seen.told_ts or time.time()
        else:
            seen.others.add(f"{record.incident}: {record.cause_key}, {', '.join(record.symptoms)}"[:200])
    return after


def _spread(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values) or [0.0]
    return {"median": round(ordered[len(ordered) // 2], 2), "worst": round(ordered[-1], 2)}
