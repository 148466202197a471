"""ALTER TABLE and its kin, clause by clause."""

from collections.abc import Callable, Iterator
from functools import partial

from seamline.analysis.ddl.columns import constraint, defined, is_constraint, type_words, typed
from seamline.analysis.ddl.steps import EnumRenamed, Key, KeyKind, KeyRenamed, Move, Origin, Step
from seamline.analysis.ddl.words import Cursor, Word, listed
from seamline.model.artefact import Operation, OperationKind

_OF_NO_CONCERN = frozenset(
    "OWNER ENABLE DISABLE CLUSTER RESET VALIDATE REPLICA INHERIT NO ATTACH DETACH ENGINE CONVERT AUTO_INCREMENT COMMENT "
    "DEFAULT CHARACTER COLLATE ALGORITHM LOCK FORCE ORDER ROW_FORMAT PARTITION OF NOT TRUNCATE SET WITH WITHOUT CHECK "
    "NOCHECK DEPENDS IMPORT DISCARD ANALYZE REBUILD TABLESPACE CHARSET MATERIALIZE "
    "FREEZE UNFREEZE FETCH".split()
)
Say = Callable[..., Operation]  # (kind, **more): an operation on the table at hand


def altered(at: Cursor, origin: Origin, text: str) -> Iterator[Move]:
    """The steps of an ALTER statement, the cursor behind its first word."""
    line = at.peek().line
    at.take("FOREIGN")
    if at.take("TABLE"):
        at.skip_exists()
        yield from _table(at, origin, text, line)
    elif at.take("TYPE"):
        yield from _enum(at, origin, text, line)
    elif at.take("INDEX"):
        at.skip_exists()
        before = at.name()
        if at.take("RENAME", "TO"):
            yield KeyRenamed("", before, at.name())
    elif at.take("VIEW") or at.take("MATERIALIZED", "VIEW"):
        at.skip_exists()
        yield from _view(at, origin, text, line)


def _table(at: Cursor, origin: Origin, text: str, line: int) -> Iterator[Move]:
    table = at.name()
    adding = dropping = False
    for words in listed(at.rest()):
        clause = Cursor(words)
        say = partial(_say, origin, table, words[0].line or line, text)
        head = clause.peek().upper
        if adding and head not in _VERBS:  # T-SQL says ADD, and DROP COLUMN, once for several
            yield from _added(clause, say)
        elif dropping and len(words) == 1:
            yield Step(say("drop_column", column=words[0].text))
        else:
            yield from _clause(clause, say)
            adding, dropping = head == "ADD", head == "DROP"


def _say(origin: Origin, table: str, line: int, text: str, kind: OperationKind, **more: object) -> Operation:
    return origin.operation(kind, table, line, **{"detail": text, **more})


def _clause(at: Cursor, say: Say) -> Iterator[Move]:
    verb = at.next().upper
    read = _VERBS.get(verb)
    if read is not None:
        yield from read(at, say)
    elif verb not in _OF_NO_CONCERN:
        yield Step(say("opaque"))


def _added(at: Cursor, say: Say) -> Iterator[Move]:
    if at.peek().upper in ("PARTITION", "GENERATED", "PERIOD"):
        return
    if at.peek().upper != "COLUMN" and is_constraint(at.words[at.at :]):
        key = constraint(at)
        yield Step(_key(say, "add", key), keys=(key,))
        return
    at.take("COLUMN")
    at.skip_exists()
    group = at.group() if at.peek().text == "(" else at.rest()
    for words in listed(group):
        yield _new_column(words, say)


def _new_column(words: list[Word], say: Say) -> Step:
    new = defined(Cursor(words))
    column = new.column
    operation = say(
        "add_column", column=column.name, type=column.type, nullable=column.nullable, has_default=column.has_default,
        to=next((key.refers for key in new.keys if key.refers), ""),
    )  # fmt: skip
    return Step(operation, (column,), new.keys, after=new.after)


def _key(say: Say, verb: str, key: Key) -> Operation:
    if key.kind in ("index", ""):
        kind = "create_index" if verb == "add" else "drop_index"
    else:
        kind = f"{verb}_{key.kind}"
    column = key.columns[0] if len(key.columns) == 1 else ""
    return say(kind, column=column, columns=key.columns, to=key.refers)


def _dropped(at: Cursor, say: Say) -> Iterator[Move]:
    if at.take("PRIMARY", "KEY"):
        yield Step(say("drop_primary_key"), keys=(Key("primary_key"),))
        return
    kinds: dict[str, KeyKind] = {
        "CONSTRAINT": "",
        "INDEX": "index",
        "KEY": "index",
        "FOREIGN": "foreign_key",
        "CHECK": "check",
    }
    kind = at.peek().upper
    if kind in kinds and len(at.words) - at.at > 1 and at.peek(1).upper not in ("CASCADE", "RESTRICT"):
        at.next()
        at.take("KEY")
        at.skip_exists()
        key = Key(kinds[kind], name=at.name())
        yield Step(_key(say, "drop", key), keys=(key,))
        return
    if at.peek().upper == "PARTITION" and len(at.words) - at.at > 1:
        return
    at.take("COLUMN")
    at.skip_exists()
    names = listed(at.group()) if at.peek().text == "(" else [[at.next()]]
    for words in names:
        yield Step(say("drop_column", column=words[0].text))


