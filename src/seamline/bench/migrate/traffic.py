"""Clients that read and write while a table changes under them: pgbench at a fixed rate, whatever the answers take.

The load is open: a transaction's latency counts from when it was due, so a client that was stuck for a second shows
every request that came due in that second, not one. Each write adds its line to `ledger` in the same statement.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct

from seamline.bench.migrate.log import Line, read
from seamline.bench.migrate.server import CLIENT
from seamline.bench.migrate.table import NOTE, PATIENT, Database
from seamline.model.errors import Stop

MODES = ("simple", "extended", "prepared")
WEIGHTS = {"select": 45, "update": 30, "insert": 20, "delete": 5}  # percent
WRITES = frozenset({1, 2, 3})  # the scripts' numbers, in the order of WEIGHTS
N_CLIENTS = 9
ENDLESS_S = 86_400
PATIENCE_S = 60.0  # for a client that waits for a lock when it is told to end


class Version(Struct, frozen=True):
    """How one version of the application sees the table: its search_path, and what it calls the amount.

    `face`: the table or view that it reaches while both versions are served.
    """

    name: str = "v1"
    search_path: str = "public"
    relation: str = "enc"
    amount: str = "amount"
    face: str = "public.enc"


def scripts(version: Version) -> dict[str, str]:
    """The four transactions by name. `n` counts a client's writes; `mine` is the last row it inserted, 1 before that."""
    table, amount = version.relation, version.amount
    log = "INSERT INTO public.ledger SELECT :run, :client_id, :n"
    own = r"""\set n :n + 1
\set id random(1, :rows)
\set d random(1, 9)
"""
    own_last = r"""\set r random(1, 10)
\if :r <= 2
\set id :mine
\endif
"""
    return {
        "select": rf"""\set id random(1, :rows)
SELECT id, patient_id, {amount}, note FROM {table} WHERE id = :id;
""",
        "update": f"""{own}{own_last}WITH w AS (UPDATE {table} SET {amount} = {amount} + :d WHERE id = :id RETURNING 1)
{log}, 'u', :id, :d, (SELECT count(*) FROM w);
""",
        "insert": rf"""{own}\set id (:run + 1) * 1000000000 + :client_id * 10000000 + :n
\set mine :id
WITH k AS (SELECT :id::bigint AS id), w AS (
  INSERT INTO {table} (id, patient_id, {amount}, ward, note)
  SELECT id, {PATIENT}, :d, id % 40, {NOTE} FROM k RETURNING 1)
{log}, 'i', :id, :d, (SELECT count(*) FROM w);
""",
        "delete": f"""{own}WITH w AS (DELETE FROM {table} WHERE id = :id RETURNING 1)
{log}, 'd', :id, 0, (SELECT count(*) FROM w);
""",
    }


class Crowd:
    """Some clients of one version and one protocol mode: a pgbench process, and its log once it ended.

    `run` tells its lines in the ledger from those of others. A rate of 0 is as fast as it goes.
    """

    def __init__(
        self,
        database: Database,
        version: Version,
        mode: str,
        *,
        run: int,
        n_clients: int,
        per_s: float,
        folder: Path,
    ) -> None:
        self.run, self.version, self.mode = run, version, mode
        self.n_clients, self.per_s = n_clients, per_s
        self.replaced = False  # told to end, or others have taken its place
        self._prefix = folder / f"run{run}"
        files = []
        for name, text in scripts(version).items():
            file = folder / f"run{run}-{name}.sql"
            file.write_text(text)
            files += ["-f", f"{file}@{WEIGHTS[name]}"]
        rate = ["-R", f"{per_s:.3f}"] if per_s else []
        variables = ["-D", "n=0", "-D", "mine=1", "-D", f"run={run}", "-D", f"rows={database.n_rows}"]
        self._complaints_file = folder / f"run{run}.stderr"
        self._complaints = self._complaints_file.open("w")
        self._process = subprocess.Popen(
            [
                *(database.server.program("pgbench"), "-n", "-M", mode, "-c", str(n_clients), "-j", "1"),
                *("-T", str(ENDLESS_S), "-l", "--log-prefix", str(self._prefix), *rate, *variables, *files),
                database.dsn(CLIENT),
            ],
            env={
                **os.environ,
                "PGAPPNAME": f"{version.name}-{mode}",
                "PGOPTIONS": f"-c search_path={version.search_path}",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints,
        )

    def ended(self) -> bool:
        """Whether all its clients are gone: each leaves at its first error."""
        return self._process.poll() is not None

    def end(self) -> None:
        """Let each client finish what it is in, and end. Only SIGALRM leaves the log with its tail."""
        self.replaced = True
        if not self.ended():
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGALRM)
            try:
                self._process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._complaints.close()

    def said(self) -> str:
        """The last that pgbench complained of, once it ended."""
        return self._complaints_file.read_text(errors="replace").strip()[-300:]

    def lines(self) -> list[Line]:
        """Every transaction that came to an end, in the order of each client."""
        files = sorted(self._prefix.parent.glob(f"{self._prefix.name}.[0-9]*"))
        return [line for file in files for line in read(file.read_text(), self.run)]


class Traffic:
    """All crowds on one database, each a run of its own."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self.crowds: list[Crowd] = []

    def add(
        self, version: Version, per_s: float, *, n_clients: int = N_CLIENTS, modes: Sequence[str] = MODES
    ) -> None:
        """More clients of a version, spread over the protocol modes. `per_s` is for all of them together."""
        for mode in modes:
            self._add(version, mode, max(n_clients // len(modes), 1), per_s / len(modes))

    def revive(self) -> None:
        """New clients in the place of crowds that are gone, as after a stop of the server."""
        gone = [crowd for crowd in self.crowds if crowd.ended() and not crowd.replaced]
        for crowd in gone:
            crowd.end()
            self._add(crowd.version, crowd.mode, crowd.n_clients, crowd.per_s)

    def _add(self, version: Version, mode: str, n_clients: int, per_s: float) -> None:
        run, folder = len(self.crowds), self._folder
        self.crowds.append(
            Crowd(self._database, version, mode, run=run, n_clients=n_clients, per_s=per_s, folder=folder)
        )

    def end(self, version: str | None = None) -> None:
        """End all crowds, or those of one version."""
        for crowd in self.crowds:
            if version in (None, crowd.version.name):
                crowd.end()

    def lines(self) -> list[Line]:
        """What the clients saw, crowd by crowd; whole only after `end`."""
        return [line for crowd in self.crowds for line in crowd.lines()]


@contextmanager
def traffic(database: Database, version: Version, per_s: float) -> Iterator[Traffic]:
    """Traffic of one version to begin with, ended at the latest when the block is left."""
    with TemporaryDirectory(prefix="seamline-load-") as folder:
        running = Traffic(database, Path(folder))
        running.add(version, per_s)
        try:
            yield running
        finally:
            running.end()


def capacity(database: Database, seconds: float) -> float:
    """Transactions a second when the clients never wait. Raises Stop when there are no clients to be had."""
    began = time.time()
    with traffic(database, Version(), 0.0) as running:
        time.sleep(seconds)
        running.end()
        took, n = time.time() - began, len(running.lines())
        if not n:
            raise Stop(f"pgbench does nothing: {running.crowds[0].said()}")
        return n / took
