"""Alembic's `op.*`: the steps of each call."""

from collections.abc import Callable, Iterator

from seamline.analysis.ddl.steps import EnumMade, Key, KeyKind, Move, Origin, Step
from seamline.artefacts.alembic.columns import column, enums, key, text, texts, type_argument, type_of
from seamline.artefacts.python_values import UNKNOWN, Call, Value
from seamline.model.artefact import Operation, OperationKind

Handler = Callable[["Said"], Iterator[Move]]
_TABLE_SECOND = frozenset(
    "create_primary_key create_unique_constraint create_foreign_key create_check_constraint create_exclude_constraint "
    "drop_constraint create_index drop_index".split()
)


class Said:
    """One call of `op`, or of a batch: then the table stands where `op` would have it."""

    def __init__(self, call: Call, origin: Origin, batch: tuple[str, str] | None) -> None:
        self.call = call
        self.origin = origin
        self.schema = text(call.kwargs.get("schema", call.kwargs.get("source_schema")))
        if batch is not None:
            table, self.schema = batch
            at = 1 if call.last in _TABLE_SECOND else 0
            args = (*call.args[:at], *((UNKNOWN,) * (at - len(call.args))), table, *call.args[at:])
            self.call = Call(call.name, args, call.kwargs, call.line)

    def get(self, position: int, keyword: str, default: Value = None) -> Value:
        return self.call.get(position, keyword, default)

    def table(self, position: int, keyword: str = "table_name") -> str:
        """A table's name with its schema; "" when it can't be told."""
        name = text(self.get(position, keyword))
        return f"{self.schema}.{name}" if self.schema and name else name

    def say(self, kind: OperationKind, table: str, **more: object) -> Operation:
        shown = ", ".join(_short(a) for a in (*self.call.args, *self.call.kwargs.values()))
        return self.origin.operation(
            kind, table, self.call.line, **{"detail": f"{self.call.last}({shown})", **more}
        )

    def opaque(self, table: str = "") -> Step:
        return Step(self.say("opaque", table))


def _short(value: Value) -> str:
    if isinstance(value, Call):
        return f"{value.last}({', '.join(_short(a) for a in value.args[:2])})"
    return "…" if isinstance(value, list | tuple | dict) else str(getattr(value, "dotted", value))


def create_table(said: Said) -> Iterator[Move]:
    table = said.table(0)
    if not table:
        yield said.opaque()
        return
    elements = [item for item in said.call.args[1:] if not isinstance(item, str)]
    calls = [item for item in elements if isinstance(item, Call)]
    listed = [call for call in calls if call.last == "Column"]
    for call in listed:
        yield from enums(type_argument(call))
    made = [column(call) for call in listed]
    keys = [found for found in (key(call) for call in calls) if found is not None]
    keys.extend(k for one in made for k in one.keys)
    names = tuple(one.column.name for one in made)
    known = len(calls) == len(elements) and all(names) and all(c.last == "Column" or key(c) for c in calls)
    yield Step(
        said.say("create_table", table, columns=names), tuple(one.column for one in made), tuple(keys), open=not known
    )  # fmt: skip


def drop_table(said: Said) -> Iterator[Move]:
    yield Step(said.say("drop_table", said.table(0))) if said.table(0) else said.opaque()


def rename_table(said: Said) -> Iterator[Move]:
    old, new = said.table(0, "old_table_name"), said.table(1, "new_table_name")
    yield Step(said.say("rename_table", old, to=new)) if old and new else said.opaque()


def add_column(said: Said) -> Iterator[Move]:
    table, new = said.table(0), said.get(1, "column")
    if not table or not isinstance(new, Call) or not text(new.get(0, "name")):
        yield said.opaque(table)
        return
    yield from enums(type_argument(new))
    made = column(new)
    one = made.column
    operation = said.say(
        "add_column", table, column=one.name, type=one.type, nullable=one.nullable, has_default=one.has_default,
        to=next((k.refers for k in made.keys if k.refers), ""),
    )  # fmt: skip
    yield Step(operation, (one,), made.keys)


def drop_column(said: Said) -> Iterator[Move]:
    table, name = said.table(0), text(said.get(1, "column_name"))
    yield Step(said.say("drop_column", table, column=name)) if table and name else said.opaque(table)


