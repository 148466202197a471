"""The fault protocol as a whole: so many kills, stops, points, pairs and freezes, spread over operations and both ends."""

import random
from collections.abc import Iterator, Sequence
from itertools import cycle

from seamline.bench.migrate import faults, server, table
from seamline.bench.migrate.dose import Doses
from seamline.bench.migrate.faults import ENDS, Disturbed, Protocol
from seamline.bench.migrate.measure import Told
from seamline.bench.migrate.operations import ALL, Operation
from seamline.bench.migrate.report import Bar, ms

# One of each way of working; the first is disturbed most often.
DISTURBED = (
    "type-e1", "computed", "type-e1", "volatile", "type-e1", "rename", "type-e1", "foreign-key", "type-e1", "unique",
)  # fmt: skip
TAKEOVER_S = 5.0
MOST_RUNS = 4


def disturbed(n_rows: int, doses: Doses, operations: Sequence[Operation], told: Told) -> list[Disturbed]:
    """All runs, in order. `operations`: those to disturb, one after another; a mix where there are none."""
    mixed = operations or [ALL[name] for name in DISTURBED]
    found = []
    with server.running(server.programs()) as running:
        told(f"filling {n_rows:,} rows")
        table.fill(running, n_rows)
        protocol = Protocol(running, n_rows)
        for run in _runs(protocol, doses, mixed):
            found.append(run)
            told(_line(run))
    return found


def _runs(protocol: Protocol, doses: Doses, operations: Sequence[Operation]) -> Iterator[Disturbed]:
    chance = random.Random(doses.seed)
    turns = cycle([(operation, end) for operation in operations for end in ENDS])
    published = cycle(
        (False, False, True)
    )  # in a publication the table keeps its name, and no view stands for it
    for name, make, n in (("kill -9", faults.kills, doses.kills), ("stop", faults.stops, doses.stops)):
        left, most_runs = [n], MOST_RUNS * n  # a run may be over before it is struck
        while left[0] > 0 and most_runs > 0:
            most_runs -= 1
            yield protocol.run(*next(turns), name, make(chance, left), published=next(published))
    for _ in range(doses.pairs):
        yield protocol.run(*next(turns), "two at once", faults.second, published=next(published))
    for _ in range(doses.freezes):
        yield protocol.run(*next(turns), "SIGSTOP", faults.freezes(chance), published=next(published))
    if doses.points:
        for operation in {each.name: each for each in operations}.values():
            for end in ENDS:
                yield protocol.run(operation, end, "named point", faults.crash, points=True)


def _line(run: Disturbed) -> str:
    said = f"{run.operation} to {run.end}, {run.n_times} x {run.fault}: "
    if not run.broken:
        return f"{said}all hold, {run.n_repeated} of {run.n_chunks} chunks repeated"
    return said + "; ".join(f"{name}: {what}" for name, what in run.broken.items())


def bars(runs: Sequence[Disturbed]) -> list[Bar]:
    """What the runs have to show, fault by fault."""
    found = []
    for fault in dict.fromkeys(run.fault for run in runs):
        of_it = [run for run in runs if run.fault == fault]
        n_times = sum(run.n_times for run in of_it)
        broken = sorted({name for run in of_it for name in run.broken})
        n_broken = sum(bool(run.broken) for run in of_it)
        said = (
            f"{', '.join(broken)} broke in {n_broken} runs" if broken else f"hold in all of {len(of_it)} runs"
        )
        met = not broken if n_times or broken else None  # a fault that never struck shows nothing
        found.append(Bar(f"{n_times} x {fault}: I1 to I8", "hold each time", said, met))
    not_met = [point for run in runs for point in run.not_met]
    if not_met:
        found.append(Bar("named points", "come by", f"not met: {', '.join(not_met)}", None))
    if runs:
        repeated = max(run.n_repeated for run in runs)
        found.append(Bar("chunks repeated in a run", "<= 1", str(repeated), repeated <= 1))
        takeover_s = max(run.takeover_s for run in runs)
        found.append(
            Bar("longest take-over", f"<= {ms(TAKEOVER_S)}", ms(takeover_s), takeover_s <= TAKEOVER_S)
        )
    return found
