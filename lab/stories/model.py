"""Model: a new version of the triage model names departments by the wrong list, and is slow.

It is announced as a deployment of the model's own repository; triage's pods fetch it a dozen seconds later. Some
patients get an error, because their department isn't open yet, others are sent to the wrong one. No code changed.
"""

import random
from collections.abc import Iterator

from lab.answer import BOOKING, PREDICTIONS, SCHEDULING, TRIAGE, TRIAGE_MODEL, Answer
from lab.cast import with_triage
from lab.changes import (
    BILLING_LOG_LEVEL,
    BILLING_PATCH,
    BOOKING_INDEX,
    BOOKING_LOG_LEVEL,
    BOOKING_TIMEOUT,
    NOTIFY_PATCH,
    NOTIFY_TIMEOUT,
    TRIAGE_INDEX,
    TRIAGE_LOG_LEVEL,
    TRIAGE_PATCH,
)
from lab.checks import guilty, kinds
from lab.course import Course
from lab.ordinary import chatter, pipelines, scattered, surge
from lab.plan import Change, Plan, Step, in_order

LENGTH_S = 390.0
MIN_FAILED_BOOKINGS = 30
MIN_WRONG = 40
MIN_TICKETS = 4


def _version(version: str, description: str, *, guilty: bool = False) -> Change:
    return Change(
        "triage-model", "deploy:model", description, version=version, settings={"model_version": version},
        facts={"model": "triage"}, guilty=guilty,
    )  # fmt: skip


MODEL_71 = _version("7.1", "Triage model 7.1: trained again on the autumn's reviews")
MODEL_8 = _version("8", "Triage model 8: reads pairs of words, mends spelling", guilty=True)

MISROUTED = Answer(
    "change",
    TRIAGE_MODEL,
    (TRIAGE, TRIAGE_MODEL, "serves"),
    "mara",
    (BOOKING, SCHEDULING, PREDICTIONS, TRIAGE_MODEL),
)


def tell(seed: int, _minutes: float) -> Plan:
    """An earlier version that does no harm, then the bad one, with harmless changes around it."""
    steps = in_order(_steps(random.Random(f"model {seed}")), LENGTH_S)
    return Plan("model", seed, LENGTH_S, steps, (MISROUTED,), cast=with_triage("triage-api"))


def _steps(rng: random.Random) -> Iterator[Step]:
    guilty_s = rng.uniform(174, 184)
    before = [MODEL_71, TRIAGE_PATCH, TRIAGE_INDEX, BOOKING_INDEX, rng.choice((NOTIFY_PATCH, BILLING_PATCH))]
    yield from scattered(rng, before, 14.0, 150.0)
    yield from surge(rng, rng.uniform(28, 45))
    yield from pipelines(rng, (8.0, 62.0, 122.0))
    yield from chatter(rng, LENGTH_S, burst_s=rng.uniform(70, 150))
    yield Step(guilty_s - rng.uniform(6, 12), TRIAGE_LOG_LEVEL)
    yield Step(guilty_s, MODEL_8)
    yield Step(guilty_s + rng.uniform(1, 4), BILLING_LOG_LEVEL)
    yield Step(guilty_s + rng.uniform(5, 9), rng.choice((BOOKING_LOG_LEVEL, BOOKING_TIMEOUT)))
    yield from pipelines(rng, (guilty_s + 40.0, guilty_s + 110.0))
    yield Step(rng.uniform(320, 340), NOTIFY_TIMEOUT)


def complaints(course: Course) -> Iterator[str]:
    """What this run lacks of the story."""
    for kind, least in (("cannot_book", MIN_FAILED_BOOKINGS), ("wrong_department", MIN_WRONG)):
        if len(kinds(course, kind)) < least:
            yield f"only {len(kinds(course, kind))} people met {kind}"
    if missing := kinds(course, "no_sms"):
        yield f"{len(missing)} patients missed their message"
    if course.tickets.get("wrong_department", 0) < MIN_TICKETS:
        yield "nobody wrote"
    culprit = guilty(course)
    if culprit is None or course.harm_from is None:
        yield "the guilty version or the harm is missing"
        return
    if course.harm_from < culprit.began_at:
        yield "somebody was hurt before the guilty version"
    if not any(culprit.began_at < done.began_at < course.harm_from for done in course.changes):
        yield "no harmless change between the guilty version and the first harm"
    if empty := [run for run in course.pipelines if run.empty]:
        yield f"a report was empty: {empty[0]}"
