"""Everything that reads or makes tables, in all repositories, as one project whose lineage can be asked.

A statement is a node under dbt's unique id where it has one, else under the ref of the job that runs it. A job of which there is
no statement is one by its recorded lineage. A table that
nothing here makes is a node of its own, and stays one however many statements fill it. Dashboards, models and services
that read tables are uses.

An application's table is called by its bare name in the statements of its own repository. Where several applications
have one of that name, it is the one of the repository that is looked at (`near`); what others say of theirs is
known by what they declare alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from seamline.analysis.lineage.names import key
from seamline.analysis.lineage.node import Declared, Node, NodeKind, Use
from seamline.analysis.owners import APPLICATION
from seamline.analysis.survey import wording
from seamline.analysis.survey.recorded import SILENT, Recorded, recorded
from seamline.analysis.survey.sameness import key_of, own_tables, parts_of
from seamline.analysis.survey.services import SQL
from seamline.analysis.survey.told import Repository
from seamline.model.artefact import ColumnEdge, Fact, Found, Operation, Query, Table
from seamline.model.refs import kind_of, name_of

_BY_ID = "dataset:unique_id/"
_MADE = ("model.", "snapshot.", "seed.")
USERS = frozenset({"dashboard", "model", "service"})  # what uses tables and is none
_LOCAL = (APPLICATION, SQL)  # names that hold within a repository
_FILES = (
    "s3:",
    "s3a:",
    "s3n:",
    "gs:",
    "gcs:",
    "abfs:",
    "abfss:",
    "wasbs:",
    "hdfs:",
    "dbfs:",
    "file:",
    "file/",
)
_DEFAULT = frozenset({"public", "main", "dbo"})  # schemas that say nothing
_SEVERAL = "several applications have a table of that name"


def declared(found: Iterable[Found], near: str = "") -> Declared:
    """The project that these findings declare, as the repository `near` sees it. O(n log n)."""
    return _World(found, near).declared()


def refs_by_id(found: Iterable[Found], near: str = "") -> dict[str, tuple[str, str]]:
    """(job ref, dataset ref) of each node of `declared`. A table that nothing makes is no job's; one that several make, its own.

    A statement that fills a table of migrations is no dataset's: the application goes on writing that.
    """
    return _World(found, near).refs()


def relation(dataset: str) -> str:
    """A dataset's name in SQL; a file's is all of its path, of which the last part alone says nothing.

    >>> relation("dataset:dbt/dwh.raw.visits"), relation("dataset:app://booking/visits")
    ('dwh.raw.visits', 'visits')
    >>> relation("dataset:s3://lake/visits/daily")
    '"s3://lake/visits/daily"'
    """
    name = name_of(dataset)
    return f'"{name}"' if name.startswith(_FILES) else name.rpartition("/")[2]


def means_it_everywhere(ref: str) -> bool:
    """Whether a dataset's name in SQL is its own wherever it is read: not an application's, nor dbt's id."""
    return kind_of(ref) == "dataset" and not ref.startswith(_LOCAL) and "unique_id/" not in ref


