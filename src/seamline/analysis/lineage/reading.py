"""What one SQL statement says: what it writes, out of which columns, and what it can't do without.

Names. A relation's key is its name as written, its parts joined by dots, in lower case (`spelling.key`): engines differ
in how they fold, projects hardly ever have two relations that differ in case only. Columns are found by the dialect's
own rule first, then without regard to case; a `Ref` carries the spelling that `Known` has, else the dialect's fold.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

Ref = tuple[str, str]  # (relation key, column)


class Known(Struct, frozen=True):
    """What is known of a relation's columns, in order. `complete`: there are no others.

    `key`: how refs are to name it, where that is not the key it is found under (a shorter spelling of it).
    """

    columns: tuple[str, ...] = ()
    complete: bool = False
    key: str = ""


def spelled(column: str, known: Known) -> str:
    """A column as the relation has it: by its exact name first, then by any case; as given when it has none."""
    if column in known.columns:
        return column
    return next((c for c in known.columns if c.lower() == column.lower()), column)


class Output(Struct, frozen=True):
    """One column that comes out. `direct`: the columns whose values can reach it.

    `passes`: the columns by which alone it is there, since a star took them through. It goes, without an error,
    when they all go. Empty for a column that the text names or computes.
    """

    name: str
    direct: tuple[Ref, ...] = ()
    passes: tuple[Ref, ...] = ()


class Reading(Struct, frozen=True):
    """All that one statement says, against the relations known. Refs are sorted, outputs in the statement's order."""

    target: str = ""  # key of the relation written, "" for a plain query
    outputs: tuple[Output, ...] = ()
    outputs_complete: bool = True  # False: a star over something whose columns are not all known
    indirect: tuple[Ref, ...] = ()  # decide rows: filters, joins, grouping, window keys, set subtraction
    named: tuple[Ref, ...] = ()  # the text names them somewhere: without one of them it fails to bind ...
    rebind: tuple[Ref, ...] = ()  # ... but for these, named or not: only binding anew tells (`without` does)
    stars: tuple[str, ...] = ()  # relations with unknown further columns that a star reads
    # a name, and the relations it may belong to; none: it belongs to nothing that is known
    unresolved: tuple[tuple[str, tuple[str, ...]], ...] = ()
    reads: tuple[str, ...] = ()  # keys of relations
    unknown: str = ""  # why it could not be read at all, in one line


def as_known(reading: Reading, known: Mapping[str, Known]) -> Reading:
    """The reading with its columns spelled as their relations have them."""

    def refs(of: Iterable[Ref]) -> tuple[Ref, ...]:
        return tuple(sorted({(key, spelled(column, known.get(key, Known()))) for key, column in of}))

    return replace(
        reading,
        outputs=tuple(Output(o.name, refs(o.direct), refs(o.passes)) for o in reading.outputs),
        indirect=refs(reading.indirect),
        named=refs(reading.named),
    )


class Effect(Struct, frozen=True):
    """What becomes of a statement when columns go.

    `breaks`: it fails to bind. `loses`: it binds, with fewer columns. `nothing`: it binds as before.
    `gains` names columns that come out instead, after a rename, in either of the last two.
    """

    outcome: Literal["breaks", "loses", "nothing", "unknown"]
    loses: tuple[str, ...] = ()
    gains: tuple[str, ...] = ()
    why: str = ""  # one line, for breaks and unknown
