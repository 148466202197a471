"""Jobs that no statement is there of, as recorded lineage tells of them: what they read, and which column becomes which."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from seamline.analysis.lineage.reading import Output, Reading, Ref
from seamline.analysis.survey.told import Repository
from seamline.model.artefact import ColumnEdge, Fact, Found, Place
from seamline.model.event import MapFact
from seamline.model.refs import kind_of, whole_of

SENT = "OpenLineage events"  # what such a home calls those that came to its door
_SENDER = "openlineage"
SILENT = "its lineage says which tables it reads, and nothing of their columns"


class Recorded(Struct, frozen=True):
    """One table that is made, or a job that only reads. `edges` are empty where nobody recorded columns."""

    job: str  # ref, "" where it isn't said who makes the table, or several do
    writes: str  # dataset ref, "" for what only reads
    reads: tuple[str, ...]  # dataset refs, sorted
    edges: tuple[ColumnEdge, ...]
    place: Place

    def reading(self, key: Callable[[str], str]) -> Reading:
        """What a reader would have said of its statement; `key` gives a dataset's relation.

        All of its origins count as named: a run that doesn't find one fails, or makes something else than before.
        """
        made: dict[str, set[Ref]] = defaultdict(set)
        for edge in self.edges:
            made[edge.column].add((key(edge.origin), edge.origin_column))
        indirect = made.pop("", set[Ref]())
        named = indirect.union(*made.values())
        return Reading(
            outputs=tuple(Output(name, tuple(sorted(refs))) for name, refs in made.items()),
            outputs_complete=False,  # a constant comes from no column
            indirect=tuple(sorted(indirect)),
            named=tuple(sorted(named)),
            reads=tuple(sorted({relation for relation, _ in named})),
        )


def recorded(
    edges: Iterable[ColumnEdge],
    facts: Iterable[Fact],
    stated: Collection[tuple[str, str]],
    is_made: Callable[[str], bool],
) -> list[Recorded]:
    """What is known by its recorded lineage alone, by table; then jobs whose columns nobody recorded. O(n log n).

    `stated`: jobs that have a statement, with the table that it writes; `is_made`: whether one makes a table.
    """
    of_table: dict[str, list[ColumnEdge]] = defaultdict(list)
    for edge in edges:
        if (
            edge.origin != edge.dataset
            and (edge.job, edge.dataset) not in stated
            and not is_made(edge.dataset)
        ):
            of_table[edge.dataset].append(edge)
    known = {job for job, _ in stated} | {edge.job for some in of_table.values() for edge in some}
    made = [_made(table, some) for table, some in sorted(of_table.items())]
    return [*made, *_silent(list(facts), known, lambda table: table in of_table or is_made(table))]


def _made(table: str, edges: Sequence[ColumnEdge]) -> Recorded:
    jobs = {edge.job for edge in edges}
    origins = tuple(sorted({edge.origin for edge in edges}))
    return Recorded(jobs.pop() if len(jobs) == 1 else "", table, origins, tuple(edges), edges[0].place)


def _silent(
    facts: Sequence[Fact], known: Collection[str], is_made: Callable[[str], bool]
) -> Iterator[Recorded]:
    """Jobs that read tables, by all of their own that nothing else is known to make; none, where all are."""
    reads, writes = _by_job(facts, "reads"), _by_job(facts, "writes")
    for job in sorted(reads.keys() - known):
        place = next(iter(reads[job].values()))
        origins = tuple(sorted(reads[job]))
        own = sorted(writes.get(job, {}).keys() - reads[job].keys())
        for table in [t for t in own if not is_made(t)] if own else [""]:
            yield Recorded(job, table, origins, (), place)


def _by_job(facts: Iterable[Fact], predicate: str) -> Mapping[str, dict[str, Place]]:
    """The datasets that jobs read or write, with the place that says so."""
    out: dict[str, dict[str, Place]] = defaultdict(dict)
    for fact in facts:
        if fact.predicate == predicate and kind_of(fact.subject) == "job":
            out[fact.subject].setdefault(fact.object, fact.place)
    return out


def sent(facts: Iterable[MapFact]) -> Repository:
    """What events that came to the door say of jobs, tables and columns, as a repository would have it. O(n log n).

    A column is said to come out of another by those jobs that write its table and read the other's.
    """
    said = sorted((f for f in facts if f.source == _SENDER), key=lambda f: (f.subject, f.predicate, f.object))
    place = Place(SENT, "")
    found: list[Found] = [
        Fact(f.subject, f.predicate, place, f.object) for f in said if f.predicate in ("reads", "writes")
    ]
    plain = [f for f in found if isinstance(f, Fact)]
    reads, writes = _by_table(plain, "reads"), _by_table(plain, "writes")
    for fact in said:
        origin = whole_of(fact.object) if fact.predicate == "derives" else None
        if origin is not None:
            table = whole_of(fact.subject) or fact.subject
            by = writes.get(table, set()) & reads.get(origin, set()) or {""}
            found += [
                ColumnEdge(table, _column(fact.subject), origin, _column(fact.object), job, place)
                for job in sorted(by)
            ]
    return Repository(SENT, "", tuple(found))


def _column(ref: str) -> str:
    """The name of a column; "" of anything else."""
    return ref.rpartition("#")[2] if kind_of(ref) == "column" else ""


def _by_table(facts: Iterable[Fact], predicate: str) -> Mapping[str, set[str]]:
    """The jobs that read or write each dataset."""
    out: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        if fact.predicate == predicate:
            out[fact.object].add(fact.subject)
    return out
