"""Canary: three services release in steps in the same minutes; one of them is bad, and a harmless one ends last.

The bad one, and how it is bad, go by the seed: triage or billing, whose new pods fail a share of what booking asks
them, or take longer than booking waits.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lab.answer import BILLING, BOOKING, SCHEDULING, TRIAGE, Answer
from lab.cast import with_triage
from lab.changes import (
    BILLING_LOG_LEVEL,
    BOOKING_INDEX,
    BOOKING_LOG_LEVEL,
    BOOKING_TIMEOUT,
    NOTIFY_LOG_LEVEL,
    NOTIFY_PATCH,
    NOTIFY_TIMEOUT,
    TRIAGE_INDEX,
    TRIAGE_LOG_LEVEL,
)
from lab.checks import guilty, kinds
from lab.course import Course
from lab.ordinary import chatter, pipelines, scattered, surge
from lab.plan import Change, Plan, Step, in_order

LENGTH_S = 390.0
MIN_FAILED_BOOKINGS = 40
MIN_TICKETS = 4
FAST_S, SLOW_S, SLOWEST_S = 13.0, 24.0, 52.0

BOOKING_STEPS = Change(
    "appointments-api", "deploy", "Release 2.3.2: larger letters in the day view", version="2.3.2",
    facts={"db_pool_size": 4}, pause_s=SLOWEST_S,
)  # fmt: skip
TRIAGE_STEPS = Change(
    "triage", "deploy", "Release 1.4.1: dependency updates", version="1.4.1", facts={"db_pool_size": 1},
    pause_s=SLOW_S,
)  # fmt: skip
BILLING_STEPS = Change(
    "invoicing", "deploy", "Release 5.1.3: dependency updates", version="5.1.3", facts={"db_pool_size": 2},
    pause_s=SLOW_S,
)  # fmt: skip


def _bad(repository: str, description: str, version: str, settings: dict[str, object], pool: int) -> Change:
    return Change(
        repository, "deploy", f"Release {version}: {description}", version=version, settings=settings,
        facts={"db_pool_size": pool}, guilty=True, pause_s=FAST_S,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trouble:
    """A bad release, the harmless one of the other service, and where the fault is."""

    bad: Change
    other: Change
    entity: str


TROUBLES = (
    Trouble(_bad("triage", "ages are read from the wish", "1.5.0", {"reads_age": True}, 1), BILLING_STEPS, TRIAGE),
    Trouble(_bad("invoicing", "quotes for the auditors", "5.2.0", {"archives": True}, 2), TRIAGE_STEPS, BILLING),
    Trouble(_bad("triage", "what was said, for the auditors", "1.5.0", {"archives": True}, 1), BILLING_STEPS, TRIAGE),
    Trouble(_bad("invoicing", "prices of the new list", "5.2.0", {"catalogue": "next year"}, 2), TRIAGE_STEPS, BILLING),
)  # fmt: skip


def tell(seed: int, _minutes: float) -> Plan:
    """Ordinary life, then the releases within ten seconds of each other."""
    rng = random.Random(f"canary {seed}")
    trouble = rng.choice(TROUBLES)
    steps = in_order(_steps(rng, trouble), LENGTH_S)
    answer = Answer(
        "change",
        trouble.entity,
        (BOOKING, trouble.entity, "calls"),
        "dario",
        (trouble.entity, BOOKING, SCHEDULING),
    )
    cast = with_triage("triage-api", "inv-api", n_replicas=4)
    return Plan("canary", seed, LENGTH_S, steps, (answer,), cast=cast)


def _steps(rng: random.Random, trouble: Trouble) -> Iterator[Step]:
    bad_s = rng.uniform(172, 182)
    before = [BOOKING_INDEX, TRIAGE_INDEX, NOTIFY_PATCH, rng.choice((BILLING_LOG_LEVEL, TRIAGE_LOG_LEVEL))]
    yield from scattered(rng, before, 14.0, 155.0)
    yield from surge(rng, rng.uniform(28, 45))
    yield from pipelines(rng, (8.0, 62.0, 122.0))
    yield from chatter(rng, LENGTH_S, burst_s=rng.uniform(70, 150))
    yield Step(bad_s - rng.uniform(2, 6), trouble.other)
    yield Step(bad_s, trouble.bad)
    yield Step(bad_s + rng.uniform(3, 5), BOOKING_STEPS)
    yield Step(bad_s + rng.uniform(24, 30), rng.choice((NOTIFY_LOG_LEVEL, NOTIFY_TIMEOUT)))
    yield from pipelines(rng, (bad_s + 100.0,))
    yield Step(rng.uniform(330, 345), rng.choice((BOOKING_LOG_LEVEL, BOOKING_TIMEOUT)))


def complaints(course: Course) -> Iterator[str]:
    """What this run lacks of the story."""
    failed = kinds(course, "cannot_book")
    if len(failed) < MIN_FAILED_BOOKINGS:
        yield f"only {len(failed)} requests failed"
    if missing := kinds(course, "no_sms"):
        yield f"{len(missing)} patients missed their message"
    if course.tickets.get("cannot_book", 0) < MIN_TICKETS:
        yield "nobody wrote"
    culprit = guilty(course)
    if culprit is None or course.harm_from is None:
        yield "the guilty release or the harm is missing"
        return
    if course.harm_from < culprit.began_at:
        yield "somebody was hurt before the guilty release"
    harmless = [done for done in course.changes if not done.change.guilty]
    if not any(culprit.began_at < done.began_at < course.harm_from for done in harmless):
        yield "no harmless release between the guilty one and the first error"
    in_steps = [done for done in harmless if done.change.pause_s is not None]
    if not any(done.done_at > culprit.done_at for done in in_steps):
        yield "the guilty release ended last"
    if empty := [run for run in course.pipelines if run.empty]:
        yield f"a report was empty: {empty[0]}"
