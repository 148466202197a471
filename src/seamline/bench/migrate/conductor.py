"""The conductor under measurement: `seamline migrate` of this installation, called as its user would call it.

What it is doing is read from its journal in the database, never asked of the process, which may be dead.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from msgspec import Struct

from seamline.bench.migrate.server import CONDUCTOR, SUPER, rows
from seamline.bench.migrate.table import Database
from seamline.model.errors import Stop

PROGRAM = (sys.executable, "-m", "seamline.cli", "migrate")
PATIENCE_S = 3600.0


class Answer(Struct, frozen=True):
    """How one command ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """What it printed under --json."""
        return json.loads(self.out)


class Conductor:
    """One migration of one database. `folder` keeps its plan and what it says."""

    def __init__(
        self, database: Database, folder: Path, name: str, plan: str, program: Sequence[str] = PROGRAM
    ) -> None:
        self.database, self.name, self._program = database, name, program
        self._file = folder / f"{name}.yaml"
        self._file.write_text(plan)
        self._said = folder / f"{name}.said"
        self.begun_ts: list[float] = []  # of the commands that ran beside a block

    def call(self, verb: str, *options: str) -> Answer:
        """Run one command to its end, whatever that is."""
        done = subprocess.run(
            self._command(verb, *options),
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def must(self, verb: str, *options: str) -> Answer:
        """Run one command that has to go through. Raises Stop with what it said."""
        answer = self.call(verb, *options)
        if answer.code:
            raise Stop(
                f"`seamline migrate {verb}` ended with {answer.code}: {(answer.err or answer.out).strip()[-400:]}"
            )
        return answer

    @contextmanager
    def running(self, verb: str, *options: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """A command that runs beside the block, and is killed where it still runs at the end."""
        with self._said.open("ab") as said:
            self.begun_ts.append(time.time())
            process = subprocess.Popen(
                self._command(verb, *options),
                env={**self._environment(), **environment},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
            try:
                yield process
            finally:
                kill(process)

    def state(self) -> str:
        """Where the migration stands, "" before it is planned or while the server is away."""
        return str(self.journal("state") or "")

    def n_chunks(self) -> int:
        """How many pieces of the table are done, 0 while the server is away."""
        try:
            return int(
                rows(self.database.dsn(SUPER), "SELECT count(*) FROM seam.chunk WHERE mig = %s", [self.name])[
                    0
                ][0]
            )
        except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
            return 0

    def journal(self, column: str) -> Any:
        """One column of its row in the journal, None while there is none."""
        try:
            found = rows(
                self.database.dsn(SUPER), f"SELECT {column} FROM seam.migration WHERE id = %s", [self.name]
            )
        except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
            return None
        return found[0][0] if found else None

    def engine(self) -> str:
        """The engine that it was planned with, "" before it is planned."""
        program = json.loads(self.journal("program") or "{}")
        return str(next((subject["engine"] for subject in program.get("subjects", ())), ""))

    def wait_for(self, process: "subprocess.Popen[bytes]", *states: str) -> str:
        """Wait until a command is over; the state, which has to be one of these. Raises Stop in another one."""
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Stop(
                f"the conductor was in state {self.state() or 'none'} for too long: {self.said()}"
            ) from None
        if (state := self.state()) not in states:
            raise Stop(f"the conductor ended in state {state or 'none'}: {self.said()}")
        return state

    def said(self) -> str:
        """The last that a command beside a block said."""
        return self._said.read_text(errors="replace").strip()[-400:] if self._said.exists() else ""

    def _command(self, verb: str, *options: str) -> list[str]:
        which = str(self._file) if verb == "plan" else self.name
        return [*self._program, verb, which, *options]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "SEAMLINE_DSN": self.database.dsn(CONDUCTOR), "PYTHONUNBUFFERED": "1"}


def kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill -9, and wait until it is gone; one that is stopped, or gone already, too."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait()
