"""People's acts over HTTP: every one needs a person's token, and stands in the name of that person."""

from collections.abc import Sequence

from litestar import post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from litestar.types import ControllerRouterHandler

from seamline.app.act import Accept, Acknowledge, Check, Correct, Decide, Decline, Erase, HandDown, HandOver
from seamline.http import api as shapes
from seamline.http.api import Api

Verbs = NamedDependency[SkipValidation[Api]]


@post("/incidents/{incident:str}/acknowledge", status_code=200, sync_to_thread=True)
def acknowledge(api: Verbs, person: str, incident: str) -> shapes.Recorded:
    """The person told says: mine."""
    return api.act(Acknowledge(incident), person)


@post("/incidents/{incident:str}/hand-over", status_code=200, sync_to_thread=True)
def hand_over(api: Verbs, person: str, incident: str, data: shapes.HandOver) -> shapes.Recorded:
    """The incident goes to another person."""
    return api.act(HandOver(incident, data.to, data.why), person)


@post("/incidents/{incident:str}/correct", status_code=200, sync_to_thread=True)
def correct(api: Verbs, person: str, incident: str, data: shapes.Correction) -> shapes.Recorded:
    """A person's word on the incident."""
    c = data
    return api.act(Correct(incident, c.verdict, c.cause_key, c.into, c.symptoms, c.note), person)


@post("/seams/hand-down", status_code=200, sync_to_thread=True)
def hand_down(api: Verbs, person: str, data: HandDown) -> shapes.Recorded:
    """A seam is offered to one person below its own; theirs once they accept."""
    return api.act(data, person)


@post("/seams/accept", status_code=200, sync_to_thread=True)
def accept(api: Verbs, person: str, data: Accept) -> shapes.Recorded:
    """The receiver takes the offer of a seam."""
    return api.act(data, person)


@post("/seams/decline", status_code=200, sync_to_thread=True)
def decline(api: Verbs, person: str, data: Decline) -> shapes.Recorded:
    """The receiver refuses the offer of a seam, or gives it back."""
    return api.act(data, person)


@post("/decisions", status_code=200, sync_to_thread=True)
def decide(api: Verbs, person: str, data: Decide) -> shapes.Recorded:
    """The decider of a verdict passes or holds the change."""
    return api.act(data, person)


@post("/checks", status_code=200, sync_to_thread=True)
def check(api: Verbs, person: str, data: Check) -> shapes.Recorded:
    """What `check` said of a step is put on record; the whole-stack owner's to ask for."""
    return api.act(data, person)


@post("/deliveries/erase", status_code=200, sync_to_thread=True)
def erase(api: Verbs, person: str, data: Erase) -> shapes.Recorded:
    """Bodies of deliveries go for good; the whole-stack owner's to ask for."""
    return api.act(data, person)


ACTS: Sequence[ControllerRouterHandler] = (
    acknowledge,
    hand_over,
    correct,
    hand_down,
    accept,
    decline,
    decide,
    check,
    erase,
)
