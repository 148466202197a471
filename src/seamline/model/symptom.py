"""What is watched, and what of it is abnormal."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

ObservableKind = Literal[
    "error_ratio",
    "latency",
    "saturation",
    "backlog",
    "blocking",
    "vanished",
    "alert",
    "ticket_burst",
    "run_failure",
    "column_gone",
    "null_share",
    "row_count",
    "freshness",
]


class Symptom(Struct, frozen=True):
    """Something abnormal at an entity, from an onset time, with a strength.

    The true onset lies in (`healthy_at`, `onset_at`]: for a scraped series the two are a scrape apart, for a
    dataset a whole schedule.
    """

    onset_at: datetime
    healthy_at: datetime  # last moment it was seen healthy
    strength: float  # robust z or its like: 4 is clear, 10 and more is plain
    detail: str  # one line for people, with figures
    seqs: tuple[int, ...]  # log positions of the deliveries behind it, ascending, at most 20
    ended_at: datetime | None = None
    confirmed_by: int = 1  # independent looks that saw it: samples, tickets, runs


class Observable(Struct, frozen=True):
    """A watched series, alert rule, desk or data check: symptomatic or silent.

    `eps` is how often it is symptomatic in a window when nothing is wrong. `entity` is canonical.
    `slice` tells apart parts of one entity that are watched on their own (an endpoint, a peer, a column).
    """

    id: str  # "kind entity slice": stable over time
    entity: str
    kind: ObservableKind
    eps: float
    watched_since: datetime
    seen_at: datetime  # latest look
    symptom: Symptom | None = None
    slice: str = ""
    environment: str = ""
