"""Everything that reads or makes tables, in all repositories, as one project whose lineage can be asked.

A statement is a node under dbt's unique id where it has one, else under the ref of the job that runs it. A table that
nothing here makes is a node of its own. Dashboards, models and services that read tables are uses.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from seamline.analysis.lineage.node import Declared, Node, NodeKind, Use
from seamline.analysis.owners import APPLICATION
from seamline.model.artefact import Fact, Found, Query, Table
from seamline.model.refs import kind_of, name_of

_BY_ID = "dataset:unique_id/"
_MADE = ("model.", "snapshot.", "seed.")
_USERS = frozenset({"dashboard", "model", "service"})


def declared(found: Iterable[Found]) -> Declared:
    """The project that these findings declare. O(n log n)."""
    found = list(found)
    unique_ids = _unique_ids(found)
    tables = _widest(f for f in found if isinstance(f, Table))
    queries = [f for f in found if isinstance(f, Query)]
    ids = _ids(queries)
    makers = {q.writes: ids[i] for i, q in enumerate(queries) if _makes(q)}
    node_of = {ref: unique_ids.get(ref, ref) for ref in tables} | makers
    reads: dict[str, list[str]] = defaultdict(list)
    for fact in _facts(found, "reads"):
        reads[fact.subject].append(fact.object)
    nodes = [
        _statement(q, ids[i], tables.get(q.writes), reads[q.job], node_of) for i, q in enumerate(queries)
    ]
    nodes += [_table(node_of[ref], table) for ref, table in sorted(tables.items()) if ref not in makers]
    uses = [
        Use(ref, kind_of(ref), name_of(ref), tuple(dict.fromkeys(node_of[r] for r in refs if r in node_of)))
        for ref, refs in sorted(reads.items())
        if kind_of(ref) in _USERS
    ]
    return Declared(tuple(nodes), tuple(u for u in uses if u.reads))


def relation(dataset: str) -> str:
    """A dataset's name in SQL.

    >>> relation("dataset:dbt/dwh.raw.visits"), relation("dataset:app://booking/visits")
    ('dwh.raw.visits', 'visits')
    """
    return name_of(dataset).rpartition("/")[2]


def refs_by_id(found: Iterable[Found]) -> dict[str, tuple[str, str]]:
    """(job ref, dataset ref) of each node; a table that nothing makes is no job's."""
    found = list(found)
    unique_ids = _unique_ids(found)
    queries = [f for f in found if isinstance(f, Query)]
    out = {unique_ids.get(t.dataset, t.dataset): ("", t.dataset) for t in found if isinstance(t, Table)}
    return out | {id_: (q.job, q.writes) for id_, q in zip(_ids(queries), queries, strict=True)}


def _unique_ids(found: Sequence[Found]) -> dict[str, str]:
    joins = (f for f in _facts(found, "same_as") if f.object.startswith(_BY_ID))
    return {f.subject: f.object.removeprefix(_BY_ID) for f in joins}


def _facts(found: Sequence[Found], predicate: str) -> list[Fact]:
    return [f for f in found if isinstance(f, Fact) and f.predicate == predicate]


def _makes(query: Query) -> bool:
    """Whether a table is what a statement gives; one that migrations made is there already, and only filled."""
    return bool(query.writes) and not query.writes.startswith(APPLICATION)


def _widest(tables: Iterable[Table]) -> dict[str, Table]:
    """One table a dataset: of several the one that knows all columns, else the most."""
    out: dict[str, Table] = {}
    for table in tables:
        known = out.get(table.dataset)
        if known is None or (table.complete, len(table.columns)) > (known.complete, len(known.columns)):
            out[table.dataset] = table
    return out


def _ids(queries: Sequence[Query]) -> list[str]:
    """One id a statement: dbt's, else the job's, numbered where a job runs several."""
    out: list[str] = []
    seen: dict[str, int] = defaultdict(int)
    for query in queries:
        tail = query.job.rpartition("/")[2]
        id_ = tail if tail.startswith(_MADE) else query.job
        seen[id_] += 1
        out.append(id_ if seen[id_] == 1 else f"{id_}#{seen[id_]}")
    return out


def _statement(
    query: Query, id_: str, table: Table | None, reads: Sequence[str], node_of: Mapping[str, str]
) -> Node:
    parents = tuple(dict.fromkeys(node_of[r] for r in reads if r in node_of and node_of[r] != id_))
    made: NodeKind = "model" if _makes(query) else "query"
    return Node(
        id_,
        "snapshot" if id_.startswith("snapshot.") else made,
        relation(query.writes) if _makes(query) else "",
        sql="" if query.partial else query.sql,
        dialect=query.dialect,
        parents=parents,
        columns=tuple(c.name for c in table.columns) if table else (),
        complete=table.complete if table else False,
        why=query.partial,
        path=query.place.path,
    )  # fmt: skip


def _table(id_: str, table: Table) -> Node:
    kind: NodeKind = "seed" if id_.startswith("seed.") else "source"
    columns = tuple(c.name for c in table.columns)
    return Node(id_, kind, relation(table.dataset), columns=columns, complete=table.complete)
