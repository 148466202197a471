"""A change to a table that somebody may read: what `impact` is asked about."""

from typing import Literal

from msgspec import Struct

SchemaChangeKind = Literal["drop_column", "rename_column", "change_type", "drop_table", "add_not_null"]


class SchemaChange(Struct, frozen=True, omit_defaults=True):
    """One change to one relation. `relation` is `db.schema.table`, `schema.table` or `table`, quoted or not."""

    kind: SchemaChangeKind
    relation: str
    column: str = ""  # "" for drop_table
    to: str = ""  # the new name, the new type


class Impact(Struct, frozen=True):
    """What follows from a change downstream, ids sorted.

    A node *breaks* when its own SQL fails after everything upstream that still builds was rebuilt; what is below
    a broken node is *blocked*: it builds, on what is stale. *loses*: columns that go without a sound.
    *unknown*: nodes of which none of this can be said; never counted as safe.
    """

    breaks: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    loses: tuple[tuple[str, str], ...] = ()  # (node, column)
    unknown: tuple[str, ...] = ()
