"""Causes and incidents: the opinion, and what of it became a record."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

CauseKind = Literal["change", "latent", "collision", "unknown", "nothing"]


class Hop(Struct, frozen=True):
    """One relation on the way from the cause to a symptom, in the direction the fault travelled."""

    source: str
    target: str
    relation: str  # kind, as stored
    probability: float
    delay_s: float  # expected


class Evidence(Struct, frozen=True):
    """One line for or against a cause. `weight` is its log-likelihood ratio against the runner-up's world."""

    text: str
    weight: float
    observable: str = ""
    seqs: tuple[int, ...] = ()
    path: tuple[Hop, ...] = ()
    delay_s: float | None = None  # from the cause to the onset, as seen


class Cause(Struct, frozen=True):
    """Why: a change, a latent fault, a collision, something outside the map, or nothing at all."""

    key: str  # stable identity: "change:<id>", "latent:<ref>", "collision:<id>+<id>", "unknown", "nothing"
    kind: CauseKind
    changes: tuple[str, ...]  # event ids
    entity: str
    at: datetime | None
    probability: float
    seam: tuple[str, str, str] | None
    title: str
    evidence_for: tuple[Evidence, ...] = ()
    evidence_against: tuple[Evidence, ...] = ()


class Carried(Struct, frozen=True):
    """How many of an incident's tickets bear its number in their own tool."""

    n_tied: int = 0
    n_carry: int = 0
    n_refused: int = 0  # tried, and never will
    held: bool = False  # the action is off: those that don't carry it would


class Incident(Struct, frozen=True):
    """Symptoms that one cause explains, across domains, with exactly one accountable person.

    Before a record minted the id it is "" (an opinion that has not crossed the line).
    """

    id: str
    state: Literal["candidate", "open", "closed"]
    opened_at: datetime | None
    accountable: str
    why_person: str
    causes: tuple[Cause, ...]  # best first; probabilities sum to 1
    symptoms: tuple[str, ...]  # observable ids
    entities: tuple[str, ...]
    domains: tuple[str, ...]
    told: tuple[tuple[str, datetime], ...] = ()
    acknowledged_at: datetime | None = None
    since: datetime | None = None  # first onset among the symptoms that still go on
    latest: datetime | None = None  # and the last one
    weight: float = 0.0  # nats by which its cause beats *nothing happened*, prior included
    confirmed: str = ""  # key of the cause that a person confirmed or named; it stands first
    proposed: str = ""  # a hand-over that the evidence asks for
    calibrated: str = "not calibrated"
    history_s: float = 0.0
    environment: str = ""
    ask: str = ""  # the fact that would change the answer most
    tickets: tuple[str, ...] = ()  # event ids of the tickets that belong to it, oldest first
    carried: Carried = Carried()
