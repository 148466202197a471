"""What runs in the clinic before a recording begins, by story: pods of which program, at which version."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Part:
    """A Deployment: its scrape job, program module, version, pods, and its settings besides the addresses."""

    name: str
    job: str
    module: str
    version: str
    n_replicas: int
    settings: dict[str, Any]


BILLING = Part(
    "inv-api",
    "inv",
    "lab.clinic.billing",
    "5.1.2",
    2,
    {"pool_size": 3, "price_cache_s": 55, "log_level": "info"},
)
NOTIFY = Part(
    "msg-worker", "msg", "lab.clinic.notify", "1.9.0", 1, {"vendor_timeout_s": 2, "log_level": "info"}
)
BOOKING = Part(
    "appt-web", "appt", "lab.clinic.booking", "2.3.0", 2,
    {"pool_size": 4, "call_timeout_s": 4, "log_level": "info"},
)  # fmt: skip
TRIAGE = Part(
    "triage-api", "tri", "lab.clinic.triage.service", "1.4.0", 2,
    {"pool_size": 1, "model_version": "7", "log_level": "info"},
)  # fmt: skip

# In order of start: booking is told where the others are.
CLINIC = (BILLING, NOTIFY, BOOKING)


def with_triage(*asked: str, n_replicas: int = 2) -> tuple[Part, ...]:
    """The clinic with triage, where booking asks these Deployments before it books; so many pods of each asked."""
    booking = replace(BOOKING, settings=BOOKING.settings | {"asks": list(asked)})
    billing = replace(BILLING, settings=BILLING.settings | {"pool_size": 2})
    parts = (billing, NOTIFY, TRIAGE, booking)
    return tuple(replace(part, n_replicas=n_replicas) if part.name in asked else part for part in parts)


def runs_triage(cast: Iterable[Part]) -> bool:
    """Whether there is a triage service to ask, to train for and to check."""
    return any(part.name == TRIAGE.name for part in cast)
