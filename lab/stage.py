"""The whole clinic, started for one recording."""

import contextlib
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from lab import monitoring, postgres
from lab.cast import Part, runs_triage
from lab.monitoring import Addresses
from lab.plan import Plan
from lab.processes import Child, StartFailed, Troupe, run

TRIAGE_SCHEMA = Path(__file__).parent / "clinic" / "triage" / "triage.sql"


def revision(seed: int, deployment: str, version: str) -> str:
    """The commit a version was built from: 40 hex digits."""
    return hashlib.sha1(f"{seed} {deployment} {version}".encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Stage:
    """Addresses of a running clinic, and a session to talk to it."""

    folder: Path
    recording: Path
    session: ClientSession
    troupe: Troupe
    inbox_url: str
    cluster_url: str
    autoscaler_url: str
    helpdesk_url: str
    public_url: str
    vendor_url: str

    @property
    def socket_folder(self) -> Path:
        """Where PostgreSQL's socket is."""
        return self.folder / "pg"

    @property
    def admin_dsn(self) -> str:
        """The operators' way into the database."""
        return postgres.dsn(self.socket_folder, postgres.ADMIN)

    async def get(self, url: str) -> Any:
        """The JSON at `url`. Raises aiohttp.ClientError."""
        async with self.session.get(url) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def post(self, url: str, document: Any) -> Any:
        """Post JSON, give the JSON answered. Raises aiohttp.ClientError."""
        async with self.session.post(url, json=document) as answer:
            answer.raise_for_status()
            return await answer.json()


@contextlib.asynccontextmanager
async def company(folder: Path, plan: Plan) -> AsyncIterator[Stage]:
    """Start every program that the plan's story needs in `folder`; all are ended when the block is left."""
    # The database server runs as another user and must be able to reach its folder.
    folder.chmod(0o711)
    async with contextlib.AsyncExitStack() as stack:
        troupe = Troupe(folder)
        stack.push_async_callback(troupe.close)
        session = await stack.enter_async_context(ClientSession())
        recording = folder / "recording.jsonl"
        inbox_url = _url(await troupe.python("recorder", "lab.recorder", "--out", str(recording)))
        triage = runs_triage(plan.cast)
        await postgres.start(troupe, folder / "pg", *([TRIAGE_SCHEMA] if triage else []))
        if triage:
            await _train(folder / "models", plan.seed)
        yield await _open(folder, recording, session, troupe, inbox_url, plan)


async def _train(models: Path, seed: int) -> None:
    code, _, error = await run(
        [sys.executable, "-m", "lab.clinic.triage.training", "--seed", str(seed), "--out", str(models)]
    )
    if code:
        raise StartFailed(f"the triage models were not trained: {error}")


async def _open(
    folder: Path, recording: Path, session: ClientSession, troupe: Troupe, inbox_url: str, plan: Plan
) -> Stage:
    to_inbox, seed = ("--inbox-url", inbox_url), plan.seed
    desk = _url(await troupe.python("helpdesk", "lab.clinic.helpdesk", *to_inbox, "--seed", str(seed)))
    public = _url(
        await troupe.python("patients", "lab.clinic.patients", "--helpdesk-url", desk, "--seed", str(seed))
    )
    vendor = _url(
        await troupe.python(
            "textwave", "lab.clinic.textwave", "--phone-url", f"{public}/sms", "--seed", str(seed)
        )
    )
    async with session.get(f"{vendor}/admin/address") as answer:
        carrier = (await answer.json())["url"]
    releases = _write_releases(folder, carrier, plan)
    cluster = _url(
        await troupe.python(
            "cluster", "lab.clinic.cluster", "--releases", str(releases), "--folder", str(folder), *to_inbox
        )
    )
    scaler = await troupe.python("autoscaler", "lab.clinic.autoscaler", "--cluster-url", cluster, *to_inbox)
    opened = Stage(folder, recording, session, troupe, inbox_url, cluster, _url(scaler), desk, public, vendor)
    jobs = tuple(sorted((part.job, part.name) for part in plan.cast))
    addresses = Addresses(inbox_url, cluster, f"127.0.0.1:{scaler.port}", jobs)
    await monitoring.start(troupe, folder, addresses, opened.admin_dsn)
    return opened


def _url(child: Child) -> str:
    return f"http://127.0.0.1:{child.port}"


def _write_releases(folder: Path, vendor_url: str, plan: Plan) -> Path:
    places = {
        "dsn": postgres.dsn(folder / "pg", postgres.APP),
        "vendor_url": vendor_url,
        "models": str(folder / "models"),
    }
    path = folder / "releases.json"
    path.write_text(json.dumps({part.name: _release(part, plan.seed, places) for part in plan.cast}))
    return path


def _release(part: Part, seed: int, places: dict[str, str]) -> dict[str, Any]:
    """What the platform is told of a part."""
    return {
        "n_replicas": part.n_replicas,
        "module": part.module,
        "version": part.version,
        "revision": revision(seed, part.name, part.version),
        "settings": part.settings | places,
    }
