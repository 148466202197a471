"""Normalised facts read out of deliveries. Sources make them; the analysis reads nothing else.

`id` is `refs.event_id(source, natural key)`. Of two events with one id the later version counts: by
`version_at`, then by content hash, never by arrival. `seq` is the log position of the delivery.
`entity` is in the tool's own spelling; the map resolves it. `dims` may hold environment, region,
cluster, version and tenant; no environment means the organisation's default.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

ChangeKind = Literal["deploy", "config", "scale", "schema", "model", "flag", "data", "manual"]
ChangeState = Literal["announced", "started", "done", "failed", "reverted"]
RunState = Literal["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]


class Change(Struct, frozen=True, tag="change"):
    """Anything moved in production. It can have had an effect from `at` on."""

    id: str
    source: str
    seq: int
    at: datetime
    version_at: datetime
    entity: str
    kind: ChangeKind
    state: ChangeState
    title: str
    done_at: datetime | None = None
    version: str = ""  # release as people say it: "2.4.0"
    revision: str = ""  # full commit sha or image digest, the strongest evidence for a join
    facts: Mapping[str, float | str] = {}  # what the announcement itself says: db_pool_size, replicas_to ...
    also: tuple[str, ...] = ()  # further refs it touches by its own words
    dims: Mapping[str, str] = {}
    url: str = ""


class Measurement(Struct, frozen=True, tag="measurement"):
    """Samples of one series, oldest first. `times` are epoch seconds; NaN values mark a vanished series."""

    source: str
    seq: int
    series: str  # `metric{a="b",c="d"}` with sorted labels: the natural key of the series
    metric: str
    labels: Mapping[str, str]
    entity: str
    times: tuple[float, ...]
    values: tuple[float, ...]
    delta: bool = False  # each value counts since the one before it: spans, metrics of delta temporality


class Alert(Struct, frozen=True, tag="alert"):
    """An alert of a monitoring tool; natural key: fingerprint and start."""

    id: str
    source: str
    seq: int
    at: datetime  # when it began to fire
    version_at: datetime
    name: str
    fingerprint: str
    entity: str
    labels: Mapping[str, str]
    firing: bool
    ended_at: datetime | None = None
    summary: str = ""
    severity: str = ""
    dims: Mapping[str, str] = {}


class Ticket(Struct, frozen=True, tag="ticket"):
    """A ticket at a desk. `requester` is a pseudonym."""

    id: str
    source: str
    seq: int
    at: datetime  # created
    version_at: datetime
    number: str
    desk: str  # ref
    subject: str
    text: str
    requester: str = ""
    status: str = ""
    priority: str = ""
    tags: tuple[str, ...] = ()
    dims: Mapping[str, str] = {}


class DatasetState(Struct, frozen=True):
    """What a run said of one dataset it read or wrote; None means it said nothing of it."""

    dataset: str  # ref
    columns: tuple[str, ...] | None = None
    n_rows: int | None = None
    null_counts: Mapping[str, int] | None = None  # per column name
    failed_assertions: tuple[str, ...] = ()


class Run(Struct, frozen=True, tag="run"):
    """One state of a run of a data job; natural key: run id and state."""

    id: str
    source: str
    seq: int
    at: datetime
    version_at: datetime
    run_id: str
    job: str  # ref
    state: RunState
    inputs: tuple[DatasetState, ...] = ()
    outputs: tuple[DatasetState, ...] = ()
    column_edges: tuple[tuple[str, str], ...] = ()  # (written column ref, column ref it derives from)
    error: str = ""
    parent_job: str = ""  # ref
    dims: Mapping[str, str] = {}


class MapFact(Struct, frozen=True, tag="map_fact"):
    """A fact of the map: `subject --predicate--> object`.

    `predicate` is a relation kind of `analysis.relations`, `exists` (object ""), `same_as`, or `named`
    (object: a name people use for it).
    """

    id: str
    source: str
    seq: int
    at: datetime
    version_at: datetime
    subject: str
    predicate: str
    object: str = ""
    evidence: str = ""  # one line: why it is believed


class Claim(Struct, frozen=True, tag="claim"):
    """Somebody's word on who owns an entity: CODEOWNERS, a catalogue, an ownership facet."""

    id: str
    source: str
    seq: int
    at: datetime
    version_at: datetime
    entity: str
    owner: str  # as the tool spells it
    evidence: str = ""
    weight: int = 0  # of several claims on one entity the heaviest count


Event = Change | Measurement | Alert | Ticket | Run | MapFact | Claim
Versioned = Change | Alert | Ticket | Run | MapFact | Claim
EVENT_TYPES = (Change, Measurement, Alert, Ticket, Run, MapFact, Claim)
