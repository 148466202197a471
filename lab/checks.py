"""Whether a run told its story: the harm was real, the harmless was harmless, and nothing was refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from lab.course import Course, Done, Hurt
from lab.plan import Plan

MIN_HARMLESS = 6
MIN_FAILED_BOOKINGS = 50
MIN_MISSING_MESSAGES = 30
MAX_CALM_PODS = 4
TOO_MANY = ("too many clients already", "remaining connection slots are reserved")


def complaints(plan: Plan, course: Course, harm_from: datetime | None) -> Iterator[str]:
    """What is wrong with the run, in words; nothing when it may be kept."""
    if sum(not done.change.guilty for done in course.changes) + len(course.rescales) < MIN_HARMLESS:
        yield "fewer than six harmless changes"
    if course.n_refused:
        yield f"the inbox refused {course.n_refused} deliveries"
    match plan.story:
        case "friday":
            yield from _friday(course, harm_from)
        case "two":
            yield from _two(course)
        case "calm":
            yield from _calm(course)


def _kinds(course: Course, kind: str) -> list[Hurt]:
    return [hurt for hurt in course.hurts if hurt.kind == kind]


def _guilty(course: Course) -> Done | None:
    return next((done for done in course.changes if done.change.guilty), None)


def _friday(course: Course, harm_from: datetime | None) -> Iterator[str]:
    failed = _kinds(course, "cannot_book")
    if len(failed) < MIN_FAILED_BOOKINGS:
        yield f"only {len(failed)} requests failed"
    if not any(words in hurt.said for hurt in failed for words in TOO_MANY):
        yield "PostgreSQL never refused a connection"
    rescale = course.guilty_rescale
    if rescale is None or (rescale.n_before, rescale.n_after) != (2, 8):
        yield f"the autoscaler did not go from 2 to 8 at once: {rescale}"
    guilty = _guilty(course)
    if guilty is None or harm_from is None:
        yield "the guilty release or the harm is missing"
        return
    near = [done for done in course.changes if guilty.done_at < done.done_at < harm_from]
    if not near:
        yield "no harmless change between the guilty ones and the first error"
    if any(run.empty for run in course.pipelines if run.began_at < harm_from):
        yield "a report was empty before the first error"
    if not any("referrals" in run.empty for run in course.pipelines):
        yield "the referrals report never went empty"
    if any("revenue" in run.empty for run in course.pipelines):
        yield "the revenue report went empty"


def _two(course: Course) -> Iterator[str]:
    if failed := _kinds(course, "cannot_book"):
        yield f"{len(failed)} bookings failed: {failed[0].said}"
    missing = _kinds(course, "no_sms")
    if len(missing) < MIN_MISSING_MESSAGES:
        yield f"only {len(missing)} patients missed their message"
    guilty = _guilty(course)
    if guilty is None:
        yield "the migration was not carried out"
        return
    for run in course.pipelines:
        expected = ("revenue",) if run.began_at > guilty.done_at and run.exit_code == 0 else ()
        if run.empty != expected:
            yield f"after the pipeline of {run.began_at:%H:%M:%S} these reports were empty: {run.empty}"
    if not any(run.empty for run in course.pipelines):
        yield "the revenue report never went empty"
    if any(rescale.n_after > MAX_CALM_PODS for rescale in course.rescales):
        yield "the autoscaler overdid it"


def _calm(course: Course) -> Iterator[str]:
    if course.hurts:
        yield f"{len(course.hurts)} people were hurt: {course.hurts[0]}"
    if empty := [run for run in course.pipelines if run.empty]:
        yield f"a report was empty: {empty[0]}"
    if course.ended_at - course.began_at < timedelta(seconds=30):
        yield "too short to be a recording"
