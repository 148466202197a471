"""The stories: what is done to the clinic, and when. The seed moves the times and picks the harmless changes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

Story = Literal["friday", "two", "calm"]
Task = Literal["deploy", "deploy:config", "deploy:migrations"]

DEPLOYMENTS = {"appointments-api": "appt-web", "invoicing": "inv-api", "messaging": "msg-worker"}
KINDS: dict[Task, str] = {"deploy": "deploy", "deploy:config": "config", "deploy:migrations": "schema"}


@dataclass(frozen=True, slots=True)
class Change:
    """Something a team moves in production and tells GitHub about.

    `version` and `settings` are rolled out (`deploy`) or set in running pods (`deploy:config`);
    `statement` is carried out on the database (`deploy:migrations`). `facts` go into the deployment's payload.
    """

    repository: str
    task: Task
    description: str
    version: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    statement: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    guilty: bool = False


@dataclass(frozen=True, slots=True)
class Traffic:
    """From now on: requests per second of patients and partners; None leaves one as it is."""

    patient: float | None = None
    partner: float | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One run of the warehouse's pipeline; with `fail_job` that job fails first, and the run is tried again."""

    fail_job: str = ""


@dataclass(frozen=True, slots=True)
class Letters:
    """Tickets about nothing of interest, written at once."""

    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vendor:
    """The vendor of text messages breaks or is mended."""

    broken: bool


@dataclass(frozen=True, slots=True)
class Onslaught:
    """Partners begin a new pattern just after the autoscaler looked; once it has scaled out, `then` is done."""

    partner: float
    then: Change


Act = Change | Traffic | Pipeline | Letters | Vendor | Onslaught


@dataclass(frozen=True, slots=True)
class Step:
    """An act and its time, in seconds after the recording began."""

    at_s: float
    act: Act


@dataclass(frozen=True, slots=True)
class Plan:
    """A story with its times fixed; steps are in order of time. `pipeline_after_harm_s`: how long after the
    first error a further pipeline run begins, None for no such run."""

    story: Story
    seed: int
    length_s: float
    steps: tuple[Step, ...]
    pipeline_after_harm_s: float | None = None


# Nothing begins in the last seconds, so that what began is recorded to its end.
END_S = 8.0
PATIENTS = 4.0
SURGE = 6.7
PARTNERS = 15.0

BOOKING_24 = Change(
    "appointments-api", "deploy", "Release 2.4.0: referral references, larger pools", version="2.4.0",
    settings={"pool_size": 12}, facts={"db_pool_size": 12}, guilty=True,
)  # fmt: skip
BOOKING_LOG_LEVEL = Change(
    "appointments-api", "deploy:config", "Log warnings only", settings={"log_level": "warning"},
    facts={"log_level": "warning"},
)  # fmt: skip
BOOKING_INDEX = Change(
    "appointments-api", "deploy:migrations", "Index for the day view",
    statement="create index visits_booked_at on visits (booked_at)",
    facts={"migration": "0041_visits_booked_at_index"},
)  # fmt: skip
BOOKING_PATCH = Change(
    "appointments-api", "deploy", "Release 2.3.1: typo in the day view", version="2.3.1",
    facts={"db_pool_size": 4},
)  # fmt: skip
BOOKING_TIMEOUT = Change(
    "appointments-api", "deploy:config", "Wait longer for calls after a booking", settings={"call_timeout_s": 6},
    facts={"call_timeout_s": 6},
)  # fmt: skip
BILLING_PATCH = Change(
    "invoicing", "deploy", "Release 5.1.3: dependency updates", version="5.1.3", facts={"db_pool_size": 3}
)  # fmt: skip
BILLING_INDEX = Change(
    "invoicing", "deploy:migrations", "Index for the dunning run",
    statement="create index invoices_visit_id on invoices (visit_id)",
    facts={"migration": "0030_invoices_visit_id_index"},
)  # fmt: skip
BILLING_LOG_LEVEL = Change(
    "invoicing", "deploy:config", "Debug logging for the auditors", settings={"log_level": "debug"},
    facts={"log_level": "debug"},
)  # fmt: skip
BILLING_RENAME = Change(
    "invoicing", "deploy:migrations", "Amounts in minor units for all currencies",
    statement="alter table invoices rename column amount_cents to net_amount_minor",
    facts={"migration": "0031_invoices_net_amount_minor"}, guilty=True,
)  # fmt: skip
NOTIFY_PATCH = Change("messaging", "deploy", "Release 1.9.1: shorter texts", version="1.9.1")
NOTIFY_TIMEOUT = Change(
    "messaging", "deploy:config", "Longer timeout towards the carrier", settings={"vendor_timeout_s": 2.5},
    facts={"vendor_timeout_s": 2.5},
)  # fmt: skip
NOTIFY_LOG_LEVEL = Change(
    "messaging", "deploy:config", "Log warnings only", settings={"log_level": "warning"},
    facts={"log_level": "warning"},
)  # fmt: skip

UNRELATED = ("unrelated_care", "unrelated_figures")


def plan(story: Story, seed: int, minutes: float = 6.0) -> Plan:
    """The story as this seed tells it; `minutes` counts for `calm` only."""
    rng = random.Random(f"{story} {seed}")
    if story == "friday":
        return _ordered(story, seed, 390.0, _friday(rng), pipeline_after_harm_s=rng.uniform(6, 12))
    if story == "two":
        return _ordered(story, seed, 390.0, _two(rng))
    return _ordered(story, seed, minutes * 60.0, _calm(rng, minutes * 60.0))


