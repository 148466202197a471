"""Records: what Seamline told, held, decided or was told. Deliveries of source `seamline`, never recomputed.

The body is the struct as JSON with its `schema` tag (`seamline/told/v1`). `by` is a person id, or `seamline`
for what it did by itself. Times are aware UTC.
"""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from seamline.model.delivery import Received
from seamline.model.incident import CauseKind
from seamline.model.intent import Step
from seamline.model.organisation import HandDown
from seamline.model.verdict import Verdict

SOURCE = "seamline"
SELF = "seamline"  # `by` of what Seamline does on its own


class Record(Struct, frozen=True, tag_field="schema"):
    """What all records have: who, and when."""

    by: str
    at: datetime


class ConfigSet(Record, frozen=True, tag="seamline/config/v1"):
    """`seamline.toml` as it came into force. The latest valid one counts."""

    text: str


class Tick(Record, frozen=True, tag="seamline/tick/v1"):
    """Time went by while something was open: moves `as_of`, says nothing else."""


class Opened(Record, frozen=True, tag="seamline/opened/v1"):
    """An incident crossed the line. Mints its id and tells its one person."""

    incident: str
    accountable: str
    why_person: str
    cause_kind: CauseKind
    cause_key: str
    cause_entity: str
    changes: tuple[str, ...]
    seam: tuple[str, str, str] | None
    probability: float
    symptoms: tuple[str, ...]  # observable ids it explained when it opened
    history_s: float  # how much history the opinion stood on


class Amended(Record, frozen=True, tag="seamline/amended/v1"):
    """The opinion on an open incident changed so far that its person should know. Changes no earlier record."""

    incident: str
    cause_kind: CauseKind
    cause_key: str
    cause_entity: str
    changes: tuple[str, ...]
    seam: tuple[str, str, str] | None
    probability: float
    symptoms: tuple[str, ...]
    proposed: str = ""  # person a hand-over is proposed to, when the odds against the present seam pass 10


class Told(Record, frozen=True, tag="seamline/told/v1"):
    """One person was told of one incident, and how. `channel` "digest": notifications are switched off."""

    incident: str
    person: str
    channel: str


class Acknowledged(Record, frozen=True, tag="seamline/acknowledged/v1"):
    """The person told said: mine."""

    incident: str


class HandedOver(Record, frozen=True, tag="seamline/hand-over/v1"):
    """The incident's person changed. The only way it ever does."""

    incident: str
    to: str
    why: str


class SeamHandedDown(Record, frozen=True, tag="seamline/hand-down/v1"):
    """A seam was handed down, accepted or declined."""

    hand_down: HandDown


class Corrected(Record, frozen=True, tag="seamline/correction/v1"):
    """A person's word on an incident."""

    incident: str
    verdict: Literal["confirmed", "wrong_cause", "merge", "split", "not_an_incident"]
    into: str = ""  # merge: the incident it belongs to
    cause_key: str = ""  # wrong_cause: the right one, where known
    symptoms: tuple[str, ...] = ()  # split: observable ids that are something else
    note: str = ""


class Closed(Record, frozen=True, tag="seamline/closed/v1"):
    """The incident is over: its symptoms ended, or a person said so."""

    incident: str
    why: str


class Linked(Record, frozen=True, tag="seamline/linked/v1"):
    """A ticket of an incident bears its number, or why not. `held`: the action is off, this would have been said."""

    incident: str
    ticket: str  # event id
    tool: str
    number: str  # of the ticket, as its tool counts
    step: Step
    outcome: Literal["done", "retry", "failed", "held"]  # retry: given up for now
    text: str = ""
    why: str = ""


class VerdictGiven(Record, frozen=True, tag="seamline/verdict/v1"):
    """The gate's answer to a change; a hold is one with outcome `hold`."""

    verdict: Verdict


class Decided(Record, frozen=True, tag="seamline/decision/v1"):
    """A choice by the one decider: an override of a hold, a waiver."""

    question: str
    choice: str
    subject: str  # change or incident id
    note: str = ""
    review_at: datetime | None = None


class Erased(Record, frozen=True, tag="seamline/erased/v1"):
    """Bodies were removed at these log positions, and why."""

    seqs: tuple[int, ...]
    why: str


AnyRecord = (
    ConfigSet
    | Tick
    | Opened
    | Amended
    | Told
    | Acknowledged
    | HandedOver
    | SeamHandedDown
    | Corrected
    | Closed
    | Linked
    | VerdictGiven
    | Decided
    | Erased
)

_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_encode = msgspec.json.Encoder(order="deterministic").encode


def to_received(record: AnyRecord, received_at: datetime) -> Received:
    """The delivery that carries a record into the log."""
    body = _encode(record)
    kind = type(record).__struct_config__.tag
    return Received(SOURCE, "", {"x-seamline-kind": str(kind)}, body, received_at)


def from_body(body: bytes) -> AnyRecord:
    """The record in a delivery's body. Raises msgspec.DecodeError for a kind this version doesn't know."""
    return _decoder.decode(body)
