"""Columns and what is made of them, as a compact index: numbers in compressed rows, forwards and backwards.

Columns are numbered table by table, so that a table is a range of numbers; behind the columns come the tables
themselves. An edge goes from a column to a column (direct), or from a column to a table, all of whose rows it decides (indirect): that
stands for an edge to each column of the table, and is stored once. What nobody can say, because a statement could not
be read, is kept apart: edges from a column or a whole table to a table that may be made of it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seamline.analysis.lineage.edges import Edge

Numbers = NDArray[np.int32]
Seen = NDArray[np.bool_]
NOTHING: Numbers = np.empty(0, np.int32)
Widened = Callable[[Numbers, Seen], Numbers]  # what else a level reaches, marked as seen


class Numbered(NamedTuple):
    """Edges as numbers, all that a graph is made of: columns by table, then sources and targets of edges."""

    tables: Mapping[str, Sequence[str]]
    sources: Numbers
    targets: Numbers
    unsure_sources: Numbers = NOTHING
    unsure_targets: Numbers = NOTHING  # tables


class Rows:
    """Neighbours by number: those of `at` are `neighbours[first[at]:first[at + 1]]`."""

    __slots__ = ("first", "neighbours")

    def __init__(self, at: Numbers, neighbours: Numbers, n: int) -> None:
        """O(edges log edges); `n` is how many numbers there are."""
        order = np.argsort(at, kind="stable")
        self.neighbours: Numbers = neighbours[order].astype(np.int32, copy=False)
        self.first: Numbers = np.zeros(n + 1, np.int32)
        np.cumsum(np.bincount(at, minlength=n), out=self.first[1:])

    def of(self, level: Numbers) -> Numbers:
        """The neighbours of all of these, each as often as it is one."""
        lows = self.first[level]
        counts = self.first[level + 1] - lows
        ends = np.cumsum(counts, dtype=np.int32)
        if not len(ends) or not ends[-1]:
            return NOTHING
        at = np.arange(ends[-1], dtype=np.int32) + np.repeat(lows - (ends - counts), counts)
        found: Numbers = self.neighbours[at]
        return found

    @property
    def n_bytes(self) -> int:
        """What they take."""
        return self.first.nbytes + self.neighbours.nbytes


class ColumnGraph:
    """What is downstream and upstream of a column. Read only; about 40 MB for a million columns with their names."""

    __slots__ = (
        "_back",
        "_bare",
        "_blob",
        "_first",
        "_forward",
        "_offsets",
        "_table_names",
        "_table_of",
        "_tables",
        "_unsure_back",
        "_unsure_forward",
        "n_columns",
        "n_tables",
    )

    def __init__(
        self,
        tables: Mapping[str, Sequence[str]],
        sources: Numbers,
        targets: Numbers,
        unsure_sources: Numbers = NOTHING,
        unsure_targets: Numbers = NOTHING,
    ) -> None:
        """`tables`: columns by table, numbered in this order; edges by number, tables after all columns."""
        self._tables = {name: at for at, name in enumerate(tables)}
        self._table_names = tuple(tables)
        self._first: Numbers = np.fromiter(
            accumulate((len(columns) for columns in tables.values()), initial=0), np.int32, len(tables) + 1
        )
        self.n_columns, self.n_tables = int(self._first[-1]), len(tables)
        sizes = np.diff(self._first)
        self._bare: Seen = sizes == 0
        self._table_of: Numbers = np.repeat(np.arange(self.n_tables, dtype=np.int32), sizes)
        packed = ["\0".join(columns).encode() for columns in tables.values()]
        self._blob = b"".join(packed)
        self._offsets = np.fromiter(accumulate(map(len, packed), initial=0), np.int64, len(packed) + 1)
        n = self.n_columns + self.n_tables
        self._forward, self._back = Rows(sources, targets, n), Rows(targets, sources, n)
        doubts = len(unsure_sources) > 0
        self._unsure_forward = Rows(unsure_sources, unsure_targets, n) if doubts else None
        self._unsure_back = Rows(unsure_targets, unsure_sources, n) if doubts else None

    @property
    def n_bytes(self) -> int:
        """What the index takes, the dictionary of tables and their names estimated at 150 bytes each."""
        rows = (self._forward, self._back, self._unsure_forward, self._unsure_back)
        arrays = self._first.nbytes + self._offsets.nbytes + self._table_of.nbytes + self._bare.nbytes
        return arrays + sum(r.n_bytes for r in rows if r is not None) + len(self._blob) + 150 * self.n_tables

    def number(self, table: str, column: str = "") -> int | None:
        """The number of a column, in any case, or of a table as a whole; None for one that is not there."""
        at = self._tables.get(table)
        if at is None or not column:
            return None if at is None else self.n_columns + at
        names = [name.lower() for name in self._columns(at)]
        return int(self._first[at]) + names.index(column.lower()) if column.lower() in names else None

    def columns(self, table: str) -> list[str]:
        """The columns that are known of a table, none of one that is not there."""
        return self._columns(self._tables[table]) if table in self._tables else []

    @property
    def tables(self) -> Sequence[str]:
        """All tables, in the graph's order."""
        return self._table_names

    def name(self, number: int) -> tuple[str, str]:
        """(table, column) of a number, (table, "") of a table's."""
        if number >= self.n_columns:
            return self._table_names[number - self.n_columns], ""
        at = int(self._table_of[number])
        return self._table_names[at], self._columns(at)[number - int(self._first[at])]

    def downstream(self, number: int) -> Numbers:
        """All columns that are made of this one or stand in rows that it decides, near and far, sorted.

        A table of which no column is known stands there itself. From a table's number: of any of its columns.
        """
        return self._reach(number, self._forward, self._whole_tables)

    def upstream(self, number: int) -> Numbers:
        """All columns that this one is made of, or that decide its rows, near and far, sorted."""
        return self._reach(number, self._back, self._own_tables)

    def perhaps_downstream(self, number: int, reached: Numbers) -> list[str]:
        """Tables that may be made of these columns beside what is known of them: all that may be below, sorted."""
        return self._perhaps(number, reached, self._unsure_forward, self.downstream)

    def perhaps_upstream(self, number: int, reached: Numbers) -> list[str]:
        """Tables that these columns may be made of beside what is known of them, sorted."""
        return self._perhaps(number, reached, self._unsure_back, self.upstream)

    def tables_of(self, columns: Numbers) -> list[str]:
        """The tables that these columns are of, in the graph's order."""
        return [self._table_names[at] for at in self._at(columns).tolist()]

    def _at(self, numbers: Numbers) -> Numbers:
        """The tables of columns, and tables themselves, each once, counted from 0."""
        own = numbers >= self.n_columns
        return np.unique(np.concatenate((self._table_of[numbers[~own]], numbers[own] - self.n_columns)))

    def _perhaps(
        self, number: int, reached: Numbers, unsure: Rows | None, reach: Callable[[int], Numbers]
    ) -> list[str]:
        """Follows what is not sure from all of these, then everything beyond it, until nothing is new."""
        if unsure is None:
            return []
        found = np.zeros(self.n_tables, np.bool_)
        level = np.append(reached, np.int32(number))
        while len(level):
            touched = np.unique(np.concatenate((level, self._at(level) + self.n_columns)))
            beyond = self._at(unsure.of(touched.astype(np.int32)))
            fresh = beyond[~found[beyond]]
            found[fresh] = True
            further = [reach(int(table) + self.n_columns) for table in fresh]
            level = np.concatenate([(fresh + self.n_columns).astype(np.int32), *further])
            found[self._at(level)] = True
        return [self._table_names[at] for at in np.flatnonzero(found).tolist()]

    def _reach(self, number: int, rows: Rows, widened: Widened) -> Numbers:
        seen = np.zeros(self.n_columns + self.n_tables, np.bool_)
        turn = np.empty(len(seen), np.int32)  # whose turn a number came up in: the last of equal ones stays
        level = np.array([number], np.int32)
        seen[level] = True
        while len(level):
            level = widened(level, seen)
            beyond = rows.of(level)
            beyond = beyond[~seen[beyond]]
            turns = np.arange(len(beyond), dtype=np.int32)
            turn[beyond] = turns
            level = beyond[turn[beyond] == turns]
            seen[level] = True
        seen[number] = False
        seen[self.n_columns :] &= self._bare
        return np.flatnonzero(seen).astype(np.int32)

    def _whole_tables(self, level: Numbers, seen: Seen) -> Numbers:
        """A table that is reached as a whole is reached with all its columns."""
        tables = level[level >= self.n_columns] - self.n_columns
        if not len(tables):
            return level
        columns = self._ranges(tables)
        columns = columns[~seen[columns]]
        seen[columns] = True
        return np.concatenate((level, columns))

    def _own_tables(self, level: Numbers, seen: Seen) -> Numbers:
        """What decides a column's rows comes in by its table; a table as a whole is all of its columns."""
        level = self._whole_tables(level, seen)
        tables = np.unique(self._table_of[level[level < self.n_columns]]) + self.n_columns
        tables = tables[~seen[tables]]
        seen[tables] = True
        return np.concatenate((level, tables))

    def _ranges(self, tables: Numbers) -> Numbers:
        """All columns of these tables, each once."""
        sizes = self._first[tables + 1] - self._first[tables]
        ends = np.cumsum(sizes, dtype=np.int32)
        return np.arange(ends[-1], dtype=np.int32) + np.repeat(self._first[tables] - (ends - sizes), sizes)

    def _columns(self, at: int) -> list[str]:
        lo, hi = int(self._offsets[at]), int(self._offsets[at + 1])
        return self._blob[lo:hi].decode().split("\0") if self._first[at + 1] > self._first[at] else []