def alter_column(said: Said) -> Iterator[Move]:
    table, name = said.table(0), text(said.get(1, "column_name"))
    given = said.call.kwargs
    if not table or not name:
        yield said.opaque(table)
        return
    if given.get("type_") is not None:
        yield from enums(given["type_"])
        was = type_of(given.get("existing_type"))
        yield Step(said.say("change_type", table, column=name, type=type_of(given["type_"]), type_before=was))
    if isinstance(given.get("nullable"), bool):
        nullable = given["nullable"]
        yield Step(
            said.say("drop_not_null" if nullable else "set_not_null", table, column=name, nullable=nullable)
        )
    if "server_default" in given:
        has = given["server_default"] is not None and given["server_default"] is not False
        yield Step(said.say("set_default" if has else "drop_default", table, column=name, has_default=has))
    new = text(given.get("new_column_name", given.get("name")))
    if new:
        yield Step(said.say("rename_column", table, column=name, to=new))


def _add_key(said: Said, kind: KeyKind, table: str, columns: tuple[str, ...], refers: str = "") -> Step:
    added: dict[KeyKind, OperationKind] = {
        "primary_key": "add_primary_key", "unique": "add_unique", "foreign_key": "add_foreign_key", "check": "add_check",
    }  # fmt: skip
    operation = said.say(
        added.get(kind, "create_index"),
        table,
        columns=columns,
        column=columns[0] if len(columns) == 1 else "",
        to=refers,
    )
    return Step(operation, keys=(Key(kind, columns, text(said.get(0, "constraint_name")), refers),))


def create_key(kind: KeyKind) -> Handler:
    """create_primary_key, create_unique_constraint, create_check_constraint."""

    def handler(said: Said) -> Iterator[Move]:
        table = said.table(1)
        columns = () if kind == "check" else texts(said.get(2, "columns"))
        yield _add_key(said, kind, table, columns) if table else said.opaque()

    return handler


def create_foreign_key(said: Said) -> Iterator[Move]:
    table, refers = said.table(1, "source_table"), text(said.get(2, "referent_table"))
    columns = texts(said.get(3, "local_cols"))
    yield _add_key(said, "foreign_key", table, columns, refers) if table else said.opaque()


def create_index(said: Said) -> Iterator[Move]:
    table = said.table(1)
    kind: KeyKind = "unique" if said.call.kwargs.get("unique") is True else "index"
    yield _add_key(said, kind, table, texts(said.get(2, "columns"))) if table else said.opaque()


def drop_key(said: Said) -> Iterator[Move]:
    kinds: dict[str, KeyKind] = {
        "foreignkey": "foreign_key",
        "unique": "unique",
        "primary": "primary_key",
        "check": "check",
    }
    kind = kinds.get(text(said.get(2, "type_")), "index" if said.call.last == "drop_index" else "")
    name = text(said.get(0, "constraint_name", said.call.kwargs.get("index_name")))
    yield Step(said.say("drop_index", said.table(1)), keys=(Key(kind, name=name),))


def bulk_insert(said: Said) -> Iterator[Move]:
    into = said.get(0, "table")
    table = text(into.get(0, "name")) if isinstance(into, Call) else ""
    yield Step(said.say("rewrite_data", table)) if table else said.opaque()


def sync_enum(said: Said) -> Iterator[Move]:
    """alembic-postgresql-enum's: the type gets these values."""
    name, values = text(said.get(1, "enum_name")), said.get(2, "new_values")
    if not name or not isinstance(values, list | tuple):
        yield said.opaque()
        return
    yield EnumMade(name, texts(values))


HANDLERS: dict[str, Handler] = {
    "create_table": create_table, "drop_table": drop_table, "rename_table": rename_table, "add_column": add_column,
    "drop_column": drop_column, "alter_column": alter_column, "create_primary_key": create_key("primary_key"),
    "create_unique_constraint": create_key("unique"), "create_check_constraint": create_key("check"),
    "create_exclude_constraint": create_key("check"), "create_foreign_key": create_foreign_key,
    "create_index": create_index, "drop_constraint": drop_key, "drop_index": drop_key, "bulk_insert": bulk_insert,
    "sync_enum_values": sync_enum,
}  # fmt: skip
HARMLESS = frozenset(
    "get_bind get_context f create_table_comment drop_table_comment inline_literal implementation batch_alter_table "
    "autocommit_block create_extension drop_extension configure".split()
)
