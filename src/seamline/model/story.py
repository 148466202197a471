"""One incident told to people: what happened when, in every domain, and why one thing is held to be the cause.

Made by `app.views.why`; drawn by the terminal, the console and the agents' door, which add no fact of their own.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from msgspec import Struct

from seamline.model.incident import Incident
from seamline.model.stack import Seam
from seamline.model.verdict import Verdict

LineKind = Literal["change", "symptom", "alert", "ticket", "run", "told", "held"]


class StoryLine(Struct, frozen=True):
    """One thing that happened in one domain. `strength` is a symptom's, as in `model.symptom`."""

    at: datetime
    text: str  # one line for people, with figures
    kind: LineKind
    strength: float = 0.0
    entity: str = ""
    guilty: bool = False  # a change that the leading cause consists of
    n_alike: int = 1  # how many like it this line stands for
    seqs: tuple[int, ...] = ()


class PathStep(Struct, frozen=True):
    """One hop of the leading cause's way to a symptom, in words."""

    source: str  # ref
    target: str  # ref
    words: str  # "opens connections to", "is read by"
    expected_s: float
    seen_s: float | None = None  # between the onsets at both ends; None where one end showed nothing


class Story(Struct, frozen=True):
    """Everything that is shown of one incident as of a time.

    `incident.causes` holds the causes with their evidence, best first. `lanes` maps a domain to its lines,
    oldest first; the order of the lanes is `refs.DOMAINS`.
    """

    incident: Incident
    as_of: datetime
    cause: str  # one sentence, no name of a person in it
    person: str  # name of the accountable person
    why_person: str  # by which rule, in words
    lanes: Mapping[str, tuple[StoryLine, ...]]
    seam: Seam | None = None
    path: tuple[PathStep, ...] = ()
    runner_up: str = ""  # the second cause, one sentence
    separates: str = ""  # the fact that tells the two apart
    verdict: Verdict | None = None  # what the gate says when the same change is announced again
    time_zone: str = "UTC"  # IANA name the times are shown in