class _World:
    """The findings, and what each is called. Read only."""

    def __init__(self, found: Iterable[Found], near: str) -> None:
        self._found = list(found)
        self._near = near
        self._own = {s.subject: s.object for s in own_tables(_repositories(self._found))}
        self._queries = [f for f in self._found if isinstance(f, Query)]
        self._n_of_job = Counter(q.job for q in self._queries)
        self._unique_ids = _unique_ids(self._found)
        self._tables = self._widest()
        self._migrated = {_table_of(f) for f in self._found if isinstance(f, Operation)}
        self._makes = [self._is_maker(q) for q in self._queries]
        self._reads: dict[str, list[str]] = defaultdict(list)
        for fact in _facts(self._found, "reads"):
            self._reads[fact.subject].append(self._ref(fact.object))
        self._recorded = self._by_record()
        self._ids = _ids([*(q.job for q in self._queries), *(r.job or r.writes for r in self._recorded)])
        for query, makes in zip(self._queries, self._makes, strict=True):
            if query.writes and not makes:  # it is there, though nothing says what it looks like
                self._tables.setdefault(self._ref(query.writes), Table(query.writes, (), query.place))
        for one in self._recorded:
            for ref in one.reads:
                self._tables.setdefault(ref, Table(ref, (), one.place))

    def declared(self) -> Declared:
        nodes = [self._statement(i) for i in range(len(self._queries))]
        nodes += [self._of_record(one, id_) for one, id_ in self._record_ids()]
        nodes += [self._table(ref, self._id(ref), self._relation(ref)) for ref in self._bare_tables()]
        nodes += [self._table(ref, id_, spelled) for id_, (ref, spelled) in self._aliases.items()]
        return Declared(tuple(nodes), tuple(use for use in self._uses() if use.reads))

    def refs(self) -> dict[str, tuple[str, str]]:
        out = {self._id(ref): ("", ref) for ref in self._tables}
        out |= {id_: ("", ref) for id_, (ref, _) in self._aliases.items()}
        for id_, query, makes in zip(self._ids, self._queries, self._makes, strict=False):
            ref = self._ref(query.writes)
            out[id_] = (query.job, ref if makes or not self._is_migrated(ref) else "")
        return out | {id_: (one.job or one.writes, one.writes) for one, id_ in self._record_ids()}

    def _by_record(self) -> list[Recorded]:
        """Jobs without a statement. Who writes it knows better than who saw it run."""
        makers = [q for q, makes in zip(self._queries, self._makes, strict=True) if makes and not q.partial]
        made = {key(relation(q.writes)) for q in makers}
        edges = [f for f in self._found if isinstance(f, ColumnEdge)]
        facts = [f for f in self._found if isinstance(f, Fact) and f.predicate in ("reads", "writes")]
        stated = {(q.job, q.writes) for q in self._queries}
        return recorded(edges, facts, stated, lambda ref: key(relation(ref)) in made)

    def _record_ids(self) -> Iterable[tuple[Recorded, str]]:
        return zip(self._recorded, self._ids[len(self._queries) :], strict=True)

    def _ref(self, ref: str) -> str:
        """The application's own table for what its plain SQL calls by that name."""
        return self._own.get(ref, ref)

    def _id(self, ref: str) -> str:
        return self._unique_ids.get(ref, ref)

    def _relation(self, ref: str) -> str:
        """A table's name; where another's bare name is the same, one that no statement can mean."""
        is_others = _is_bare(ref) and key_of(ref) in self._shared and _repository(ref) != self._near
        return f'"{_repository(ref)}/{relation(ref)}"' if is_others else relation(ref)

    @cached_property
    def _shared(self) -> set[str]:
        """Bare names that tables of several repositories have."""
        by_name: dict[str, set[str]] = defaultdict(set)
        for ref in self._tables:
            if _is_bare(ref):
                by_name[key_of(ref)].add(_repository(ref))
        return {name for name, repositories in by_name.items() if len(repositories) > 1}

    @cached_property
    def _node_of(self) -> dict[str, str]:
        """The id under which a dataset is read."""
        makers = {self._ref(q.writes): self._ids[i] for i, q in enumerate(self._queries) if self._makes[i]}
        makers = {one.writes: id_ for one, id_ in self._record_ids() if one.writes} | makers
        return {ref: self._id(ref) for ref in self._tables} | makers

    def _bare_tables(self) -> list[str]:
        made = {self._ref(q.writes) for i, q in enumerate(self._queries) if self._makes[i]}
        return sorted(self._tables.keys() - made - {one.writes for one in self._recorded})

    def _widest(self) -> dict[str, Table]:
        """One table a dataset: of several the one that knows all columns, else the most."""
        out: dict[str, Table] = {}
        for table in (f for f in self._found if isinstance(f, Table)):
            ref = self._ref(table.dataset)
            known = out.get(ref)
            if known is None or (table.complete, len(table.columns)) > (known.complete, len(known.columns)):
                out[ref] = table
        return out

    def _is_maker(self, query: Query) -> bool:
        """Whether a table is what a statement gives. One that migrations made is there already, and only filled."""
        if not query.writes or wording.fills(query.sql):
            return False
        return not self._is_migrated(self._ref(query.writes))

    def _is_migrated(self, ref: str) -> bool:
        return ref.startswith(APPLICATION) and (_repository(ref), key_of(ref)) in self._migrated

    def _touched(self, query: Query) -> list[str]:
        """What a statement reads and fills, of all that its job does."""
        refs = [*self._reads[query.job], *([self._ref(query.writes)] if query.writes else [])]
        if not query.sql or query.partial or self._n_of_job[query.job] == 1:
            return refs
        names = wording.names(query.sql)
        return [ref for ref in refs if key_of(ref) in names]

    def _is_doubtful(self, query: Query) -> bool:
        """Whether it calls a table by a name that several applications have, none of them here."""
        if query.place.repository == self._near:
            return False
        return any(_is_bare(ref) and key_of(ref) in self._shared for ref in self._touched(query))

    @cached_property
    def _aliases(self) -> dict[str, tuple[str, str]]:
        """Other spellings of applications' tables in the statements that read them, by id: the table and its name."""
        taken = {key(self._relation(ref)) for ref in self._tables}
        taken |= {
            key(relation(q.writes)) for q, makes in zip(self._queries, self._makes, strict=True) if makes
        }
        out: dict[str, tuple[str, str]] = {}
        for query in self._queries:
            local = [ref for ref in self._touched(query) if ref in self._tables and ref.startswith(_LOCAL)]
            if not local or self._is_doubtful(query):
                continue
            names = wording.names(query.sql)
            for ref in local:
                for spelled in sorted(names.get(key_of(ref), ())):
                    if key(spelled) not in taken:
                        taken.add(key(spelled))
                        out[f"{ref} as {key(spelled)}"] = (ref, spelled)
        return out

    def _statement(self, i: int) -> Node:
        query, id_, makes = self._queries[i], self._ids[i], self._makes[i]
        table = self._tables.get(self._ref(query.writes)) if makes else None
        parents = (self._node_of[ref] for ref in self._touched(query) if ref in self._node_of)
        made: NodeKind = "model" if makes else "query"
        why = query.partial or (_SEVERAL if self._is_doubtful(query) else "")
        return Node(
            id_,
            "snapshot" if id_.startswith("snapshot.") else made,
            relation(query.writes) if makes else "",
            sql="" if why else query.sql,
            dialect=query.dialect,
            parents=tuple(dict.fromkeys(parent for parent in parents if parent != id_)),
            columns=tuple(c.name for c in table.columns) if table else (),
            complete=table.complete if table else False,
            why=why,
            path=query.place.path,
            repository=query.place.repository,
        )  # fmt: skip

    def _of_record(self, one: Recorded, id_: str) -> Node:
        table = self._tables.get(one.writes)
        columns = tuple(c.name for c in table.columns) if table else ()
        told = one.reading(lambda ref: key(self._relation(ref))) if one.edges else None
        made = {o.name.lower() for o in told.outputs} if told else set[str]()
        return Node(
            id_,
            "model" if one.writes else "query",
            self._relation(one.writes) if one.writes else "",
            parents=tuple(dict.fromkeys(self._node_of[ref] for ref in one.reads)),
            columns=columns,
            complete=table.complete if table else False,
            adds=tuple(c for c in columns if c.lower() not in made),
            why="" if told else SILENT,
            told=told,
            path=one.place.path,
            repository=one.place.repository,
        )

    def _table(self, ref: str, id_: str, spelled: str) -> Node:
        table = self._tables[ref]
        kind: NodeKind = "seed" if id_.startswith("seed.") else "source"
        return Node(id_, kind, spelled, columns=tuple(c.name for c in table.columns), complete=table.complete)

    def _uses(self) -> Iterator[Use]:
        for ref, refs in sorted(self._reads.items()):
            if kind_of(ref) in USERS:
                reads = dict.fromkeys(self._node_of[r] for r in refs if r in self._node_of)
                yield Use(ref, kind_of(ref), name_of(ref), tuple(reads))


