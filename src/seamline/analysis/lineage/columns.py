"""Columns while a statement is read: what a query gives, and what a FROM item offers to names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from sqlglot import exp

from seamline.analysis.lineage.reading import Ref

Refs = frozenset[Ref]
NONE: Refs = frozenset()


class Col:
    """One column of a relation or query. Never changed once made: a star hands the same object on.

    `passes`: base columns by which it is there, as long as only stars took them here; empty once named or computed.
    `fields`: of a struct whose members are known, or of a whole row.
    """

    __slots__ = ("direct", "fields", "name", "passes")

    def __init__(
        self, name: str, direct: Refs = NONE, passes: Refs = NONE, fields: Mapping[str, Col] | None = None
    ) -> None:
        self.name = name
        self.direct = direct
        self.passes = passes
        self.fields = fields

    def called(self, name: str) -> Col:
        """The same column under another name."""
        return self if name == self.name else Col(name, self.direct, self.passes, self.fields)


class Rows:
    """What a relation or a query gives.

    `open`: keys of relations whose further columns, not known, come through. `absorbs`: it may have any further
    column, made out of these (a table function, a dynamic pivot). `gone`: names it had before columns went.
    """

    __slots__ = ("absorbs", "cols", "gone", "indirect", "open")

    def __init__(
        self,
        cols: list[Col],
        *,
        open: tuple[str, ...] = (),
        absorbs: Refs | None = None,
        gone: frozenset[str] = frozenset(),
        indirect: Refs = NONE,
    ) -> None:
        self.cols = cols
        self.open = open
        self.absorbs = absorbs
        self.gone = gone
        self.indirect = indirect

    @property
    def complete(self) -> bool:
        """All columns are known."""
        return not self.open and self.absorbs is None

    def with_cols(self, cols: list[Col]) -> Rows:
        """The same rows with other columns."""
        return Rows(cols, open=self.open, absorbs=self.absorbs, gone=self.gone, indirect=self.indirect)


class Source:
    """One item of a FROM clause, under the name that columns are qualified with.

    `path`: the parts of a base relation's full name, folded. `hidden`: columns that a star leaves out, since a
    join merged them into the left side's.
    """

    __slots__ = ("_lower", "by_name", "doubled", "hidden", "name", "path", "rows")

    def __init__(self, name: str, rows: Rows, path: tuple[str, ...] = ()) -> None:
        self.name = name
        self.path = path
        self.rows = rows
        self.hidden: set[str] = set()
        self.doubled: set[str] = set()
        self.by_name: dict[str, Col] = {}
        self._lower: dict[str, Col] | None = None
        for col in rows.cols:
            if self.by_name.setdefault(col.name, col) is not col:
                self.doubled.add(col.name)

    def find(self, name: str) -> Col | None:
        """The column of that name; without regard to case where no spelling fits."""
        found = self.by_name.get(name)
        if found is not None:
            return found
        if self._lower is None:
            self._lower = {}
            for spelled, col in self.by_name.items():
                self._lower.setdefault(spelled.lower(), col)
        return self._lower.get(name.lower())


class Named(Protocol):
    """A query that has a name: a CTE. It is read when first asked for."""

    def rows(self) -> Rows: ...


class Scope:
    """Where names are looked up while one SELECT is read.

    `parent`: the query around it. `aliases`: columns of the SELECT list so far, by the name that it gives them.
    `made`: what those aliases stand for. `select`: the tree. `merged`: columns of USING and NATURAL joins. `queries`: the CTEs in sight. `indirect` grows while it is read.
    """

    __slots__ = ("aliases", "indirect", "made", "merged", "parent", "queries", "select", "sources")

    def __init__(self, parent: Scope | None, queries: Mapping[str, Named]) -> None:
        self.parent = parent
        self.queries = queries
        self.sources: list[Source] = []
        self.aliases: dict[str, Col] = {}
        self.made: dict[str, exp.Expr] = {}
        self.merged: dict[str, Col] = {}
        self.indirect: set[Ref] = set()
        self.select: exp.Expr | None = None

    def here(self, name: str) -> Col | None:
        """The column of that name in this query alone: of a join's common ones, of its FROM items, of its own list."""
        found = self.merged.get(name)
        if found is not None:
            return found
        for source in self.sources:
            found = source.find(name)
            if found is not None:
                return found
        return self.aliases.get(name)

    def ambiguous(self, name: str) -> bool:
        """Several FROM items have it, and no join has made one of it."""
        if len(self.sources) < 2 or name in self.merged:
            return False
        return sum(name in source.by_name and name not in source.hidden for source in self.sources) > 1

    def lists(self, name: str) -> bool:
        """The list of this SELECT gives that name to something, there or further on."""
        items = self.select.expressions if self.select is not None else ()
        return any(isinstance(item, exp.Alias) and item.alias.lower() == name.lower() for item in items)

    def names(self) -> list[str]:
        """The names of all columns of the FROM items, each once."""
        return list(dict.fromkeys(col.name for source in self.sources for col in source.rows.cols))

    def source(self, path: tuple[str, ...], having: str = "") -> Source | None:
        """The FROM item that a qualifier means, here or further out. `path`: folded parts, the table's name last.

        `having`: the nearest that can have this column, where there are several of the name; else the nearest of all.
        """
        nearest: Source | None = None
        level: Scope | None = self
        while level is not None:
            for source in level.sources:
                if source.name == path[-1] and (len(path) == 1 or source.path[-len(path) :] == path):
                    if not having or not source.rows.complete or source.find(having) is not None:
                        return source
                    nearest = nearest or source
            level = level.parent
        return nearest or (self._longer(path) if len(path) > 1 else None)

    def select_of(self, source: Source) -> exp.Expr | None:
        """The SELECT, this or one around it, that reads the source."""
        level: Scope | None = self
        while level is not None and source not in level.sources:
            level = level.parent
        return level.select if level is not None else None

    def _longer(self, path: tuple[str, ...]) -> Source | None:
        """The FROM item that is written with fewer parts than its qualifier: `FROM t` and `main.t.x`."""
        if any(source.name == path[0] for source in self.sources):
            return None
        return next(
            (s for s in self.sources if s.path and path[-len(s.path) :] == s.path and s.path[-1] == s.name),
            None,
        )


def union(sets: Iterable[Refs]) -> Refs:
    """All refs of all sets."""
    return NONE.union(*sets)
