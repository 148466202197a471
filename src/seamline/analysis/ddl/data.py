"""Statements that write rows: which table, and which columns as far as they are named."""

from collections.abc import Iterator, Sequence

from seamline.analysis.ddl.steps import Origin, Step
from seamline.analysis.ddl.words import Cursor, Word, column_list, listed

_BOOKKEEPING = frozenset(
    {
        "schema_migrations",
        "ar_internal_metadata",
        "alembic_version",
        "django_migrations",
        "flyway_schema_history",
    }
)
_WRITES = ("INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE")


def written(words: Sequence[Word], origin: Origin, text: str) -> Iterator[Step]:
    """The step of a statement that writes rows; none for one that only reads."""
    at = Cursor(_behind_names(words))
    line = words[0].line
    verb = at.next().upper
    tables = [_target(at, verb)] if verb != "TRUNCATE" else _truncated(at)
    columns = (
        _assigned(at)
        if verb == "UPDATE"
        else column_list(at.group())
        if verb in ("INSERT", "REPLACE", "COPY")
        else ()
    )
    for table in tables:
        if table and table.rpartition(".")[2] not in _BOOKKEEPING:
            yield Step(origin.operation("rewrite_data", table, line, columns=columns, detail=text))


def _behind_names(words: Sequence[Word]) -> Sequence[Word]:
    """The statement without the WITH in front of it."""
    if words[0].upper != "WITH":
        return words
    depth = 0
    for i, word in enumerate(words):
        depth += {"(": 1, ")": -1}.get(word.text, 0) if word.kind == "sign" else 0
        if depth == 0 and word.upper in (*_WRITES, "SELECT"):
            return words[i:]
    return ()


def _target(at: Cursor, verb: str) -> str:
    """The table that is written; "" for a SELECT, whose words are left where they are."""
    if verb not in (*_WRITES, "COPY"):
        return ""
    while at.take_any(
        "INTO", "FROM", "ONLY", "IGNORE", "LOW_PRIORITY", "DELAYED", "OVERWRITE", "OR", "REPLACE", "TABLE"
    ):
        pass
    return at.name()


def _truncated(at: Cursor) -> list[str]:
    at.take("TABLE")
    at.take("ONLY")
    return [Cursor(part).name() for part in listed(at.rest())]


def _assigned(at: Cursor) -> tuple[str, ...]:
    """The columns that `UPDATE t SET a = 1, b = 2` names, in order."""
    words = at.rest()
    start = next((i for i, word in enumerate(words) if word.upper == "SET"), len(words))
    names: list[str] = []
    for part in listed(words[start + 1 :]):
        one = Cursor(part)
        name = one.name().rpartition(".")[2]
        if one.peek().text == "=":
            names.append(name)
        elif not name:
            names.extend(column_list(one.group()))  # SET (a, b) = (...)
    return tuple(names)
