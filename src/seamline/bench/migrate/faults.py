"""The fault protocol: a migration is disturbed until it is over, and the invariants are asked each time.

Kills of the conductor at random moments and at named points, immediate stops of the server, two conductors at once, one
that is stopped for ten seconds while another takes over. Half of the runs go through, half go back.
"""

import contextlib
import json
import random
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
from msgspec import Struct

from seamline.bench.migrate import conducted, invariants, ledger, serverlog, table
from seamline.bench.migrate.catalogue import catalogue
from seamline.bench.migrate.conductor import PATIENCE_S, PROGRAM, Conductor, kill
from seamline.bench.migrate.invariants import Before, Run
from seamline.bench.migrate.operations import Operation
from seamline.bench.migrate.server import CONDUCTOR, SUPER, Server, execute, rows
from seamline.bench.migrate.table import Database
from seamline.bench.migrate.traffic import Traffic, Version, traffic
from seamline.bench.migrate.watch import Watch

PER_S = 200.0
SHORTEST_S, LONGEST_S = 0.05, 3.0  # from a conductor's start to its kill
STOPPED_S = 10.0
FROZEN_AFTER_S = (0.7, 2.0)
BOTH_S = 1.0
LOOK_S = 0.02
MOST_FAILURES = 8
QUICKLY = ("--calibrate", "1")  # seconds; how good the estimate is matters elsewhere
_WHERE = {"verify": ("after",)}
ENDS = ("contract", "revert")
WANTED = {"contract": "DONE", "revert": "REVERTED"}


class Disturbed(Struct, frozen=True):
    """One run: what was done to it, and which invariants broke (what is wrong, by name)."""

    number: int
    operation: str
    end: str
    fault: str
    n_times: int
    not_met: tuple[str, ...]  # points that it was told of and did not come by
    takeover_s: float  # the longest, from a later conductor's start to its epoch
    n_repeated: int  # chunks that were committed twice
    n_chunks: int
    seconds: float
    broken: Mapping[str, str]


class Scene:
    """What a fault has at hand while a conductor runs."""

    def __init__(self, conductor: Conductor, running: Traffic, asked: Callable[[], None]) -> None:
        self.conductor, self.traffic = conductor, running
        self.n_times = 0
        self.gave_up = ""  # what the conductor said when it could not go on
        self.points: deque[str] = deque()  # at which the conductors end themselves, one each
        self.interrupted = asked  # looks at what must hold at every moment

    @property
    def environment(self) -> Mapping[str, str]:
        """What the next conductor is told."""
        return {"SEAM_CRASH": self.points[0], "SEAM_TEST_HOOKS": "1"} if self.points else {}


# A fault is handed a conductor that has just been started, and gives it back when it is dead or may go on in peace.
Fault = Callable[[Scene, "subprocess.Popen[bytes]"], None]


def kills(chance: random.Random, n_left: list[int]) -> Fault:
    """Kill -9 after a random time, as long as there are kills left in `n_left[0]`."""

    def strike(scene: Scene, process: "subprocess.Popen[bytes]") -> None:
        if n_left[0] <= 0:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(SHORTEST_S, LONGEST_S))
            return
        n_left[0] -= 1
        scene.n_times += 1
        kill(process)
        scene.interrupted()

    return strike


def stops(chance: random.Random, n_left: list[int]) -> Fault:
    """`pg_ctl stop -m immediate` after a random time, then a start; the conductor goes on or is started again."""

    def strike(scene: Scene, process: "subprocess.Popen[bytes]") -> None:
        if n_left[0] <= 0:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(SHORTEST_S, LONGEST_S))
            return
        n_left[0] -= 1
        scene.n_times += 1
        running = scene.conductor.database.server
        running.stop("immediate")
        running.start()
        scene.traffic.revive()
        scene.interrupted()

    return strike


def second(scene: Scene, process: "subprocess.Popen[bytes]") -> None:
    """Another conductor for the same migration, beside the first one; both may live or one gives way."""
    scene.n_times += 1
    with scene.conductor.running("start") as other:
        while process.poll() is None and other.poll() is None:
            time.sleep(LOOK_S)
        wait(other)


