"""Forms that programs read: fixed names, whatever the records are called inside."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from seamline.model.incident import Cause, Incident


class ToldForm(Struct, frozen=True):
    """Who was told, and when."""

    person: str
    at: datetime


class CauseForm(Struct, frozen=True):
    """One cause that competes."""

    kind: Literal["change", "latent", "collision", "unknown"]
    changes: tuple[str, ...]
    entity: str
    seam: tuple[str, str, str] | None
    probability: float


class TicketsForm(Struct, frozen=True):
    """How many tickets are tied to it, and how many of them bear its number in their own tool."""

    tied: int
    carry: int
    refused: int
    held: bool  # the action is off: those that don't carry it would


class IncidentForm(Struct, frozen=True):
    """One incident."""

    id: str
    opened_at: datetime | None
    state: str
    accountable: str
    told: tuple[ToldForm, ...]
    causes: tuple[CauseForm, ...]
    entities: tuple[str, ...]
    domains: tuple[str, ...]
    tickets: TicketsForm


def incident_form(incident: Incident) -> IncidentForm:
    """The form of an incident; causes best first, their probabilities sum to 1."""
    c = incident.carried
    return IncidentForm(
        id=incident.id,
        opened_at=incident.opened_at,
        state=incident.state,
        accountable=incident.accountable,
        told=tuple(ToldForm(person, at) for person, at in incident.told),
        causes=_causes(incident.causes),
        entities=incident.entities,
        domains=incident.domains,
        tickets=TicketsForm(c.n_tied, c.n_carry, c.n_refused, c.held),
    )


def _causes(causes: tuple[Cause, ...]) -> tuple[CauseForm, ...]:
    """Best first. *Nothing happened* has no form of its own: like `unknown`, it names no cause on the map."""
    outside = [c for c in causes if c.kind in ("unknown", "nothing")]
    forms = [
        CauseForm(c.kind, c.changes, c.entity, c.seam, c.probability)
        for c in causes
        if c.kind != "unknown" and c.kind != "nothing"
    ]
    if outside:
        forms.append(CauseForm("unknown", (), "", None, sum(c.probability for c in outside)))
    return tuple(sorted(forms, key=lambda c: -c.probability))
