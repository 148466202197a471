"""Send a folder of recorded payloads, validly signed, to a real server: what it answers, and what it could read.

Which system a source reads is found by name (`_recorded.systems_of`); a system that no source reads must be
answered 404. Files that hold schemas or texts instead of deliveries are sent as well (nothing may bring the server
down), but counted apart.
"""

import http.client
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from seamline.bench import _signing
from seamline.bench._kept import Kept
from seamline.bench._recorded import payloads, systems_of, why_none
from seamline.bench._serving import Served, serving
from seamline.bootstrap import open_home
from seamline.model.errors import Fix
from seamline.sources import discover

Figures = dict[str, object]


class Tally(Struct):
    """What became of one system's payloads."""

    source: str = ""  # "": none reads it
    sent: int = 0
    accepted: int = 0  # answered 202, or what the standard says instead
    parsed: int = 0
    set_aside: int = 0  # sent, but no deliveries
    answers: Counter[str] = {}  # type: ignore[assignment]  # by status, of all
    not_parsed: list[str] = []
    not_kept: list[str] = []  # answered 2xx, and not in the log


class Sent(Struct, frozen=True):
    """One payload that a source reads, and the answer to it."""

    system: str
    path: Path
    headers: Mapping[str, str]
    body: bytes
    status: int


def run(folder: str) -> Figures:
    """Figures per system and in all. Raises Fix when the folder holds nothing that a source reads."""
    root = Path(folder)
    sources = discover()
    if not root.is_dir() or not any(systems_of(name, root) for name in sources):
        raise Fix(f"{folder}: no payloads of {', '.join(sources)}", hint="name the folder with folder=DIR")
    reads = {system: name for name in sources for system in systems_of(name, root)}
    tallies = {
        path.name: Tally(reads.get(path.name, "")) for path in sorted(root.iterdir()) if _is_system(path)
    }
    ways = {name: _signing.way_of(source) for name, source in sources.items()}
    with TemporaryDirectory(prefix="seamline-payloads-") as home:
        with open_home(Path(home), write=True):
            pass
        _signing.write_secrets(Path(home), ways)
        with serving(Path(home)) as server:
            sent = [
                one for system, tally in tallies.items() for one in _send(server, system, tally, root, ways)
            ]
        _look_up(Path(home), sent, tallies, root)
    return {**_totals(tallies), "complaints": server.complaints, "systems": tallies}


def _is_system(path: Path) -> bool:
    return path.is_dir() and (path / "README.md").exists()


def _totals(tallies: Mapping[str, Tally]) -> Figures:
    known = [t for t in tallies.values() if t.source]
    strangers = [t for t in tallies.values() if not t.source]
    n_sent = sum(t.sent for t in known)
    return {
        "sent": n_sent,
        "accepted": sum(t.accepted for t in known),
        "parsed": sum(t.parsed for t in known),
        "parsed_share": round(sum(t.parsed for t in known) / max(n_sent, 1), 4),
        "set_aside": sum(t.set_aside for t in known),
        "not_kept": [path for t in known for path in t.not_kept],
        "of_no_source": sum(t.sent for t in strangers),
        "of_no_source_answered_404": sum(t.answers["404"] for t in strangers),
        "server_errors": sum(n for t in tallies.values() for s, n in t.answers.items() if s >= "500"),
    }


def _send(
    server: Served, system: str, tally: Tally, root: Path, ways: Mapping[str, _signing.Way]
) -> list[Sent]:
    """Send one system's files, counting answers; gives back those that are deliveries of a source."""
    tally.answers = Counter()
    found = []
    for path, said in payloads(root / system):
        body = path.read_bytes()
        proof = ways[tally.source](body, datetime.now(UTC)) if tally.source else {}
        headers = {**said, **proof}
        status = _post(server.port, tally.source or system, body, headers)
        tally.answers[str(status)] += 1
        if tally.source and why_none(path, root):
            tally.set_aside += 1
            continue
        tally.sent += 1
        tally.accepted += 200 <= status < 300
        found.append(Sent(system, path, headers, body, status))
    return found if tally.source else []


def _look_up(home: Path, sent: list[Sent], tallies: Mapping[str, Tally], root: Path) -> None:
    """Whether each is in the log and could be read, or why not."""
    kept = Kept(home)
    for one in sent:
        tally, name = tallies[one.system], str(one.path.relative_to(root))
        why = kept.why_unreadable(tally.source, one.headers, one.body)
        if why is None:
            tally.not_kept.append(f"{name}: {one.status}")
        elif why:
            tally.not_parsed.append(f"{name}: {one.status}, {why}")
        else:
            tally.parsed += 1
    kept.close()


def _post(port: int, source: str, body: bytes, headers: Mapping[str, str]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", f"/in/{source}", body, dict(headers))
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()
