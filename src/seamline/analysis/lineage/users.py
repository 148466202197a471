"""Who uses what a change touches, without being built: dashboards, tests, metrics."""

from msgspec import Struct

from seamline.analysis.lineage.impact import Told
from seamline.analysis.lineage.node import Use
from seamline.analysis.lineage.project import Project

FAILS, LOSES, STALE, UNKNOWN = (
    "names a column that goes",
    "loses a column",
    "gets stale data",
    "can't be said",
)
_TESTS = ("test", "unit_test")


class Touched(Struct, frozen=True):
    """One user and how it is touched; the gravest where it is touched in several ways."""

    use: Use
    how: str


def users(project: Project, told: Told, column: str) -> list[Touched]:
    """Those that use the changed relation's column or anything downstream that is touched, by kind and id."""
    gone: dict[str, set[str]] = {}
    for node_id, lost in told.impact.loses:
        gone.setdefault(node_id, set()).add(lost.lower())
    for maker in project.makers.get(told.key, ()):
        gone.setdefault(maker, set()).add(column.lower())
    stale = {*told.impact.breaks, *told.impact.blocked}
    found = ((use, _how(use, gone, stale, set(told.impact.unknown))) for use in project.uses)
    return sorted(
        (Touched(use, how) for use, how in found if how), key=lambda one: (one.use.kind, one.use.id)
    )


def _how(use: Use, gone: dict[str, set[str]], stale: set[str], unknown: set[str]) -> str:
    lost = {column for node_id in use.reads for column in gone.get(node_id, ())}
    if use.columns and not lost.isdisjoint(name.lower() for name in use.columns):
        return FAILS
    if use.kind in _TESTS and use.columns:
        return ""  # it looks at other columns
    if not unknown.isdisjoint(use.reads):
        return UNKNOWN
    if not stale.isdisjoint(use.reads):
        return STALE
    return LOSES if lost else ""
