"""Two: a migration empties a report while the vendor of text messages fails; the two share no symptom."""

import random
from collections.abc import Iterator

from lab.answer import BILLING, INSIGHTS, INVOICES, RAW_INVOICES, REPORT_REVENUE, VENDOR_FAILS, Answer
from lab.changes import (
    BILLING_INDEX,
    BILLING_LOG_LEVEL,
    BILLING_PATCH,
    BOOKING_INDEX,
    BOOKING_LOG_LEVEL,
    BOOKING_PATCH,
    NOTIFY_LOG_LEVEL,
    NOTIFY_TIMEOUT,
)
from lab.checks import kinds, misread
from lab.course import Course
from lab.ordinary import chatter, pipelines, scattered, surge
from lab.plan import Change, Plan, Step, Vendor, in_order

LENGTH_S = 390.0
MIN_MISSING_MESSAGES = 30
MAX_PODS = 4

BILLING_RENAME = Change(
    "invoicing", "deploy:migrations", "Amounts in minor units for all currencies",
    statement="alter table invoices rename column amount_cents to net_amount_minor",
    facts={"migration": "0031_invoices_net_amount_minor"}, guilty=True,
)  # fmt: skip
COLUMN_GONE = Answer(
    "change",
    BILLING,
    ("job:warehouse/load.inv.invoices", INVOICES, "reads"),
    "mara",
    (REPORT_REVENUE, RAW_INVOICES, INSIGHTS),
)


def tell(seed: int, _minutes: float) -> Plan:
    """The migration, harmless changes, the vendor's outage."""
    steps = in_order(_steps(random.Random(f"two {seed}")), LENGTH_S)
    return Plan("two", seed, LENGTH_S, steps, (VENDOR_FAILS, COLUMN_GONE))


def _steps(rng: random.Random) -> Iterator[Step]:
    guilty_s = rng.uniform(184, 192)
    before = [NOTIFY_LOG_LEVEL, BOOKING_INDEX, rng.choice((BOOKING_PATCH, BILLING_PATCH)), BILLING_INDEX]
    yield from scattered(rng, before, 14.0, 170.0)
    yield from surge(rng, rng.uniform(28, 45))
    yield from pipelines(rng, (8.0, 62.0, 122.0))
    yield from chatter(rng, LENGTH_S, burst_s=rng.uniform(70, 150))
    yield Step(guilty_s, BILLING_RENAME)
    yield Step(guilty_s + rng.uniform(8, 11), BILLING_LOG_LEVEL)
    yield Step(guilty_s + rng.uniform(13, 16), NOTIFY_TIMEOUT)
    yield Step(guilty_s + rng.uniform(22, 28), Vendor("overload"))
    yield from pipelines(rng, (guilty_s + 32.0, guilty_s + 95.0))
    yield Step(rng.uniform(300, 320), BOOKING_LOG_LEVEL)
    yield Step(rng.uniform(345, 355), Vendor())


def complaints(course: Course) -> Iterator[str]:
    """What this run lacks of the story."""
    if failed := kinds(course, "cannot_book"):
        yield f"{len(failed)} bookings failed: {failed[0].said}"
    missing = kinds(course, "no_sms")
    if len(missing) < MIN_MISSING_MESSAGES:
        yield f"only {len(missing)} patients missed their message"
    yield from misread(course, "revenue")
    if any(rescale.n_after > MAX_PODS for rescale in course.rescales):
        yield "the autoscaler overdid it"
