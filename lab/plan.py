"""What can be done to the clinic, and a plan of it: every act with its time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from lab.answer import Answer
from lab.cast import CLINIC, Part

Task = Literal["deploy", "deploy:config", "deploy:migrations", "deploy:model"]

DEPLOYMENTS = {
    "appointments-api": "appt-web",
    "invoicing": "inv-api",
    "messaging": "msg-worker",
    "triage": "triage-api",
    "triage-model": "triage-api",
}
KINDS: dict[Task, str] = {
    "deploy": "deploy",
    "deploy:config": "config",
    "deploy:migrations": "schema",
    "deploy:model": "model",
}


@dataclass(frozen=True, slots=True)
class Change:
    """Something a team moves in production and tells GitHub about.

    `version` and `settings` are rolled out (`deploy`) or set in running pods (`deploy:config`, `deploy:model`);
    `statement` is carried out on the database (`deploy:migrations`). `facts` go into the deployment's payload.
    A `deploy` with `pause_s` goes out in steps: one pod, half of them, all, with that pause in between.
    """

    repository: str
    task: Task
    description: str
    version: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    statement: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    guilty: bool = False
    pause_s: float | None = None


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
    """The vendor of text messages breaks in one of its ways, or is mended (`how` is empty)."""

    how: Literal["overload", "errors", "hangs", "gone", ""] = ""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's console takes a lock in the clinic's database and is left open for a while; no tool tells of it."""

    statement: str
    for_s: float


@dataclass(frozen=True, slots=True)
class Wedge:
    """One of the workers in a Deployment's oldest pod gets stuck: it never answers again."""

    deployment: str


@dataclass(frozen=True, slots=True)
class Onslaught:
    """Partners begin a new pattern just after the autoscaler looked; once it has scaled out, `then` is done."""

    partner: float
    then: Change


Act = Change | Traffic | Pipeline | Letters | Vendor | Session | Wedge | Onslaught


@dataclass(frozen=True, slots=True)
class Step:
    """An act and its time, in seconds after the recording began."""

    at_s: float
    act: Act


@dataclass(frozen=True, slots=True)
class Plan:
    """A story with its times fixed; steps are in order of time, `answers` is what is then wrong.

    `pipeline_after_harm_s`: how long after the first error a further pipeline run begins, None for no such run.
    """

    story: str
    seed: int
    length_s: float
    steps: tuple[Step, ...]
    answers: tuple[Answer, ...] = ()
    pipeline_after_harm_s: float | None = None
    cast: tuple[Part, ...] = CLINIC


# Nothing begins in the last seconds, so that what began is recorded to its end.
END_S = 8.0


def in_order(steps: Iterable[Step], length_s: float) -> tuple[Step, ...]:
    """The steps by time, without those too near to the end of the recording."""
    return tuple(sorted((step for step in steps if step.at_s < length_s - END_S), key=lambda step: step.at_s))
