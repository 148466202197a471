"""SQL text to steps, statement by statement."""

from collections.abc import Iterator, Sequence

from seamline.analysis.ddl.alter import altered
from seamline.analysis.ddl.create import created, dropped, shown
from seamline.analysis.ddl.data import written
from seamline.analysis.ddl.steps import Move, Origin, Step
from seamline.analysis.ddl.words import Cursor, Untokenized, Word, listed, statements

_WRITES = frozenset("INSERT UPDATE DELETE MERGE REPLACE TRUNCATE COPY WITH".split())
_OF_NO_CONCERN = frozenset(
    "SET RESET BEGIN START COMMIT ROLLBACK SAVEPOINT RELEASE END COMMENT GRANT REVOKE ANALYZE VACUUM REINDEX LOCK NOTIFY "
    "LISTEN USE PRAGMA SHOW PRINT DISCARD CLUSTER REFRESH SECURITY DELIMITER UNLOCK OPTIMIZE EXPLAIN CHECKPOINT ATTACH "
    "ABORT NULL RAISE GO VALUES DETACH REASSIGN LOAD FLUSH".split()
)
_CONTROL = frozenset("BEGIN IF ELSIF ELSE EXCEPTION WHEN THEN".split())
_HARMLESS_CALLS = frozenset(
    "setval set_config nextval now version current_setting pg_advisory_lock pg_sleep".split()
)
_DEEPEST = 3  # DO blocks within DO blocks


def steps(sql: str, dialect: str, origin: Origin, depth: int = 0) -> Iterator[Move]:
    """What a text of SQL does to tables, in its order; `opaque` for what can't be told. Never raises.

    Routines, triggers, rights, settings and reads do nothing to a table's shape and give nothing.
    """
    try:
        for words in statements(sql, dialect):
            yield from _statement(words, sql, dialect, origin, depth)
    except (Untokenized, RecursionError):
        yield Step(origin.operation("opaque", "", 1, detail=sql))


def _statement(words: list[Word], sql: str, dialect: str, origin: Origin, depth: int) -> Iterator[Move]:
    text = shown(words, sql)
    verb = words[0].upper
    at = Cursor(words[1:])
    if verb == "CREATE":
        yield from created(at, origin, text, dialect)
    elif verb == "ALTER":
        yield from altered(at, origin, text)
    elif verb == "DROP":
        yield from dropped(at, origin, text)
    elif verb in _WRITES:
        yield from written(words, origin, text)
    elif verb == "RENAME":
        yield from _renamed(at, origin, text)
    elif verb == "DO" and depth < _DEEPEST:
        yield from _block(words, dialect, origin, depth)
    elif verb == "SELECT":
        yield from _select(words, origin, text)
    elif verb not in _OF_NO_CONCERN:
        yield Step(origin.operation("opaque", "", words[0].line, detail=text))


def _renamed(at: Cursor, origin: Origin, text: str) -> Iterator[Step]:
    """RENAME TABLE a TO b, c TO d."""
    line = at.peek().line
    at.take("TABLE")
    for words in listed(at.rest()):
        one = Cursor(words)
        table = one.name()
        one.take("TO")
        yield Step(origin.operation("rename_table", table, line, to=one.name(), detail=text))


def _select(words: Sequence[Word], origin: Origin, text: str) -> Iterator[Step]:
    """A read does nothing, unless it makes a table or is the call of a routine."""
    uppers = [word.upper for word in words]
    if "INTO" in uppers:
        table = Cursor(words[uppers.index("INTO") + 1 :]).name()
        yield Step(origin.operation("create_table", table, words[0].line, detail=text), open=True)
    elif "FROM" not in uppers and len(words) > 2 and words[2].text in ("(", "."):
        called = Cursor(words[1:]).name().rpartition(".")[2].lower()
        if called not in _HARMLESS_CALLS:
            yield Step(origin.operation("opaque", "", words[0].line, detail=text))


def _block(words: Sequence[Word], dialect: str, origin: Origin, depth: int) -> Iterator[Move]:
    """The statements of a DO block, taken as run: what stands behind IF ... THEN guards against a second run."""
    line = words[0].line
    body = next((word.text for word in words[1:] if word.kind == "string"), "")
    body = _unquoted(body)
    here = Origin(origin.migration, origin.repository, origin.path, origin.line + line - 1)
    try:
        parts = list(statements(body, dialect))
    except Untokenized:
        yield Step(origin.operation("opaque", "", line, detail=body))
        return
    for part in parts:
        inner = _behind_control(part)
        if inner:
            yield from _statement(inner, body, dialect, here, depth + 1)


def _unquoted(text: str) -> str:
    """A body without the dollar quotes, which the tokenizer leaves on after DO."""
    text = text.strip()
    if not text.startswith("$"):
        return text
    tag = text[: text.find("$", 1) + 1]
    return text[len(tag) :].rpartition(tag)[0] if tag else text


def _behind_control(words: list[Word]) -> list[Word]:
    """A statement of PL/pgSQL without the BEGIN, IF ... THEN, EXCEPTION WHEN ... THEN in front of it."""
    while words and words[0].upper in _CONTROL:
        if words[0].upper in ("BEGIN", "ELSE", "EXCEPTION", "THEN"):
            words = words[1:]
            continue
        then = next((i for i, word in enumerate(words) if word.upper == "THEN"), None)
        if then is None:
            break
        words = words[then + 1 :]
    return words