def _repositories(found: Sequence[Found]) -> list[Repository]:
    """The tables and facts by the repository in which they stand."""
    by_name: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        if isinstance(one, Fact | Table):
            by_name[one.place.repository].append(one)
    return [Repository(name, "", tuple(of)) for name, of in sorted(by_name.items())]


def _unique_ids(found: Sequence[Found]) -> dict[str, str]:
    joins = (f for f in _facts(found, "same_as") if f.object.startswith(_BY_ID))
    return {f.subject: f.object.removeprefix(_BY_ID) for f in joins}


def _facts(found: Sequence[Found], predicate: str) -> list[Fact]:
    return [f for f in found if isinstance(f, Fact) and f.predicate == predicate]


def _table_of(operation: Operation) -> tuple[str, str]:
    """(repository, name without schema) of the table that a migration is about."""
    return operation.place.repository, key(operation.table).rpartition(".")[2]


def _repository(ref: str) -> str:
    """Whose an application's table is."""
    return name_of(ref).partition("://")[2].rpartition("/")[0]


def _is_bare(ref: str) -> bool:
    """Whether a name says nothing of where the table is, and holds within its repository only."""
    parts = parts_of(ref) if ref.startswith(_LOCAL) else ()
    return bool(parts) and (len(parts) == 1 or parts[-2].lower() in _DEFAULT)


def _ids(jobs: Sequence[str]) -> list[str]:
    """One id a statement: dbt's, else the job's, numbered where a job runs several."""
    out: list[str] = []
    seen: dict[str, int] = defaultdict(int)
    for job in jobs:
        tail = job.rpartition("/")[2]
        id_ = tail if tail.startswith(_MADE) else job
        seen[id_] += 1
        out.append(id_ if seen[id_] == 1 else f"{id_}#{seen[id_]}")
    return out
