"""Calm: ordinary life, with nothing wrong, as long as asked for."""

import random
from collections.abc import Iterator
from datetime import timedelta

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
from lab.course import Course
from lab.ordinary import chatter, pipelines, scattered, surge
from lab.plan import Plan, Step, in_order


def tell(seed: int, minutes: float) -> Plan:
    """`minutes` of laps that are six minutes long."""
    length_s = minutes * 60.0
    return Plan("calm", seed, length_s, in_order(_steps(random.Random(f"calm {seed}"), length_s), length_s))


def _steps(rng: random.Random, length_s: float) -> Iterator[Step]:
    """Six minutes of ordinary life, again and again; what can be changed only once is changed in the first."""
    once = [BOOKING_INDEX, BILLING_INDEX, BOOKING_PATCH, BILLING_PATCH, NOTIFY_PATCH]
    again = [BOOKING_LOG_LEVEL, BOOKING_TIMEOUT, BILLING_LOG_LEVEL, NOTIFY_TIMEOUT, NOTIFY_LOG_LEVEL]
    lap_s, begin_s = 360.0, 0.0
    while begin_s < length_s:
        end_s = min(begin_s + lap_s, length_s)
        lap = [*once, *rng.sample(again, 2)] if begin_s == 0.0 else rng.sample(again, 3)
        yield from scattered(rng, lap, begin_s + 14.0, end_s - 25.0)
        yield from surge(rng, begin_s + rng.uniform(40, 150))
        n_pipelines = max(1, int((end_s - begin_s) / 75.0))
        yield from pipelines(rng, [begin_s + 8.0 + 75.0 * n for n in range(n_pipelines)])
        yield from chatter(rng, end_s - begin_s, burst_s=rng.uniform(70, 150), begin_s=begin_s)
        begin_s += lap_s


def complaints(course: Course) -> Iterator[str]:
    """What went wrong although nothing should."""
    if course.hurts:
        yield f"{len(course.hurts)} people were hurt: {course.hurts[0]}"
    if empty := [run for run in course.pipelines if run.empty]:
        yield f"a report was empty: {empty[0]}"
    if course.ended_at - course.began_at < timedelta(seconds=30):
        yield "too short to be a recording"