def freezes(chance: random.Random) -> Fault:
    """The first one is stopped for ten seconds (SIGSTOP) at a random moment, and another one is started meanwhile."""

    def strike(scene: Scene, process: "subprocess.Popen[bytes]") -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(*FROZEN_AFTER_S))
            return
        scene.n_times += 1
        process.send_signal(signal.SIGSTOP)
        frozen_ts = time.time()
        with scene.conductor.running("start") as other:
            with contextlib.suppress(subprocess.TimeoutExpired):
                other.wait(STOPPED_S)
            time.sleep(max(0.0, frozen_ts + STOPPED_S - time.time()))
            process.send_signal(signal.SIGCONT)
            wait(other)

    return strike


def wait(process: "subprocess.Popen[bytes]") -> None:
    """Until it is over by itself."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE_S)


def crash(scene: Scene, process: "subprocess.Popen[bytes]") -> None:
    """It ends itself at the point that its environment names; the next one has the next point."""
    wait(process)
    if process.poll() == -signal.SIGKILL:
        scene.n_times += 1
        scene.points.popleft()
        scene.interrupted()


def points_of(program: Mapping[str, Any], end: str) -> list[str]:
    """All points at which a conductor of this program can be told to end itself, in the order it comes by.

    A step that only reads has its end alone; going back comes by the undo of each step that was done, last first.
    """
    there = [s for s in program["steps"] if end == "contract" or s["phase"] != "CONTRACT"]
    points = [
        f"{s['name']}:{where}" for s in there for where in _WHERE.get(s["kind"], ("before", "mid", "after"))
    ]
    back = [s["name"] for s in reversed(there) if s.get("undo")] if end == "revert" else []
    return points + [f"undo-{name}:{where}" for name in back for where in ("before", "mid", "after")]


class Protocol:
    """A server with a filled seed, on which runs are made one after another."""

    def __init__(self, running: Server, n_rows: int, program: Sequence[str] = PROGRAM) -> None:
        self.server, self.n_rows, self.program = running, n_rows, program
        self._n = 0
        self._targets: dict[tuple[str, bool], frozenset[str]] = {}

    @cached_property
    def baseline(self) -> Mapping[str, int]:
        """Client statements that fail without a migration, by SQLSTATE."""
        with self._copied() as database, traffic(database, Version(), PER_S) as running:
            time.sleep(5.0)
            running.end()
            return serverlog.failures(serverlog.read(database.server.log_file, database.name))

    def run(
        self,
        operation: Operation,
        end: str,
        name: str,
        fault: Fault,
        *,
        points: bool = False,
        published: bool = False,
    ) -> Disturbed:
        """One migration under traffic and under a fault, to its end. `points`: its conductors end themselves."""
        target = self._target(operation, published=published)
        began = time.monotonic()
        with self._copied() as database, TemporaryDirectory(prefix="seamline-plan-") as folder:
            invariants.prepare(database, published=published)
            known = invariants.before(database, target)
            plan = operation.plan(operation.name)
            conductor = Conductor(database, Path(folder), operation.name, plan, self.program)
            conductor.must("plan", *QUICKLY)
            conductor.must("approve")
            scene, run = _played(conductor, known, operation, end, fault, points=points)
            n_chunks, n_repeated = _chunks(database)
            return Disturbed(
                number=self._n,
                operation=operation.name,
                end=end,
                fault=name,
                n_times=scene.n_times,
                not_met=tuple(scene.points),
                takeover_s=_longest_takeover_s(conductor),
                n_repeated=n_repeated,
                n_chunks=n_chunks,
                seconds=time.monotonic() - began,
                broken={k: v for k, v in invariants.broken(database, known, run, self.baseline).items() if v},
            )

    @contextmanager
    def _copied(self) -> Iterator[Database]:
        self._n += 1
        with table.copied(self.server, f"run{self._n}", self.n_rows) as database:
            yield database

    def _target(self, operation: Operation, *, published: bool) -> frozenset[str]:
        """The catalogue that the naive statements lead to."""
        key = (operation.name, published)
        if key not in self._targets:
            with self._copied() as database:
                invariants.prepare(database, published=published)
                execute(database.dsn(CONDUCTOR), *operation.naive)
                self._targets[key] = catalogue(database)
        return self._targets[key]


def _played(
    conductor: Conductor, known: Before, operation: Operation, end: str, fault: Fault, *, points: bool
) -> tuple[Scene, Run]:
    """The disturbed migration itself, and what has to be known of it to judge it."""
    database = conductor.database
    table = int(rows(database.dsn(SUPER), "SELECT 'public.enc'::regclass::oid::bigint")[0][0])
    seen: list[int] = []  # rows out of step, at each interruption
    with traffic(database, Version(), PER_S) as running, Watch(database) as watch:
        look = partial(invariants.out_of_step, database, table, operation, known)
        scene = Scene(conductor, running, lambda: seen.append(look()))
        if points:
            scene.points.extend(points_of(json.loads(conductor.journal("program")), end))
        differing = _there_and_on(scene, operation, end, fault)
        running.end()
        account = ledger.account(database, running.lines())
    return scene, Run(
        operation,
        conductor.state(),
        WANTED[end],
        account,
        differing,
        sum(seen),
        watch.held(),
        conducted.new_schema(database),
        scene.gave_up,
    )


def _there_and_on(scene: Scene, operation: Operation, end: str, fault: Fault) -> Mapping[str, int]:
    """To where both versions are served, and to the end; rows that differ in either shape in between."""
    drive(scene, "start", conducted.SERVED, fault)
    database = scene.conductor.database
    version = conducted.new_version(database, operation)
    differing: dict[str, int] = {}
    if version is not None:
        scene.traffic.add(version, PER_S / 2)
        time.sleep(BOTH_S)
        differing = {s.name: ledger.differences(database, s).n for s in conducted.shapes(version)}
        scene.traffic.end("v1" if end == "contract" else "v2")
        time.sleep(BOTH_S)
    drive(scene, end, (WANTED[end],), fault)
    return differing


def drive(scene: Scene, verb: str, states: Sequence[str], fault: Fault) -> None:
    """Start the conductor over and over, as somebody would, until the migration is in one of these states.

    Given up when it ended by itself MOST_FAILURES times.
    """
    conductor = scene.conductor
    n_failures = 0
    while conductor.state() not in states and n_failures < MOST_FAILURES:
        with conductor.running(verb, *conducted.OPTIONS.get(verb, ()), **scene.environment) as process:
            fault(scene, process)
            wait(process)
            n_failures += (process.poll() or 0) > 0
    if n_failures == MOST_FAILURES:
        scene.gave_up = conductor.said()


def _longest_takeover_s(conductor: Conductor) -> float:
    """From a conductor's start, its own start-up included, to when the journal has it as the one that conducts."""
    query = "SELECT extract(epoch FROM started_at)::float8 FROM seam.conductor WHERE mig = %s ORDER BY epoch"
    taken = [at for (at,) in rows(conductor.database.dsn(SUPER), query, [conductor.name])]
    spans = []
    for began, following in pairwise([*conductor.begun_ts, float("inf")]):
        spans += [at - began for at in taken if began <= at < following][:1]
    return max(spans[1:], default=0.0)


def _chunks(database: Database) -> tuple[int, int]:
    """(chunks of the journal, those of a pass that begin before another one's end)."""
    query = """SELECT count(*), count(*) FILTER (WHERE lo < before) FROM (
      SELECT lo, max(hi) OVER (PARTITION BY mig, kind, pass, leaf ORDER BY lo, hi
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM seam.chunk) AS c"""
    try:
        n, n_repeated = rows(database.dsn(SUPER), query)[0]
    except psycopg.errors.UndefinedTable:
        return 0, 0
    return int(n), int(n_repeated)