def graph_of(edges: Iterable[Edge]) -> ColumnGraph:
    """The index of these edges."""
    return ColumnGraph(*numbered(edges))


def numbered(edges: Iterable[Edge], known: Mapping[str, Iterable[str]] = MappingProxyType({})) -> Numbered:
    """Tables in the order of their names, columns in the order they turn up; `known` are there without an edge.

    Columns that differ in case alone are one, as the first spells it.
    """
    kept = list(edges)
    tables: dict[str, dict[str, str]] = {}
    for table, columns in known.items():
        _add(tables, table, columns)
    for edge in kept:
        _add(tables, edge.relation, (edge.column,))
        _add(tables, edge.into, (edge.into_column,))
    ordered = {name: list(tables[name].values()) for name in sorted(tables)}
    numbers: dict[tuple[str, str], int] = {}
    for name in ordered:
        for column in tables[name]:
            numbers[name, column] = len(numbers)
    numbers |= {(name, ""): len(numbers) + at for at, name in enumerate(ordered)}
    sure = [edge for edge in kept if edge.sure]
    unsure = [edge for edge in kept if not edge.sure]
    return Numbered(ordered, *_ends(sure, numbers), *_ends(unsure, numbers))


def _add(tables: dict[str, dict[str, str]], table: str, columns: Iterable[str]) -> None:
    known = tables.setdefault(table, {})
    for column in columns:
        if column:
            known.setdefault(column.lower(), column)


def _ends(edges: Sequence[Edge], numbers: Mapping[tuple[str, str], int]) -> tuple[Numbers, Numbers]:
    """Sources and targets by number, each edge once."""
    pairs = dict.fromkeys(
        (numbers[e.relation, e.column.lower()], numbers[e.into, e.into_column.lower()]) for e in edges
    )
    ends = np.array(list(pairs), np.int32).reshape(-1, 2)
    return ends[:, 0].copy(), ends[:, 1].copy()