def _renamed(at: Cursor, say: Say) -> Iterator[Move]:
    if at.take_any("TO", "AS"):
        yield Step(say("rename_table", to=at.name()))
        return
    if at.peek().upper in ("CONSTRAINT", "INDEX", "KEY") and at.peek(1).upper != "TO":
        at.next()
        before = at.name()
        at.take("TO")
        yield KeyRenamed(say("opaque").table, before, at.name())
        return
    at.take("COLUMN")
    before = at.name()
    if at.take("TO"):
        yield Step(say("rename_column", column=before, to=at.name()))
    else:
        yield Step(say("rename_table", to=before))  # MySQL: RENAME new


def _changed(at: Cursor, say: Say) -> Iterator[Move]:
    """ALTER [COLUMN] c ..."""
    if at.peek().upper in ("CONSTRAINT", "INDEX") and at.peek(1).upper not in ("SET", "DROP", "TYPE"):
        return
    at.take("COLUMN")
    at.skip_exists()
    name = at.next().text
    if at.take("SET", "NOT", "NULL"):
        yield Step(say("set_not_null", column=name, nullable=False))
    elif at.take("DROP", "NOT", "NULL"):
        yield Step(say("drop_not_null", column=name, nullable=True))
    elif at.take("SET", "DEFAULT"):
        gone = at.peek().upper == "NULL"
        yield Step(say("drop_default" if gone else "set_default", column=name, has_default=not gone))
    elif at.take("DROP", "DEFAULT"):
        yield Step(say("drop_default", column=name, has_default=False))
    elif at.take("TYPE") or at.take("SET", "DATA", "TYPE"):
        yield Step(say("change_type", column=name, type=typed(type_words(at))))
    elif at.peek().upper not in ("SET", "RESET", "ADD", "DROP", "RESTART"):
        yield from _redefined(say, name, [Word(name, "", "name", 0, 0, 0), *at.rest()], tsql=True)


def _modified(at: Cursor, say: Say) -> Iterator[Move]:
    at.take("COLUMN")
    at.skip_exists()
    words = at.rest()
    if words:
        yield from _redefined(say, words[0].text, words)


def _replaced(at: Cursor, say: Say) -> Iterator[Move]:
    """CHANGE [COLUMN] old new definition."""
    at.take("COLUMN")
    at.skip_exists()
    before = at.next().text
    words = at.rest()
    if not words:
        return
    if words[0].text != before:
        yield Step(say("rename_column", column=before, to=words[0].text))
    yield from _redefined(say, words[0].text, words)


def _redefined(say: Say, name: str, words: list[Word], tsql: bool = False) -> Iterator[Move]:
    """A column said anew: its type, and whether it may be null and has a default. What stays is left out later."""
    new = defined(Cursor(words)).column
    yield Step(say("change_type", column=name, type=new.type))
    yield Step(say("drop_not_null" if new.nullable else "set_not_null", column=name, nullable=new.nullable))
    if not tsql:
        kind = "set_default" if new.has_default else "drop_default"
        yield Step(say(kind, column=name, has_default=new.has_default))


def _rewritten(at: Cursor, say: Say) -> Iterator[Move]:
    """ClickHouse's UPDATE a = 1, ... WHERE, and DELETE WHERE."""
    name = at.name() if at.peek(1).text == "=" else ""
    yield Step(say("rewrite_data", columns=(name,) if name else ()))


def _moved(at: Cursor, say: Say) -> Iterator[Move]:
    if at.take("SCHEMA"):
        bare = say("rename_table").table.rpartition(".")[2]
        yield Step(say("rename_table", to=f"{at.name()}.{bare}"))


_VERBS: dict[str, Callable[[Cursor, Say], Iterator[Move]]] = {
    "ADD": _added, "DROP": _dropped, "RENAME": _renamed, "ALTER": _changed, "MODIFY": _modified, "CHANGE": _replaced,
    "SET": _moved, "UPDATE": _rewritten, "DELETE": _rewritten,
}  # fmt: skip


def _enum(at: Cursor, origin: Origin, text: str, line: int) -> Iterator[Move]:
    """ALTER TYPE: what it does to an enumeration; the columns that use it are found when it is applied."""
    name = at.name()
    say = partial(_say, origin, "", line, text)
    if at.take("ADD", "VALUE"):
        at.skip_exists()
        yield Step(say("add_enum_value", type=name, to=at.next().text))
    elif at.take("RENAME", "VALUE"):
        before = at.next().text
        at.take("TO")
        yield Step(say("drop_enum_value", type=name, to=before))
        yield Step(say("add_enum_value", type=name, to=at.next().text))
    elif at.take("RENAME", "TO"):
        yield EnumRenamed(name, at.name())


def _view(at: Cursor, origin: Origin, text: str, line: int) -> Iterator[Move]:
    view = at.name()
    if at.take("RENAME", "TO"):
        yield Step(origin.operation("rename_table", view, line, to=at.name(), detail=text))
    elif at.take("RENAME"):
        at.take("COLUMN")
        before = at.name()
        at.take("TO")
        yield Step(origin.operation("rename_column", view, line, column=before, to=at.name(), detail=text))
    elif at.take("AS"):
        yield Step(origin.operation("create_view", view, line, detail=text))
