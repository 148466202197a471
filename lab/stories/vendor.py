"""Vendor: the carrier of text messages fails while the release that sends them is new, and innocent."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

from lab.answer import VENDOR_FAILS
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
from lab.plan import Plan, Step, Vendor, in_order

LENGTH_S = 390.0
HOW: tuple[Literal["errors", "hangs", "gone"], ...] = ("gone", "errors", "hangs")
MIN_MISSING_MESSAGES = 100
MAX_PODS = 4
# From the announced release to the vendor's first failure.
APART_S = (33.0, 50.0)


def tell(seed: int, _minutes: float) -> Plan:
    """Seeds take turns in how the vendor fails."""
    steps = in_order(_steps(random.Random(f"vendor {seed}"), Vendor(HOW[seed % len(HOW)])), LENGTH_S)
    return Plan("vendor", seed, LENGTH_S, steps, (VENDOR_FAILS,))


def _steps(rng: random.Random, outage: Vendor) -> Iterator[Step]:
    release_s = rng.uniform(142, 152)
    before = [BOOKING_INDEX, rng.choice((BOOKING_PATCH, BILLING_PATCH)), BILLING_INDEX, BILLING_LOG_LEVEL]
    yield from scattered(rng, before, 14.0, 126.0)
    yield from surge(rng, rng.uniform(28, 45))
    yield from pipelines(rng, (8.0, 62.0, 122.0, 196.0, 270.0, 340.0))
    yield from chatter(rng, LENGTH_S, burst_s=rng.uniform(70, 150))
    yield Step(release_s, NOTIFY_PATCH)
    first, last = rng.sample((NOTIFY_TIMEOUT, NOTIFY_LOG_LEVEL), 2)
    yield Step(release_s + rng.uniform(14, 18), first)
    yield Step(release_s + rng.uniform(24, 30), rng.choice((BOOKING_LOG_LEVEL, BOOKING_TIMEOUT)))
    yield Step(release_s + rng.uniform(35, 45), outage)
    yield Step(rng.uniform(300, 320), last)
    if rng.random() < 0.5:
        yield Step(rng.uniform(370, 378), Vendor())


def complaints(course: Course) -> Iterator[str]:
    """What this run lacks of the story."""
    if failed := kinds(course, "cannot_book"):
        yield f"{len(failed)} bookings failed: {failed[0].said}"
    missing = kinds(course, "no_sms")
    if len(missing) < MIN_MISSING_MESSAGES:
        yield f"only {len(missing)} patients missed their message"
    if empty := [run for run in course.pipelines if run.empty]:
        yield f"a report was empty: {empty[0]}"
    if any(rescale.n_after > MAX_PODS for rescale in course.rescales):
        yield "the autoscaler overdid it"
    yield from _innocent_release(course)


def _innocent_release(course: Course) -> Iterator[str]:
    """The new release has to send messages for a while before the vendor fails."""
    released = next((done for done in course.changes if done.change is NOTIFY_PATCH), None)
    if released is None or course.vendor_failed_at is None:
        yield "the release or the outage is missing"
        return
    announced_ago = course.vendor_failed_at - released.began_at
    if not APART_S[0] <= announced_ago / timedelta(seconds=1) <= APART_S[1]:
        yield f"the vendor failed {announced_ago} after the release was announced"
    if released.done_at > course.vendor_failed_at - timedelta(seconds=8):
        yield "the release was not at work before the vendor failed"
    if any(hurt.at < course.vendor_failed_at for hurt in course.hurts):
        yield "somebody was hurt before the vendor failed"
