"""Send a folder of recorded payloads, validly signed, to a real server: what it answers, and what it could read.

The folder is laid out as `SYSTEM/ORIGIN/FILE`, with `FILE.headers.json` beside a file where its headers are known. Folders
that hold schemas or texts instead of deliveries are sent as well (nothing may bring the server down), but
counted apart.
"""

import hmac
import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from seamline.bench.load import SECRET, started
from seamline.model.errors import Fix

SYSTEMS = {
    "github": "github", "alertmanager": "alertmanager", "prometheus-remote-write": "prometheus",
    "kubernetes": "kubernetes", "openlineage": "openlineage", "zendesk": "zendesk",
}  # fmt: skip
NOT_DELIVERIES = (
    "github/octokit-schemas",
    "kubernetes/holmesgpt",
    "openlineage/schemas",
    "openlineage/spec-tests",
)

Figures = dict[str, object]


class Tally(Struct):
    """What became of one system's payloads."""

    sent: int = 0
    accepted: int = 0  # answered 202
    parsed: int = 0
    set_aside_sent: int = 0
    set_aside_accepted: int = 0
    server_errors: int = 0  # answered 5xx, of all
    not_parsed: list[str] = []


def run(folder: str) -> Figures:
    """Figures per system and in all. Raises Fix when the folder holds none of the systems."""
    root = Path(folder)
    found = [s for s in SYSTEMS if (root / s).is_dir()]
    if not found:
        raise Fix(f"{folder}: no payloads of {', '.join(SYSTEMS)}", hint="name the folder with folder=DIR")
    tallies = {}
    with TemporaryDirectory(prefix="seamline-payloads-") as home:
        _write_secrets(Path(home))
        with started(Path(home)) as server:
            for system in found:
                tallies[system] = _send(server.port, system, root)
    sent = sum(t.sent for t in tallies.values())
    return {
        "systems": tallies,
        "sent": sent,
        "accepted": sum(t.accepted for t in tallies.values()),
        "parsed_share": round(sum(t.parsed for t in tallies.values()) / max(sent, 1), 4),
        "server_errors": sum(t.server_errors for t in tallies.values()),
    }


def _write_secrets(home: Path) -> None:
    lines = "".join(f'{name} = "{SECRET.decode()}"\n' for name in sorted(SYSTEMS.values()))
    file = home / "secrets.toml"
    file.touch(mode=0o600)
    file.write_text(f"[sources]\n{lines}")


def _send(port: int, system: str, root: Path) -> Tally:
    tally = Tally()
    for path in _payloads(root / system):
        body = path.read_bytes()
        status, answer = _post(port, SYSTEMS[system], body, _headers(path))
        tally.server_errors += status >= 500
        if path.parent.relative_to(root).as_posix() in NOT_DELIVERIES:
            tally.set_aside_sent += 1
            tally.set_aside_accepted += status == 202
            continue
        tally.sent += 1
        tally.accepted += status == 202
        if status == 202 and json.loads(answer).get("parsed"):
            tally.parsed += 1
        else:
            tally.not_parsed.append(f"{path.relative_to(root)}: {status}")
    return tally


def _payloads(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "README.md" and not path.name.endswith(".headers.json"):
            yield path


def _headers(path: Path) -> Mapping[str, str]:
    beside = path.with_name(path.name.removesuffix(path.suffix) + ".headers.json")
    said = json.loads(beside.read_text()) if beside.exists() else {}
    return {k.lower(): str(v) for k, v in said.items() if k.lower() not in ("host", "content-length")}


def _post(port: int, source: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Signed as this system signs; those that can't sign carry a bearer token."""
    signed = {**headers, "authorization": f"Bearer {SECRET.decode()}"}
    if source == "github":
        signed["x-hub-signature-256"] = "sha256=" + hmac.new(SECRET, body, "sha256").hexdigest()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", f"/in/{source}", body, signed)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()
