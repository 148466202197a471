"""Friday: a release and a jump of the autoscaler meet in the database, and the release empties a report."""

import random
from collections.abc import Iterator

from lab.answer import BOOKING, REPORT_REFERRALS, SCHEDULING, VISITS_DB, Answer
from lab.changes import (
    BILLING_INDEX,
    BILLING_PATCH,
    BOOKING_INDEX,
    BOOKING_LOG_LEVEL,
    BOOKING_PATCH,
    BOOKING_TIMEOUT,
    NOTIFY_LOG_LEVEL,
    NOTIFY_PATCH,
    NOTIFY_TIMEOUT,
)
from lab.checks import guilty, kinds
from lab.course import Course
from lab.ordinary import chatter, pipelines, scattered, surge
from lab.plan import Change, Onslaught, Plan, Step, in_order

LENGTH_S = 390.0
PARTNERS = 15.0
MIN_FAILED_BOOKINGS = 50
TOO_MANY = ("too many clients already", "remaining connection slots are reserved")

BOOKING_24 = Change(
    "appointments-api", "deploy", "Release 2.4.0: referral references, larger pools", version="2.4.0",
    settings={"pool_size": 12}, facts={"db_pool_size": 12}, guilty=True,
)  # fmt: skip
COLLISION = Answer(
    "collision",
    VISITS_DB,
    ("autoscaler:clinic/appt-web", BOOKING, "capacity"),
    "dario",
    (BOOKING, VISITS_DB, SCHEDULING, REPORT_REFERRALS),
)


def tell(seed: int, _minutes: float) -> Plan:
    """The release, the onslaught a minute later, the pipeline once it hurts."""
    rng = random.Random(f"friday {seed}")
    after_harm_s = rng.uniform(6, 12)
    return Plan("friday", seed, LENGTH_S, in_order(_steps(rng), LENGTH_S), (COLLISION,), after_harm_s)


def _steps(rng: random.Random) -> Iterator[Step]:
    release_s = rng.uniform(168, 180)
    before = [BOOKING_INDEX, NOTIFY_PATCH, BILLING_PATCH, rng.choice((BILLING_INDEX, BOOKING_PATCH))]
    yield from scattered(rng, before, 14.0, 148.0)
    yield from surge(rng, rng.uniform(28, 45))
    yield from pipelines(rng, (8.0, 62.0, 122.0))
    yield from chatter(rng, LENGTH_S, burst_s=rng.uniform(70, 150))
    yield Step(release_s, BOOKING_24)
    last = rng.choice((BOOKING_LOG_LEVEL, BOOKING_TIMEOUT))
    yield Step(rng.uniform(230, 238), Onslaught(PARTNERS, then=last))
    yield Step(rng.uniform(320, 345), rng.choice((NOTIFY_LOG_LEVEL, NOTIFY_TIMEOUT)))


def complaints(course: Course) -> Iterator[str]:
    """What this run lacks of the story."""
    failed = kinds(course, "cannot_book")
    if len(failed) < MIN_FAILED_BOOKINGS:
        yield f"only {len(failed)} requests failed"
    if not any(words in hurt.said for hurt in failed for words in TOO_MANY):
        yield "PostgreSQL never refused a connection"
    rescale = course.guilty_rescale
    if rescale is None or (rescale.n_before, rescale.n_after) != (2, 8):
        yield f"the autoscaler did not go from 2 to 8 at once: {rescale}"
    culprit = guilty(course)
    if culprit is None or course.harm_from is None:
        yield "the guilty release or the harm is missing"
        return
    near = [done for done in course.changes if culprit.done_at < done.done_at < course.harm_from]
    if not near:
        yield "no harmless change between the guilty ones and the first error"
    if any(run.empty for run in course.pipelines if run.began_at < course.harm_from):
        yield "a report was empty before the first error"
    if not any("referrals" in run.empty for run in course.pipelines):
        yield "the referrals report never went empty"
    if any("revenue" in run.empty for run in course.pipelines):
        yield "the revenue report went empty"