def _ordered(
    story: Story,
    seed: int,
    length_s: float,
    steps: Iterator[Step],
    pipeline_after_harm_s: float | None = None,
) -> Plan:
    in_time = tuple(
        sorted((step for step in steps if step.at_s < length_s - END_S), key=lambda step: step.at_s)
    )
    return Plan(story, seed, length_s, in_time, pipeline_after_harm_s)


def _friday(rng: random.Random) -> Iterator[Step]:
    release_s = rng.uniform(168, 180)
    before = [BOOKING_INDEX, NOTIFY_PATCH, BILLING_PATCH, rng.choice((BILLING_INDEX, BOOKING_PATCH))]
    yield from _scattered(rng, before, 14.0, 148.0)
    yield from _surge(rng, rng.uniform(28, 45))
    yield from _pipelines(rng, (8.0, 62.0, 122.0))
    yield from _chatter(rng, 390.0, burst_s=rng.uniform(70, 150))
    yield Step(release_s, BOOKING_24)
    last = rng.choice((BOOKING_LOG_LEVEL, BOOKING_TIMEOUT))
    yield Step(rng.uniform(230, 238), Onslaught(PARTNERS, then=last))
    yield Step(rng.uniform(320, 345), rng.choice((NOTIFY_LOG_LEVEL, NOTIFY_TIMEOUT)))


def _two(rng: random.Random) -> Iterator[Step]:
    guilty_s = rng.uniform(184, 192)
    before = [NOTIFY_LOG_LEVEL, BOOKING_INDEX, rng.choice((BOOKING_PATCH, BILLING_PATCH)), BILLING_INDEX]
    yield from _scattered(rng, before, 14.0, 170.0)
    yield from _surge(rng, rng.uniform(28, 45))
    yield from _pipelines(rng, (8.0, 62.0, 122.0))
    yield from _chatter(rng, 390.0, burst_s=rng.uniform(70, 150))
    yield Step(guilty_s, BILLING_RENAME)
    yield Step(guilty_s + rng.uniform(8, 11), BILLING_LOG_LEVEL)
    yield Step(guilty_s + rng.uniform(13, 16), NOTIFY_TIMEOUT)
    yield Step(guilty_s + rng.uniform(22, 28), Vendor(broken=True))
    yield from _pipelines(rng, (guilty_s + 32.0, guilty_s + 95.0))
    yield Step(rng.uniform(300, 320), BOOKING_LOG_LEVEL)
    yield Step(rng.uniform(345, 355), Vendor(broken=False))


def _calm(rng: random.Random, length_s: float) -> Iterator[Step]:
    """Six minutes of ordinary life, again and again; what can be changed only once is changed in the first."""
    once = [BOOKING_INDEX, BILLING_INDEX, BOOKING_PATCH, BILLING_PATCH, NOTIFY_PATCH]
    again = [BOOKING_LOG_LEVEL, BOOKING_TIMEOUT, BILLING_LOG_LEVEL, NOTIFY_TIMEOUT, NOTIFY_LOG_LEVEL]
    lap_s, begin_s = 360.0, 0.0
    while begin_s < length_s:
        end_s = min(begin_s + lap_s, length_s)
        lap = [*once, *rng.sample(again, 2)] if begin_s == 0.0 else rng.sample(again, 3)
        yield from _scattered(rng, lap, begin_s + 14.0, end_s - 25.0)
        yield from _surge(rng, begin_s + rng.uniform(40, 150))
        n_pipelines = max(1, int((end_s - begin_s) / 75.0))
        yield from _pipelines(rng, [begin_s + 8.0 + 75.0 * n for n in range(n_pipelines)])
        yield from _chatter(rng, end_s - begin_s, burst_s=rng.uniform(70, 150), begin_s=begin_s)
        begin_s += lap_s


def _scattered(rng: random.Random, changes: list[Change], begin_s: float, end_s: float) -> Iterator[Step]:
    """The changes in random order, evenly spread with jitter, never two at the same moment."""
    slot_s = (end_s - begin_s) / len(changes)
    for n, change in enumerate(rng.sample(changes, len(changes))):
        yield Step(begin_s + slot_s * (n + rng.uniform(0.05, 0.55)), change)


def _surge(rng: random.Random, at_s: float) -> Iterator[Step]:
    """Enough for one more pod for a while, which the autoscaler adds and later takes away."""
    yield Step(0.0, Traffic(patient=PATIENTS + rng.uniform(-0.2, 0.2)))
    yield Step(at_s, Traffic(patient=SURGE))
    yield Step(at_s + rng.uniform(27, 33), Traffic(patient=PATIENTS + rng.uniform(-0.3, 0.3)))


def _pipelines(rng: random.Random, at_s: list[float] | tuple[float, ...]) -> Iterator[Step]:
    """Runs of the pipeline; in the first group of runs one has a job that fails at first."""
    unlucky = rng.randrange(1, len(at_s)) if len(at_s) > 2 else None
    for n, begin_s in enumerate(at_s):
        fails = rng.choice(("load.inv.invoices", "load.appt.visits")) if n == unlucky else ""
        yield Step(begin_s + rng.uniform(0, 5), Pipeline(fail_job=fails))


def _chatter(rng: random.Random, length_s: float, *, burst_s: float, begin_s: float = 0.0) -> Iterator[Step]:
    """Unrelated tickets: one now and then, and three at once."""
    at_s = rng.uniform(5, 40)
    while at_s < length_s - 5:
        yield Step(begin_s + at_s, Letters((rng.choice(UNRELATED),)))
        at_s += rng.uniform(45, 110)
    if burst_s < length_s - 5:
        yield Step(begin_s + burst_s, Letters(("unrelated_care",) * 3))
