"""Column: a migration moves what the warehouse reads. The service copes, nothing fails, a report is empty."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from lab.answer import (
    BILLING,
    BOOKING,
    INSIGHTS,
    INVOICES,
    RAW_INVOICES,
    RAW_VISITS,
    REPORT_REFERRALS,
    REPORT_REVENUE,
    VISITS,
    Answer,
)
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
from lab.checks import guilty, misread
from lab.course import Course
from lab.ordinary import chatter, pipelines, scattered, surge
from lab.plan import Change, Plan, Step, in_order

LENGTH_S = 390.0
MAX_PODS = 4


@dataclass(frozen=True, slots=True)
class Side:
    """A table that the warehouse reads, and the harmless changes of those who own it."""

    release: Change
    index: Change
    setting: Change
    other_release: Change
    other_index: Change
    answer: Answer


VISITS_SIDE = Side(
    BOOKING_PATCH,
    BOOKING_INDEX,
    BOOKING_LOG_LEVEL,
    BILLING_PATCH,
    BILLING_INDEX,
    Answer(
        "change",
        BOOKING,
        ("job:warehouse/load.appt.visits", VISITS, "reads"),
        "mara",
        (RAW_VISITS, REPORT_REFERRALS, INSIGHTS),
    ),
)
INVOICES_SIDE = Side(
    BILLING_PATCH,
    BILLING_INDEX,
    BILLING_LOG_LEVEL,
    BOOKING_PATCH,
    BOOKING_INDEX,
    Answer(
        "change",
        BILLING,
        ("job:warehouse/load.inv.invoices", INVOICES, "reads"),
        "mara",
        (RAW_INVOICES, REPORT_REVENUE, INSIGHTS),
    ),
)
REFERRAL_RENAMED = Change(
    "appointments-api", "deploy:migrations", "Partner references under the name the partners use",
    statement="alter table visits rename column referral_code to referral_ref",
    facts={"migration": "0042_visits_referral_ref"}, guilty=True,
)  # fmt: skip
REFERRAL_MOVED = Change(
    "appointments-api", "deploy:migrations", "Referrals get a table of their own",
    statement="create table referrals as select visit_id, referral_code from visits where referral_code is not null; "
    "alter table referrals owner to clinic_app; "
    "alter table visits drop column referral_code",
    facts={"migration": "0042_referrals"}, guilty=True,
)  # fmt: skip
AMOUNT_RENAMED = Change(
    "invoicing", "deploy:migrations", "Net and gross amounts told apart",
    statement="alter table invoices rename column amount_cents to net_amount_minor",
    facts={"migration": "0031_invoices_net_amount"}, guilty=True,
)  # fmt: skip
AMOUNT_DECIMAL = Change(
    "invoicing", "deploy:migrations", "Amounts as decimals",
    statement="alter table invoices add column net_amount numeric(12, 2); "
    "update invoices set net_amount = amount_cents / 100.0; "
    "alter table invoices drop column amount_cents",
    facts={"migration": "0031_invoices_net_amount_decimal"}, guilty=True,
)  # fmt: skip
MIGRATIONS = (
    (REFERRAL_RENAMED, VISITS_SIDE),
    (REFERRAL_MOVED, VISITS_SIDE),
    (AMOUNT_RENAMED, INVOICES_SIDE),
    (AMOUNT_DECIMAL, INVOICES_SIDE),
)


def tell(seed: int, _minutes: float) -> Plan:
    """Seeds take turns in what is migrated."""
    migration, side = MIGRATIONS[seed % len(MIGRATIONS)]
    steps = in_order(_steps(random.Random(f"column {seed}"), migration, side), LENGTH_S)
    return Plan("column", seed, LENGTH_S, steps, (side.answer,))


def _steps(rng: random.Random, migration: Change, side: Side) -> Iterator[Step]:
    guilty_s = rng.uniform(160, 172)
    before_it, after_it = rng.sample((side.release, side.index), 2)
    before = [before_it, NOTIFY_PATCH, rng.choice((BOOKING_TIMEOUT, NOTIFY_LOG_LEVEL)), side.other_index]
    yield from scattered(rng, before, 14.0, 148.0)
    yield from surge(rng, rng.uniform(28, 45))
    yield from pipelines(rng, (8.0, 62.0, 122.0))
    yield from chatter(rng, LENGTH_S, burst_s=rng.uniform(70, 150))
    yield Step(guilty_s, migration)
    yield Step(guilty_s + rng.uniform(7, 10), after_it)
    yield Step(guilty_s + rng.uniform(14, 18), rng.choice((NOTIFY_TIMEOUT, side.setting)))
    yield from pipelines(rng, (guilty_s + 36.0, guilty_s + 90.0))
    yield from pipelines(rng, (guilty_s + 145.0,))
    yield Step(rng.uniform(285, 310), side.other_release)


def complaints(course: Course) -> Iterator[str]:
    """What this run lacks of the story."""
    if course.hurts:
        yield f"{len(course.hurts)} people were let down by a service: {course.hurts[0]}"
    culprit = guilty(course)
    visits = culprit is not None and culprit.change.repository == "appointments-api"
    yield from misread(course, "referrals" if visits else "revenue")
    if any(rescale.n_after > MAX_PODS for rescale in course.rescales):
        yield "the autoscaler overdid it"
    if culprit and course.harm_from:
        near = [done for done in course.changes if culprit.done_at < done.done_at < course.harm_from]
        if not any(done.change.repository == culprit.change.repository for done in near):
            yield "no harmless change of the same repository between the migration and the first harm"
