"""`seamline migrate demo`: a migration under traffic, told as it happens, its conductor killed twice.

Everything is real and private: a PostgreSQL that is removed afterwards, clients of both versions of an application, the
conductor as anybody would call it, and the same account that the measurement keeps.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from rich.console import Console
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from seamline.bench.migrate import conducted, ledger, log, server, serverlog, table
from seamline.bench.migrate.conductor import Conductor, kill
from seamline.bench.migrate.ledger import Account
from seamline.bench.migrate.operations import ALL, OWNER
from seamline.bench.migrate.report import ms
from seamline.bench.migrate.server import CONDUCTOR, SUPER, rows
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.traffic import N_CLIENTS, WEIGHTS, Traffic, Version, traffic
from seamline.model.errors import Stop
from seamline.terminal.plain import plain

OPERATION = ALL["type-e1"]
NAME = "amount-to-bigint"
KILLED_AT = (0.3, 0.65)  # of the rows that are filled
PER_S = 200.0
BOTH_S = 4.0
LOOK_S = 0.1
BAR = 30  # columns
AT, LABEL = 7, 10  # columns of a line's beginning
# Pages that are done, of those that there were when the filling began.
SHARE = """SELECT coalesce(sum(hi - lo), 0)::float8 / (
  SELECT greatest(sum((leaf ->> 'n_pages')::bigint), 1)::float8
  FROM seam.step, jsonb_path_query(result, '$.pass.leaves[*]') AS leaf)
FROM seam.chunk WHERE kind = 'backfill'"""


class Teller:
    """Lines as things happen, each with the seconds since the beginning; a moving one where somebody looks on."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.monotonic()

    def head(self, text: str) -> None:
        """What comes now."""
        self.console.print()
        self.console.print(Text(text, style="bold"))

    def fact(self, label: str, text: str) -> None:
        """One thing that is so."""
        self._row("", (label, "dim"), text)

    def step(self, label: str, text: str, style: str = "bold") -> None:
        """One thing that has happened."""
        self._row(f"{time.monotonic() - self._began:.1f} s", (label, style), text)

    def _row(self, at: str, label: tuple[str, str], text: str) -> None:
        """Three columns; what is too long for a line goes on under itself."""
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=AT, justify="right", style="dim")
        row.add_column(width=LABEL)
        row.add_column()
        row.add_row(at, Text(*label), plain(text))
        self.console.print(row)

    @contextmanager
    def moving(self) -> Iterator["Bar"]:
        """A bar that moves, gone when the block is left; nothing where nobody looks on."""
        if not self.console.is_terminal:
            yield Bar(None)
            return
        with Live(console=self.console, refresh_per_second=10, transient=True) as live:
            yield Bar(live)


class Bar:
    """How far the new side is filled."""

    def __init__(self, live: Live | None) -> None:
        self._live = live
        self._began = time.monotonic()
        self._first = -1.0

    def show(self, share: float, n_rows: int) -> None:
        """Move to a share of the rows."""
        if self._live is None:
            return
        if self._first < 0:
            self._first = share
        per_s = (share - self._first) * n_rows / max(time.monotonic() - self._began, LOOK_S)
        row = Table.grid(padding=(0, 2, 0, 0))
        row.add_column(width=AT)
        row.add_column(width=LABEL, style="bold")
        row.add_row(
            "",
            "filling",
            ProgressBar(100, share * 100, width=BAR),
            f"{share:4.0%}",
            Text(f"{per_s:,.0f} rows a second", style="dim"),
        )
        self._live.update(row)


class Told(Struct, frozen=True):
    """What the story came to."""

    account: Account
    n_differing: int
    n_failed: int
    longest_s: float
    lock_s: float

    @property
    def kept(self) -> bool:
        """Whether every promise held."""
        return self.account.exact and not self.n_differing and not self.n_failed


def tell(console: Console, n_rows: int = 400_000) -> bool:
    """Tell the whole story; whether every promise held. Raises Fix where PostgreSQL's programs are missing."""
    teller = Teller(console)
    console.print(
        Text("A table is changed under traffic, and the one who changes it is killed twice", style="bold")
    )
    with server.running(server.programs()) as running:
        table.fill(running, n_rows)
        with table.copied(running, "clinic", n_rows) as database, TemporaryDirectory() as folder:
            conductor = Conductor(database, Path(folder), NAME, OPERATION.plan(NAME))
            _scene(teller, database)
            with traffic(database, Version(), PER_S) as clients:
                certificate = _story(teller, conductor, clients)
                clients.end()
                told = _told(database, clients)
            teller.head("Its certificate")
            console.print(Padding(Text(certificate.rstrip()), (0, 0, 0, AT + 2)))
            _ending(teller, told)
    return told.kept


def _scene(teller: Teller, database: Database) -> None:
    version, size = rows(
        database.dsn(SUPER),
        "SELECT current_setting('server_version'), pg_size_pretty(pg_total_relation_size('public.enc'))",
    )[0]
    mix = ", ".join(f"{percent} % {what}" for what, percent in WEIGHTS.items())
    teller.console.print()
    teller.fact("server", f"PostgreSQL {str(version).split()[0]}, private, gone afterwards")
    teller.fact("table", f"enc, {database.n_rows:,} rows, {size} with its indexes")
    teller.fact("traffic", f"{PER_S:.0f} requests a second from {N_CLIENTS} clients: {mix}")
    teller.fact("conductor", f"role {CONDUCTOR}: owns the table, no superuser, no extension")
    teller.head("The plan")
    change = OPERATION.change["change_type"]
    assert isinstance(change, dict)
    teller.fact("owner", f"{OWNER}: the one person who approves it and lets the old side go")
    teller.fact("change", f"{change['table']}.{change['column']} becomes {change['to']}")
    teller.fact("there", f"{change['up']}; and back: {change['down']}")


