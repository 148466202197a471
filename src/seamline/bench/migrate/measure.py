"""The whole measurement: a server, a full table, a load; then each operation naively and conducted, each on a fresh copy."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from seamline.bench.migrate import conducted, costs, server, table, trial
from seamline.bench.migrate.ledger import Shape
from seamline.bench.migrate.operations import Operation
from seamline.bench.migrate.server import Server
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.traffic import capacity
from seamline.bench.migrate.trial import Pace, Trial
from seamline.model.errors import Stop

SHARE = 0.15  # of what the server could serve
CAPACITY_S = 8.0
CONTROL_S = 10.0

Told = Callable[[str], None]  # what is being done, for somebody who waits


class Size(Struct, frozen=True):
    """How much is measured. `n_pairs` on- and off-windows; `per_s` is the load, SHARE of the capacity where it is 0."""

    n_rows: int
    per_s: float = 0.0
    n_pairs: int = 5


class Result(Struct, frozen=True):
    """One operation. `trouble`: why the conductor did not come to the end."""

    operation: Operation
    naive: Trial | None = None
    ours: Trial | None = None
    trouble: str = ""


class Costs(Struct, frozen=True):
    """What one engine costs, and what its reversal does."""

    windows: Trial | None
    overhead: float | None
    back: Trial | None
    trouble: str = ""


class Measured(Struct, frozen=True):
    """All that was measured in one run on one machine."""

    size: Size
    version: str
    capacity_per_s: float
    per_s: float
    control: Trial
    results: tuple[Result, ...]
    costs: dict[str, Costs]  # by operation
    budget_refused: bool | None


class Bench:
    """A running server with a filled seed and a known load."""

    def __init__(self, running: Server, size: Size, told: Told) -> None:
        self.server, self.size, self.told = running, size, told
        self._n = 0
        told(f"filling {size.n_rows:,} rows")
        table.fill(running, size.n_rows)
        told("measuring the capacity")
        with self.copied() as database:
            self.capacity_per_s = capacity(database, CAPACITY_S)
        self.pace = Pace(size.per_s or self.capacity_per_s * SHARE)

    @contextmanager
    def copied(self) -> Iterator[Database]:
        """A fresh copy of the seed."""
        self._n += 1
        with table.copied(self.server, f"bench{self._n}", self.size.n_rows) as database:
            yield database

    def control(self) -> Trial:
        """The same traffic, and nothing is done."""
        self.told("control: traffic alone")
        with self.copied() as database:
            return trial.run(database, trial.nothing(CONTROL_S), self.pace, [Shape("old")])

    def result(self, operation: Operation, *, naive: bool = True) -> Result:
        """One operation, naively and conducted."""
        plain = None
        if naive:
            self.told(f"{operation.name}: the naive statement")
            with self.copied() as database:
                plain = trial.run(database, conducted.naive(operation), self.pace, [operation.after])
        self.told(f"{operation.name}: conducted")
        try:
            with self.copied() as database:
                ours = trial.run(database, conducted.through(operation), self.pace, [operation.after])
        except Stop as error:
            return Result(operation, plain, None, str(error))
        return Result(operation, plain, ours)

    def costs(self, operation: Operation) -> Costs:
        """What it costs live traffic, and its reversal."""
        trouble = []
        windows = overhead = back = None
        self.told(f"{operation.name}: on and off by turns")
        try:
            with self.copied() as database:
                subject = costs.interleaved(operation, self.size.n_pairs)
                windows = trial.run(database, subject, self.pace, [Shape("old")])
        except Stop as error:
            trouble.append(str(error))
        self.told(f"{operation.name}: writes while in step")
        try:
            with self.copied() as database:
                overhead = costs.overhead(operation, database)
        except Stop as error:
            trouble.append(str(error))
        self.told(f"{operation.name}: there and back")
        try:
            with self.copied() as database:
                back = trial.run(database, conducted.back(operation), self.pace, [Shape("old")])
        except Stop as error:
            trouble.append(str(error))
        return Costs(windows, overhead, back, "; ".join(trouble))


def measure(
    size: Size,
    operations: Sequence[Operation],
    of_costs: Sequence[Operation],
    told: Told,
    *,
    naive: bool = True,
) -> Measured:
    """Measure operations, and what some of them cost. Raises Fix where PostgreSQL's programs are missing."""
    with server.running(server.programs(), shared_buffers=_shared_buffers()) as running:
        bench = Bench(running, size, told)
        return Measured(
            size=size,
            version=str(server.rows(running.dsn(), "SHOW server_version")[0][0]),
            capacity_per_s=bench.capacity_per_s,
            per_s=bench.pace.per_s,
            control=bench.control(),
            results=tuple(bench.result(operation, naive=naive) for operation in operations),
            costs={operation.name: bench.costs(operation) for operation in of_costs},
            budget_refused=_refused(bench, of_costs[0]) if of_costs else None,
        )


def _refused(bench: Bench, operation: Operation) -> bool:
    """Whether a plan that can't be done in its budget is refused."""
    bench.told("a plan over its budget")
    with bench.copied() as database:
        return conducted.refused(operation, database, budget="1s")


def _shared_buffers() -> str:
    """An eighth of the memory, 2 GB at most."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(memory // 8, 2 * 2**30) // 2**20}MB"
