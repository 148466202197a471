"""Whether a run told its story: the harm was real, the harmless was harmless, and nothing was refused."""

from collections.abc import Iterator

from lab import stories
from lab.course import Course, Done, Hurt
from lab.plan import Plan

MIN_HARMLESS = 6


def complaints(plan: Plan, course: Course) -> Iterator[str]:
    """What is wrong with the run, in words; nothing when it may be kept."""
    if sum(not done.change.guilty for done in course.changes) + len(course.rescales) < MIN_HARMLESS:
        yield "fewer than six harmless changes"
    if course.n_refused:
        yield f"the inbox refused {course.n_refused} deliveries"
    yield from stories.named(plan.story).complaints(course)


def kinds(course: Course, kind: str) -> list[Hurt]:
    """Those who were let down in this way."""
    return [hurt for hurt in course.hurts if hurt.kind == kind]


def guilty(course: Course) -> Done | None:
    """The guilty change, once it was carried out."""
    return next((done for done in course.changes if done.change.guilty), None)


def misread(course: Course, report: str) -> Iterator[str]:
    """Complaints unless every pipeline that ran after the guilty change emptied `report`, and nothing else did."""
    culprit = guilty(course)
    if culprit is None:
        yield "the migration was not carried out"
        return
    for run in course.pipelines:
        expected = (report,) if run.began_at > culprit.done_at and run.exit_code == 0 else ()
        if run.empty != expected:
            yield f"after the pipeline of {run.began_at:%H:%M:%S} these reports were empty: {run.empty}"
    if not any(run.empty for run in course.pipelines):
        yield f"the {report} report never went empty"
