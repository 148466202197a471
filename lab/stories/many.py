"""Many: eight innocent changes around a fault that no delivery announces, in the database or in one pod."""

import random
from collections.abc import Iterator

from lab.answer import BOOKING, SCHEDULING, VISITS_DB, Answer
from lab.changes import (
    BILLING_INDEX,
    BILLING_LOG_LEVEL,
    BILLING_PATCH,
    BOOKING_INDEX,
    BOOKING_LOG_LEVEL,
    BOOKING_PATCH,
    BOOKING_TIMEOUT,
    NOTIFY_LOG_LEVEL,
    NOTIFY_PATCH,
    NOTIFY_TIMEOUT,
)
from lab.checks import kinds
from lab.course import Course
from lab.ordinary import chatter, pipelines, scattered, surge
from lab.plan import Plan, Session, Step, Wedge, in_order

LENGTH_S = 390.0
MIN_FAILED = 50
MAX_PODS = 4
BOOKING_POD = Wedge("appt-web")
# An analyst's console: for figures that stand still, everybody waits, or everybody who writes.
LOCKS = ("lock table visits", "lock table visits in share mode")
LOCKED = "canceling statement due to lock timeout"
STUCK = "worker timed out"
# Of all requests, a stuck worker in one of two pods fails a quarter.
STUCK_SHARE = (0.15, 0.35)

DATABASE_LOCKED = Answer(
    "latent",
    VISITS_DB,
    (BOOKING, VISITS_DB, "uses"),
    "dario",
    (BOOKING, VISITS_DB, SCHEDULING),
)
POD_STUCK = Answer("latent", BOOKING, (), "ben", (BOOKING, SCHEDULING))


def tell(seed: int, _minutes: float) -> Plan:
    """Odd seeds lock the database, even ones get a worker of a pod stuck."""
    rng = random.Random(f"many {seed}")
    fault = Session(rng.choice(LOCKS), rng.uniform(160, 172)) if seed % 2 else BOOKING_POD
    answer = DATABASE_LOCKED if seed % 2 else POD_STUCK
    return Plan("many", seed, LENGTH_S, in_order(_steps(rng, fault), LENGTH_S), (answer,))


def _steps(rng: random.Random, fault: Session | Wedge) -> Iterator[Step]:
    begins_s = rng.uniform(188, 200)
    before = [BOOKING_PATCH, NOTIFY_PATCH, BILLING_INDEX, rng.choice((BILLING_PATCH, BOOKING_TIMEOUT))]
    yield from scattered(rng, before, 14.0, 146.0)
    yield from surge(rng, rng.uniform(28, 45))
    yield from pipelines(rng, (8.0, 62.0, 122.0))
    yield from chatter(rng, LENGTH_S, burst_s=rng.uniform(70, 150))
    yield Step(begins_s - rng.uniform(20, 28), BOOKING_INDEX)
    yield Step(begins_s - rng.uniform(8, 13), BOOKING_LOG_LEVEL)
    yield Step(begins_s - rng.uniform(3, 6), rng.choice((NOTIFY_TIMEOUT, NOTIFY_LOG_LEVEL)))
    yield Step(begins_s, fault)
    # A run that meets a table locked for everybody waits for the end of the lock.
    runs_s = (46.0,) if isinstance(fault, Session) and fault.statement == LOCKS[0] else (46.0, 100.0)
    yield from pipelines(rng, [begins_s + run_s for run_s in runs_s])
    yield Step(rng.uniform(300, 320), BILLING_LOG_LEVEL)


def complaints(course: Course) -> Iterator[str]:
    """What this run lacks of the story."""
    failed = kinds(course, "cannot_book")
    if len(failed) < MIN_FAILED:
        yield f"only {len(failed)} requests failed"
    if missing := kinds(course, "no_sms"):
        yield f"{len(missing)} patients missed their message"
    if empty := [run for run in course.pipelines if run.empty]:
        yield f"a report was empty: {empty[0]}"
    if any(rescale.n_after > MAX_PODS for rescale in course.rescales):
        yield "the autoscaler overdid it"
    if not course.faults:
        yield "nothing broke"
        return
    began_at, fault = course.faults[0]
    if any(hurt.at < began_at for hurt in course.hurts):
        yield "somebody was hurt before anything broke"
    said = " ".join({hurt.said for hurt in failed})
    if isinstance(fault, Session) and LOCKED not in said:
        yield f"nobody waited for the lock: {said[:200]}"
    if isinstance(fault, Wedge):
        yield from _only_one_stuck(course, len(failed), said)


def _only_one_stuck(course: Course, n_failed: int, said: str) -> Iterator[str]:
    began_at, _ = course.faults[0]
    elapsed = (course.ended_at - began_at) / (course.ended_at - course.began_at)
    share = n_failed / max(1.0, course.n_requests * elapsed)
    if STUCK not in said or not STUCK_SHARE[0] <= share <= STUCK_SHARE[1]:
        yield f"a stuck worker should fail a quarter, not {share:.0%}: {said[:200]}"
