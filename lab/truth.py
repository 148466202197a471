"""What really happened, beside a recording: the answer that an analysis of the recording is measured against."""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from lab.answer import Answer
from lab.course import Course
from lab.plan import Plan
from seamline.model.refs import event_id


def github_event(repository: str, number: int) -> str:
    """The event id of a deployment."""
    return event_id("github", f"deployment:clinic/{repository}:{number}")


def kubernetes_event(uid: str) -> str:
    """The event id of a core/v1 Event."""
    return event_id("kubernetes", f"event:{uid}")


def truth(plan: Plan, course: Course, lines: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The truth file's document, from what was done and from the recorded `lines`; fills `course.harm_from`."""
    guilty = [
        github_event(done.change.repository, done.number) for done in course.changes if done.change.guilty
    ]
    if course.guilty_rescale:
        guilty.append(kubernetes_event(course.guilty_rescale.event))
    harm_from = course.harm_from = first_harm(course, lines)
    return {
        "story": plan.story,
        "seed": plan.seed,
        "harm_from": _stamp(harm_from) if harm_from else None,
        "harm_to": _stamp(course.ended_at) if harm_from else None,
        "incidents": [_incident(answer, guilty) for answer in plan.answers],
        "harmless_changes": sorted(harmless(course)),
    }


def _incident(answer: Answer, guilty: list[str]) -> dict[str, Any]:
    changes = [] if answer.kind == "latent" else guilty
    return {
        "cause": {"kind": answer.kind, "changes": changes, "entity": answer.entity},
        "seam": list(answer.seam),
        "accountable": answer.accountable,
        "must_cover": list(answer.must_cover),
    }


def harmless(course: Course) -> Iterator[str]:
    """Event ids of all changes that broke nothing.

    The Events that a guilty release or rescale caused are the same physical change: neither guilty nor harmless.
    """
    for done in course.changes:
        if not done.change.guilty:
            yield github_event(done.change.repository, done.number)
            yield from map(kubernetes_event, done.event_uids)
    for rescale in course.rescales:
        if rescale != course.guilty_rescale:
            yield from map(kubernetes_event, [rescale.event, *rescale.followed])


def first_harm(course: Course, lines: Iterable[dict[str, Any]]) -> datetime | None:
    """When somebody was first hurt: a failed request, a text message refused, a report's column loaded empty."""
    moments = [hurt.at for hurt in course.hurts[:1]]
    if course.vendor_failed_at:
        moments.append(course.vendor_failed_at)
    empty_runs = [run.began_at for run in course.pipelines if run.empty]
    if empty_runs:
        moments.append(first_load(lines, min(empty_runs)))
    return min(moments, default=None)


def first_load(lines: Iterable[dict[str, Any]], after: datetime) -> datetime:
    """When the first table was loaded after `after`; that moment itself when none was."""
    for line in lines:
        received_at = datetime.fromisoformat(line["received_at"])
        if line["source"] == "openlineage" and received_at >= after:
            event = json.loads(line["body"])
            if event.get("eventType") == "COMPLETE" and event["job"]["name"].startswith("load."):
                return received_at
    return after


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