def _story(teller: Teller, conductor: Conductor, clients: Traffic) -> str:
    """All that happens; the conductor's own certificate."""
    teller.head("What happens")
    conductor.must("plan", "--calibrate", "2")
    p50, p90 = conductor.journal("eta_p50"), conductor.journal("eta_p90")
    teller.step("planned", f"measured on the real table: {p50:.0f} s expected, {p90:.0f} s at worst")
    conductor.must("approve")
    teller.step("approved", f"by {conductor.journal('approved_by')}; nothing is changed before that")
    for at in KILLED_AT:
        _killed(teller, conductor, at)
    _filled(teller, conductor)
    version = conducted.new_version(conductor.database, OPERATION)
    if version is None:
        raise Stop("the new version can't be reached", hint="seamline migrate status")
    clients.add(version, PER_S)
    time.sleep(BOTH_S)
    teller.step("ready", "clients of the old and the new version read and write side by side", "bold green")
    n_rows = [ledger.differences(conductor.database, shape) for shape in conducted.shapes(version)]
    wrong = sum(d.n for d in n_rows)
    teller.step("compared", f"{n_rows[0].n_rows:,} rows in both shapes, in the middle of it: {wrong} differ")
    clients.end("v1")
    time.sleep(BOTH_S / 2)
    teller.step("drained", "the last client of the old version is gone")
    certificate = conductor.must("contract", *conducted.OPTIONS["contract"]).out
    teller.step("contract", "the old side is let go; until here, going back was a flip")
    time.sleep(BOTH_S / 2)
    return certificate


def _killed(teller: Teller, conductor: Conductor, at: float) -> None:
    """Start, and kill at a share of the rows."""
    with _begun(teller, conductor) as process, teller.moving() as bar:
        while (share := _share(conductor)) < at and process.poll() is None:
            bar.show(share, conductor.database.n_rows)
            time.sleep(LOOK_S)
        if process.poll() is not None:
            raise Stop(f"the conductor ended early: {conductor.said()}")
        kill(process)
    teller.step("kill -9", f"the conductor dies at {share:.0%}; clients don't notice", "bold red")


def _filled(teller: Teller, conductor: Conductor) -> None:
    """Start for the last time, until both versions are served."""
    with _begun(teller, conductor) as process, teller.moving() as bar:
        while process.poll() is None:
            bar.show(_share(conductor), conductor.database.n_rows)
            time.sleep(LOOK_S)
        conductor.wait_for(process, *conducted.SERVED)
    n_epochs = conductor.journal("epoch")
    teller.step("verified", f"every row filled and compared, by {n_epochs} conductors one after another")


@contextmanager
def _begun(teller: Teller, conductor: Conductor) -> Iterator["subprocess.Popen[bytes]"]:
    """A conductor that has taken its place, or ended."""
    epoch = conductor.journal("epoch") or 0
    began = time.monotonic()
    with conductor.running("start") as process:
        while (conductor.journal("epoch") or 0) <= epoch and process.poll() is None:
            time.sleep(LOOK_S / 5)
        if epoch:
            took = ms(time.monotonic() - began)
            teller.step(
                "resumed", f"by the same command, {took} after it was typed, from where the journal says"
            )
        yield process


def _share(conductor: Conductor) -> float:
    """How much of the table is filled, 0 to 1."""
    return float(rows(conductor.database.dsn(SUPER), SHARE)[0][0]) if conductor.n_chunks() else 0.0


def _told(database: Database, clients: Traffic) -> Told:
    lines = clients.lines()
    entries = serverlog.read(database.server.log_file, database.name)
    return Told(
        account=ledger.account(database, lines),
        n_differing=ledger.differences(database, OPERATION.after).n,
        n_failed=sum(serverlog.failures(entries).values()),
        longest_s=log.waits(lines, [(0.0, float("inf"))]).longest_s,
        lock_s=serverlog.longest_wait_s(
            serverlog.lock_waits(entries), serverlog.processes(entries, CONDUCTOR)
        ),
    )


def _ending(teller: Teller, told: Told) -> None:
    teller.head("What the clients saw")
    account = told.account
    teller.fact(
        "writes",
        f"{account.n_acknowledged:,} acknowledged; {account.n_missing} lost, {account.n_doubled} doubled",
    )
    teller.fact("rows", f"{told.n_differing} differ from what those writes make of them")
    teller.fact("failures", f"{told.n_failed} statements")
    lock = f"{ms(told.lock_s)} at most for a lock" if told.lock_s else "never 20 ms for a lock"
    teller.fact("waits", f"{ms(told.longest_s)} at most from when a request was due, {lock}")
    teller.console.print()
    kept = Text("Nothing was lost, nothing failed.", style="bold green")
    teller.console.print(kept if told.kept else Text("A promise did not hold.", style="bold red"))
