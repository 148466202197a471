"""Which operations of migrations a change brings."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from seamline.analysis.ddl.schema import Schema, bare
from seamline.analysis.ddl.steps import Step
from seamline.model.artefact import Operation, Table

Migration = tuple[str, str]  # (repository, what the tool calls it)
_REPEATABLE = "R__"  # Flyway's, which run again whenever their text changes


def new_operations(before: Sequence[Operation], after: Sequence[Operation]) -> list[Operation]:
    """The operations of migrations that are only in `after`, in its order.

    A migration is known by its name within its repository, and where two of a name stand in different files, by its
    file; one that moved is not new. An old one that was edited is not run again, so it is not new either. One that
    makes a table which is there already is a history written anew (squashed, or a fresh baseline): no database that is
    in use will run it. Of tables that come with the change only their making is told: nobody reads them yet. O(n).
    """
    known, there = _files(before), _files(after)
    old_texts = {_text(o) for o in before if _repeats(o)}
    fresh = [
        o for o in after if not _is_known(o, known, there) or (_repeats(o) and _text(o) not in old_texts)
    ]
    return list(_on_what_was_there(_without_baselines(fresh, _alive(before))))


def with_tables(
    tables: Sequence[Table], operations: Sequence[Operation], repository: str
) -> Iterator[tuple[Table | None, Operation]]:
    """Each operation with its table as it is just before it; None for a table that is not known."""
    schema = Schema()
    schema.load(tables, repository)
    for operation in operations:
        states = {bare(t.dataset.partition("://")[2].partition("/")[2]): t for t in schema.tables(repository)}
        yield states.get(bare(operation.table)), operation
        for _ in schema.apply([Step(operation)]):
            pass


def _files(operations: Sequence[Operation]) -> Mapping[Migration, set[str]]:
    found: dict[Migration, set[str]] = defaultdict(set)
    for operation in operations:
        found[(operation.place.repository, operation.migration)].add(operation.place.path)
    return found


def _is_known(
    operation: Operation, known: Mapping[Migration, set[str]], there: Mapping[Migration, set[str]]
) -> bool:
    key = (operation.place.repository, operation.migration)
    old = known.get(key, set())
    return operation.place.path in old or bool(old - there.get(key, set()))


def _repeats(operation: Operation) -> bool:
    return operation.migration.startswith(_REPEATABLE)


def _text(operation: Operation) -> tuple[str, ...]:
    return (operation.migration, operation.kind, operation.table, operation.column, operation.detail)


def _alive(operations: Sequence[Operation]) -> set[str]:
    """The tables that these operations leave."""
    alive: set[str] = set()
    for operation in operations:
        _follow(alive, operation)
    return alive


def _follow(alive: set[str], operation: Operation) -> None:
    key = f"{operation.place.repository}/{bare(operation.table)}"
    if operation.kind == "create_table":
        alive.add(key)
    elif operation.kind == "drop_table":
        alive.discard(key)
    elif operation.kind == "rename_table":
        alive.discard(key)
        alive.add(f"{operation.place.repository}/{bare(operation.to)}")


def _without_baselines(operations: Sequence[Operation], alive: set[str]) -> list[Operation]:
    """The operations but for those of migrations that make what is there."""
    anew: set[Migration] = set()
    there = set(alive)
    for operation in operations:
        key = f"{operation.place.repository}/{bare(operation.table)}"
        guarded = "if not exists" in operation.detail.lower()
        if operation.kind == "create_table" and key in there and not guarded:
            anew.add((operation.place.repository, operation.migration))
        _follow(there, operation)
    return [o for o in operations if (o.place.repository, o.migration) not in anew]


def _on_what_was_there(operations: Sequence[Operation]) -> Iterator[Operation]:
    """The operations but for those on tables that operations before them made."""
    made: set[str] = set()
    for operation in operations:
        own = f"{operation.place.repository}/{bare(operation.table)}" in made
        if own or operation.kind == "create_table":
            _follow(made, operation)
        if not own or operation.kind in ("create_table", "opaque"):
            yield operation
