"""What becomes of a statement when columns go: told by its reading, where that is enough."""

from collections.abc import Mapping
from typing import Protocol

from seamline.analysis.lineage.reading import Effect, Known, Reading

Gone = dict[str, dict[str, str]]  # relation key -> column -> the name it has now, "" for none


class Rebind(Protocol):
    """Binds a statement anew, without these columns. Never raises."""

    def __call__(self, sql: str, dialect: str, known: Mapping[str, Known], gone: Gone) -> Effect: ...


def effect_of(reading: Reading, gone: Gone) -> Effect | None:
    """The effect, None where only binding anew tells: a name that could mean another column then, a rename."""
    refs = {(key, column) for key, columns in gone.items() for column in columns}
    if not refs.isdisjoint(reading.rebind) or any(to for columns in gone.values() for to in columns.values()):
        return None
    return by_names(reading, gone)


def by_names(reading: Reading, gone: Gone) -> Effect:
    """The effect by what a statement names and what its stars take through, whatever else could answer to a name."""
    refs = {(key, column) for key, columns in gone.items() for column in columns}
    named = refs.intersection(reading.named)
    if named:
        return Effect(
            "breaks", why="it names " + ", ".join(f"{key}.{column}" for key, column in sorted(named))
        )
    lost = tuple(o.name for o in reading.outputs if o.passes and refs.issuperset(o.passes))
    return Effect("loses", lost) if lost else Effect("nothing")
