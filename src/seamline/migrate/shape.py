"""What the old and the new version of one table have in common, and how a row of one becomes a row of the other."""

import re
from typing import Literal

from msgspec import Struct

from seamline.migrate.catalogue import Column
from seamline.migrate.quoting import dotted, quoted

ROW = "seam_row_"  # how an expression calls the row it speaks of; replaced before it is used

_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|.""", re.DOTALL
)


class Expression(Struct, frozen=True):
    """An SQL expression over a row, as PostgreSQL itself spells it: every name in it has its schema.

    `total`: it gives a value for every row, and can't fail.
    """

    sql: str
    columns: tuple[str, ...]
    total: bool = False

    def over(self, row: str) -> str:
        """The expression over a row that is called `row`: `NEW`, an alias."""
        return self.sql.replace(f"{ROW}.", f"{row}.")


class Twin(Struct, frozen=True):
    """A column of the new shape that grows beside the old one."""

    name: str  # while both are there
    becomes: str  # after the contract, and in the new version's view
    type: str
    up: Expression | None  # None: it only has its default
    has_equality: bool = True
    not_null: bool = False
    default: str = ""  # SQL; of the new version's view, and of the column after the contract
    comment: str = ""


class Old(Struct, frozen=True):
    """A column of the old shape that goes at the contract."""

    name: str
    down: Expression | None  # None: the new version says nothing of it
    has_equality: bool = True
    default: str = ""
    sequence: str = ""


class Group(Struct, frozen=True):
    """Columns that become others together. `check`: what has to hold of a row that was synced.

    `equal`: new is up(old), or old is down(new). `filled`: what is volatile can't be worked out again, so it is there.
    """

    twins: tuple[Twin, ...]
    olds: tuple[Old, ...]
    check: Literal["equal", "filled"] = "equal"
    loses: bool = False  # what doesn't come back is meant: NULLs that are filled


class Shape(Struct, frozen=True):
    """One table between two versions. `base`: its own name while a view has taken its place, else the table's.

    `renamed`: columns that only have another name in the new version. `hidden`: columns that it doesn't see.
    """

    oid: int
    schema: str
    name: str
    base: str
    by_view: bool
    version: str  # schema of the new version's view
    key: str  # eight hex digits that name what is ours
    columns: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = ()
    fills: tuple[Old, ...] = ()  # hidden columns that get a value in rows of the new version
    to: str = ""  # another name for the table
    silent: bool = False  # the user's own triggers don't fire when a backfill touches a row
    safe_path: str = ""  # search_path of the trigger where types of its own need one

    @property
    def sql(self) -> str:
        """The table as SQL spells it while both versions are there."""
        return dotted(self.schema, self.base)

    @property
    def face(self) -> str:
        """What the old version's name leads to."""
        return dotted(self.schema, self.name)

    @property
    def new_face(self) -> str:
        """The new version's view."""
        return dotted(self.version, self.to or self.name)

    @property
    def trigger(self) -> str:
        """Its name sorts after a user's, so that it sees what they made of the row."""
        return f"zz_seam_{self.key}"

    @property
    def function(self) -> str:
        """The trigger's, as SQL spells it."""
        return f"seam.sync_{self.key}"

    @property
    def marker(self) -> str:
        """The one-row table whose scans count who uses the old version's view."""
        return f"seam.seen_{self.key}"

    @property
    def twins(self) -> tuple[Twin, ...]:
        """Of all groups."""
        return tuple(t for g in self.groups for t in g.twins)

    @property
    def olds(self) -> tuple[Old, ...]:
        """Of all groups."""
        return tuple(o for g in self.groups for o in g.olds)

    @property
    def synced(self) -> bool:
        """Whether rows have to be kept in step."""
        return bool(self.groups or self.fills)


def differs(left: str, right: str, has_equality: bool) -> str:
    """Whether two values of one type are not the same; by their texts for types that know no equality."""
    if has_equality:
        return f"{left} IS DISTINCT FROM {right}"
    return f"({left})::text IS DISTINCT FROM ({right})::text"


def respelled(definition: str, names: dict[str, str]) -> str:
    """SQL with some columns called otherwise: whole names outside of texts, none that is called like a function.

    >>> respelled("btree (amount DESC, lower(note))", {"amount": "amount_new", "lower": "x"})
    'btree (amount_new DESC, lower(note))'
    """
    tokens = _TOKEN.findall(definition)
    spelled = {form: _spelled(new) for old, new in names.items() for form in (old, quoted(old))}
    return "".join(
        token if "".join(tokens[n + 1 : n + 2]) == "(" else spelled.get(token, token)
        for n, token in enumerate(tokens)
    )


def _spelled(name: str) -> str:
    return name if re.fullmatch(r"[a-z_][a-z0-9_$]*_(new|seam)", name) else quoted(name)


def plain_old(column: Column, down: Expression | None) -> Old:
    """A column of the catalogue as one that goes."""
    return Old(column.name, down, column.has_equality, column.default, column.sequence or "")
