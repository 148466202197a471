"""A real PostgreSQL, a lineage sink on loopback, and the pipeline run as its caller runs it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]

if str(ROOT) not in sys.path:  # neither the lab nor the tests are part of the package
    sys.path.insert(0, str(ROOT))

from tests.lab_warehouse.running import Event, Ran, warehouse  # noqa: E402 (needs the path above)

CLINIC = """
create table visits (
    visit_id bigint generated always as identity primary key,
    patient_id bigint not null,
    referral_code text,
    status text not null default 'booked',
    booked_at timestamptz not null
);
create table invoices (
    invoice_id bigint generated always as identity primary key,
    visit_id bigint not null,
    amount_cents bigint not null,
    issued_at timestamptz not null
);
insert into visits (patient_id, referral_code, booked_at)
select n, (array['NORD-' || n, 'kids-' || n, null])[1 + n % 3], timestamptz '2026-01-05 08:00Z'
from generate_series(0, 29) as n;
insert into invoices (visit_id, amount_cents, issued_at)
select n, 1000, timestamptz '2026-01-05 08:00Z' from generate_series(0, 9) as n;
"""


def server_program(name: str) -> str:
    """A PostgreSQL server program, or a skip that says what is missing."""
    places = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", "")]))
    if found is None:
        pytest.skip(f"{name} is missing: install postgresql")
    return found


@pytest.fixture(scope="session")
def clinic_dsn() -> Iterator[str]:
    """The clinic's database in a cluster of its own, reached by socket, gone afterwards."""
    owner = "postgres" if os.geteuid() == 0 else None
    run = partial(subprocess.run, stdout=-3, user=owner, group=owner, extra_groups=[] if owner else None)
    initdb, pg_ctl = server_program("initdb"), server_program("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="warehouse-test-"))
    if owner:
        shutil.chown(folder, owner, owner)
    data = str(folder / "data")
    settings = f"-k {folder} -c listen_addresses='' -c fsync=off"
    start = [pg_ctl, "-D", data, "-w", "-o", settings, "-l", str(folder / "log"), "start"]
    run([initdb, "-D", data, "-U", "clinic", "-A", "trust", "-N"], check=True)
    try:
        run(start, check=True)
        with psycopg.connect(f"host={folder} user=clinic dbname=postgres", autocommit=True) as admin:
            admin.execute("create database clinic")
        dsn = f"host={folder} user=clinic dbname=clinic"
        with psycopg.connect(dsn) as clinic:
            clinic.execute(CLINIC)
        yield dsn
    finally:
        run([pg_ctl, "-D", data, "-m", "immediate", "stop"], check=False)
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Inbox:
    """A lineage sink: its address and what it received, in order of receipt."""

    url: str
    events: list[Event] = field(default_factory=list)

    def drain(self) -> list[Event]:
        """What arrived since the last call."""
        taken = list(self.events)
        del self.events[: len(taken)]
        return taken


@pytest.fixture(scope="session")
def inbox() -> Iterator[Inbox]:
    events: list[Event] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            events.append(json.loads(body))
            self.send_response(201)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Inbox(f"http://127.0.0.1:{server.server_address[1]}/api/v1/lineage", events)
        server.shutdown()


@pytest.fixture(scope="session")
def run_once(clinic_dsn: str, inbox: Inbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Ran]:
    home = tmp_path_factory.mktemp("warehouse")

    def once(*more: str) -> Ran:
        inbox.drain()
        done = warehouse("run", "--dsn", clinic_dsn, "--dir", str(home), "--lineage-url", inbox.url, *more)
        reports = {
            name: json.loads(warehouse("read-report", "--dir", str(home), "--report", name).stdout)
            for name in ("referrals", "revenue")
        }
        return Ran(done.returncode, done.stderr, inbox.drain(), reports)

    return once


@pytest.fixture(scope="session")
def history(clinic_dsn: str, run_once: Callable[..., Ran]) -> dict[str, Ran]:
    """One warehouse's life: a good run, two failed ones, the retry, and one after columns vanished."""
    ran = {"good": run_once()}
    assert ran["good"].code == 0, ran["good"].error
    ran["load failed"] = run_once("--fail-job", "load.inv.invoices")
    ran["model failed"] = run_once("--fail-job", "mart_revenue")
    ran["retried"] = run_once()
    with psycopg.connect(clinic_dsn) as clinic:
        clinic.execute("alter table visits rename column referral_code to referral_ref")
        clinic.execute("alter table invoices drop column amount_cents")
    ran["columns gone"] = run_once()
    return ran
