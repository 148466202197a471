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
