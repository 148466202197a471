"""The columns of all that was read, as one graph in the map's names: what is made of what, near and far.

A table is called as the map calls it, whatever a statement spells; what the map joins is one table. What a load brings
over is made of it column by column. What only reads (a report, a dashboard) stands below what it reads.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from seamline.analysis.lineage.edges import Edge, edges_of
from seamline.analysis.lineage.graph import Numbered, numbered
from seamline.analysis.lineage.names import key
from seamline.analysis.lineage.project import OPEN, Project
from seamline.analysis.stackmap import StackMap
from seamline.analysis.survey.world import means_it_everywhere, relation
from seamline.model.refs import kind_of, name_of

Refs = Mapping[str, tuple[str, str]]  # of `world.refs_by_id`


class Drawn(Struct, frozen=True):
    """The graph as numbers, and the names under which people ask for its tables: by key, the tables that it means."""

    numbers: Numbered
    names: Mapping[str, tuple[str, ...]]


def drawn(project: Project, refs: Refs, stack: StackMap) -> Drawn:
    """The graph of a project that was read. O(edges log edges)."""
    called = _Called(project, refs, stack)
    known: dict[str, dict[str, str]] = defaultdict(dict)
    edges = [*_edges(project, called)]
    for relation_ in {*project.makers, *project.readers}:
        _take(known, called.of(relation_), project.known.get(relation_, OPEN).columns)
    for edge in edges:
        _take(known, edge.relation, (edge.column,))
        _take(known, edge.into, (edge.into_column,))
    edges += _copied(known, _loads(refs, stack, called))
    names = called.names()
    for table in {table for tables in names.values() for table in tables}:
        known[table]  # may be asked for, though nobody knows a column of it
    plain = {table: list(columns.values()) for table, columns in known.items()}
    return Drawn(numbered(edges, plain), names)


def _edges(project: Project, called: "_Called") -> Iterator[Edge]:
    for edge in edges_of(project):
        yield edge._replace(relation=called.of(edge.relation), into=called.of(edge.into))
    for use in project.uses:
        for id_ in use.reads:
            if table := project.key_of.get(id_):
                yield Edge(called.of(table), "", use.id, "", sure=False)


def _take(known: dict[str, dict[str, str]], table: str, columns: Iterable[str]) -> None:
    for column in columns:
        if column:
            known[table].setdefault(column.lower(), column)


def _loads(refs: Refs, stack: StackMap, called: "_Called") -> list[tuple[str, str]]:
    """(copy, what it is a copy of): tables that derive from others, and that no statement makes."""
    made = {stack.canonical(dataset) for job, dataset in refs.values() if job and dataset}
    return [
        (called.of(r.source), called.of(r.target))
        for r in stack.relations
        if r.kind == "derives"
        and kind_of(r.source) == kind_of(r.target) == "dataset"
        and r.source not in made
    ]


def _copied(known: dict[str, dict[str, str]], loads: Iterable[tuple[str, str]]) -> list[Edge]:
    """An edge for each column that a copy or its original is known to have; copies of copies too."""
    out: dict[Edge, None] = {}
    pairs = [(copy, original) for copy, original in loads if copy != original]
    n_before = -1
    while len(out) > n_before:
        n_before = len(out)
        for copy, original in pairs:
            both = {**known[original], **known[copy]}
            for lower, column in both.items():
                known[original].setdefault(lower, column)
                known[copy].setdefault(lower, column)
                out[Edge(original, known[original][lower], copy, known[copy][lower])] = None
    return list(out)


class _Called:
    """What relations are called on the map. Relations that it joins are one, and so are datasets of one relation."""

    def __init__(self, project: Project, refs: Refs, stack: StackMap) -> None:
        self._above: dict[str, str] = {}
        self._keys: dict[str, set[str]] = defaultdict(
            set
        )  # by dataset or relation, all that it is asked for by
        for id_, (_, dataset) in sorted(refs.items()):
            if found := project.key_of.get(id_, ""):
                self._keys[found] |= {found, id_.lower()}
                if dataset:
                    self._join(found, stack.canonical(dataset))
                    self._keys[found] |= {s for ref in _spellings(dataset, stack) for s in _spoken(ref)}
            else:
                self._keys[id_].add(id_.lower())
        for found in project.readers:
            self._keys[found].add(found)
        for entity in stack.entities.values():
            for ref in (entity.ref, *entity.spellings) if entity.kind == "dataset" else ():
                if means_it_everywhere(ref) and (found := key(relation(ref))) in project.readers:
                    self._join(found, entity.ref)

    def of(self, name: str) -> str:
        """The table's ref, else the relation or id itself where the map knows none."""
        while (above := self._above.get(name, name)) != name:
            name = above
        return name

    def names(self) -> dict[str, tuple[str, ...]]:
        """What people may say, and which tables it means."""
        out: dict[str, set[str]] = defaultdict(set)
        for found, keys in self._keys.items():
            for name in keys:
                out[name].add(self.of(found))
        return {name: tuple(sorted(tables)) for name, tables in sorted(out.items())}

    def _join(self, one: str, other: str) -> None:
        a, b = sorted((self.of(one), self.of(other)), key=_rank)
        if a != b:
            self._above[b] = a


def _rank(name: str) -> tuple[bool, bool, str]:
    """The best name first: a dataset's, one with an address before dbt's own id."""
    return kind_of(name) != "dataset", "unique_id/" in name, name


def _spellings(dataset: str, stack: StackMap) -> set[str]:
    return {dataset, *stack.identity.spellings(dataset)}


def _spoken(ref: str) -> list[str]:
    """How a dataset is asked for: by its relation, and by all of its name that follows the scheme.

    >>> _spoken("dataset:app://booking/visits")
    ['visits', 'booking/visits']
    """
    whole = name_of(ref).partition("://")[2] or name_of(ref)
    return [key(relation(ref)), key(whole)]
