"""The methods of Rails' migrations that change tables: the steps of each call."""

from collections.abc import Callable, Iterator, Sequence

from seamline.analysis.ddl.steps import FIRST, EnumMade, Key, KeyKind, Move, Origin, Step
from seamline.artefacts.rails.columns import made
from seamline.artefacts.rails.nodes import UNKNOWN, Call, Unknown, Value
from seamline.artefacts.rails.spelling import column_type, plural
from seamline.model.artefact import Column, Operation, OperationKind

Handler = Callable[["Said"], Iterator[Move]]
_DDL_TYPES = frozenset(
    "string text integer bigint float decimal numeric datetime timestamp timestamptz time date binary blob boolean json "
    "jsonb uuid inet cidr macaddr hstore citext xml tsvector point line polygon circle interval money daterange numrange "
    "tsrange tstzrange int4range int8range ltree bit bit_varying oid serial bigserial virtual enum tinyint mediumtext "
    "longtext tinytext unsigned_integer unsigned_bigint geometry geography st_point st_polygon vector primary_key char "
    "column references belongs_to timestamps attachment lseg box path".split()
)


class Said:
    """One call on a table, its arguments resolved; `table` is "" where that can't be told."""

    def __init__(
        self, call: Call, args: Sequence[Value], options: dict[str, Value], origin: Origin, rails: float
    ) -> None:
        self.call = call
        self.args = args
        self.options = options
        self.origin = origin
        self.rails = rails  # version of the migration's superclass

    def text(self, position: int) -> str:
        found = self.args[position] if position < len(self.args) else ""
        return found if isinstance(found, str) else ""

    @property
    def table(self) -> str:
        return self.text(0)

    def say(self, kind: OperationKind, table: str = "", **more: object) -> Operation:
        shown = ", ".join(
            [*(_short(a) for a in self.args), *(f"{k}: {_short(v)}" for k, v in self.options.items())]
        )
        detail = f"{self.call.name} {shown}"
        return self.origin.operation(kind, table or self.table, self.call.line, **{"detail": detail, **more})

    def opaque(self) -> Step:
        return Step(self.say("opaque"))


def _short(value: Value) -> str:
    if isinstance(value, Call | Unknown | dict):
        return "…"
    return ":" + value if isinstance(value, str) and value.isidentifier() else repr(value)


def names(value: Value) -> tuple[str, ...]:
    """One name or a list of them; expressions are left out."""
    listed = value if isinstance(value, list) else [value]
    return tuple(item for item in listed if isinstance(item, str) and item.isidentifier())


# -- whole tables --------------------------------------------------------------------
def create_table(said: Said, lines: Sequence[Said], whole: bool) -> Iterator[Move]:
    """A new table; `lines` are the calls in its block, `whole` that all of them are understood."""
    if not said.table:
        yield said.opaque()
        return
    columns = list(_key_column(said))
    keys = [Key("primary_key", (c.name,)) for c in columns]
    composed = said.options.get("primary_key")
    if isinstance(composed, list):
        keys.append(Key("primary_key", names(composed)))
    for line in lines:
        if is_column(line):
            for column, more in made(*_kind(line), line.options, said.rails):
                columns.append(column)
                keys.extend(more)
        else:
            keys.extend(_line_key(line))
    like = said.options.get("as") is not None
    operation = said.say("create_table", columns=tuple(c.name for c in columns))
    yield Step(operation, tuple(columns), tuple(keys), open=not whole or like)


def _key_column(said: Said) -> Iterator[Column]:
    id_ = said.options.get("id", True)
    named = said.options.get("primary_key", "id")
    if id_ is False or not isinstance(named, str):
        return
    kind = id_.get("type") if isinstance(id_, dict) else id_
    type_ = column_type(kind, {}) if isinstance(kind, str) else "bigint" if said.rails >= 5.1 else "integer"
    yield Column(named, type_, nullable=False, has_default=True)


def is_column(line: Said) -> bool:
    return line.call.name in _DDL_TYPES


def _kind(line: Said) -> tuple[str, Sequence[Value]]:
    if line.call.name == "column":
        return line.text(1) or "", line.args[:1]
    return line.call.name, line.args


def _line_key(line: Said) -> Iterator[Key]:
    name = line.options.get("name")
    named = name if isinstance(name, str) else ""
    columns = names(line.args[0]) if line.args else ()
    if line.call.name in ("index", "unique_constraint"):
        unique = line.options.get("unique") is True or line.call.name == "unique_constraint"
        yield Key("unique" if unique else "index", columns, named)
    elif line.call.name == "check_constraint":
        yield Key("check", (), named)


def create_join_table(said: Said, lines: Sequence[Said], whole: bool) -> Iterator[Move]:
    given = said.options.get("table_name")
    one, two = said.text(0), said.text(1)
    if not one or not two:
        yield said.opaque()
        return
    table = given if isinstance(given, str) else "_".join(sorted((plural(one), plural(two))))
    ends = [
        Column(
            f"{_singular(n)}_id",
            "bigint" if said.rails >= 5.1 else "integer",
            nullable=False,
            has_default=False,
        )
        for n in (one, two)
    ]
    keys = [key for line in lines for key in _line_key(line)]
    yield Step(
        said.say("create_table", table, columns=tuple(c.name for c in ends)),
        tuple(ends),
        tuple(keys),
        open=not whole,
    )


def _singular(name: str) -> str:
    for cut, put in (("ies", "y"), ("sses", "ss"), ("uses", "us"), ("s", "")):
        if name.endswith(cut) and plural(name.removesuffix(cut) + put) == name:
            return name.removesuffix(cut) + put
    return name


def drop_table(said: Said) -> Iterator[Move]:
    for name in said.args:
        if isinstance(name, str):
            yield Step(said.say("drop_table", name))
    if not said.table:
        yield said.opaque()


def rename_table(said: Said) -> Iterator[Move]:
    yield Step(said.say("rename_table", to=said.text(1))) if said.table and said.text(1) else said.opaque()


# -- columns ---------------------------------------------------------------------------
def add_column(said: Said) -> Iterator[Move]:
    kind = said.text(2)
    if not said.table or not said.text(1):
        yield said.opaque()
        return
    yield from _added(said, kind, said.args[1:2])


def _added(said: Said, kind: str, listed: Sequence[Value]) -> Iterator[Move]:
    first, after = said.options.get("first"), said.options.get("after")
    behind = FIRST if first is True else after if isinstance(after, str) else ""
    for column, keys in made(kind, listed, said.options, said.rails):
        operation = said.say(
            "add_column", column=column.name, type=column.type, nullable=column.nullable, has_default=column.has_default,
            to=next((k.refers for k in keys if k.refers), ""),
        )  # fmt: skip
        yield Step(operation, (column,), keys, after=behind)


def add_columns(said: Said) -> Iterator[Move]:
    kind = said.options.get("type")
    for name in said.args[1:]:
        yield from _added(said, kind if isinstance(kind, str) else "", [name])


def add_reference(said: Said) -> Iterator[Move]:
    yield from _added(said, "references", said.args[1:2]) if said.table and said.text(1) else [said.opaque()]


def add_timestamps(said: Said) -> Iterator[Move]:
    yield from _added(said, "timestamps", ())


def remove_columns(said: Said) -> Iterator[Move]:
    """remove_column(table, column, type ...), remove_columns(table, *columns, type:)."""
    listed = (
        said.args[1:2]
        if said.call.name == "remove_column"
        else [n for a in said.args[1:] for n in (a if isinstance(a, list) else [a])]
    )
    if not said.table or not listed or not all(isinstance(name, str) for name in listed):
        yield said.opaque()
        return
    for name in listed:
        yield Step(said.say("drop_column", column=name))


def remove_reference(said: Said) -> Iterator[Move]:
    if not said.table or not said.text(1):
        yield said.opaque()
        return
    yield Step(said.say("drop_column", column=f"{said.text(1)}_id"))
    if said.options.get("polymorphic"):
        yield Step(said.say("drop_column", column=f"{said.text(1)}_type"))


def remove_timestamps(said: Said) -> Iterator[Move]:
    for name in ("created_at", "updated_at"):
        yield Step(said.say("drop_column", column=name))


def rename_column(said: Said) -> Iterator[Move]:
    known = said.table and said.text(1) and said.text(2)
    yield Step(said.say("rename_column", column=said.text(1), to=said.text(2))) if known else said.opaque()


def change_column(said: Said) -> Iterator[Move]:
    name = said.text(1)
    if not said.table or not name:
        yield said.opaque()
        return
    yield Step(said.say("change_type", column=name, type=column_type(said.text(2), said.options)))
    if isinstance(said.options.get("null"), bool):
        yield from _nullable(said, name, bool(said.options["null"]))
    if "default" in said.options:
        yield from _default(said, name, said.options["default"])


def _nullable(said: Said, name: str, nullable: bool) -> Iterator[Move]:
    yield Step(said.say("drop_not_null" if nullable else "set_not_null", column=name, nullable=nullable))


def _default(said: Said, name: str, value: Value) -> Iterator[Move]:
    has = value is not None
    yield Step(said.say("set_default" if has else "drop_default", column=name, has_default=has))


def change_null(said: Said) -> Iterator[Move]:
    nullable = said.args[2] if len(said.args) > 2 else UNKNOWN
    known = said.table and said.text(1) and isinstance(nullable, bool)
    yield from _nullable(said, said.text(1), bool(nullable)) if known else [said.opaque()]


def change_default(said: Said) -> Iterator[Move]:
    value = said.options["to"] if "to" in said.options else said.args[2] if len(said.args) > 2 else None
    yield from _default(said, said.text(1), value) if said.table and said.text(1) else [said.opaque()]


# -- keys -------------------------------------------------------------------------------
def _key(said: Said, verb: str, key: Key) -> Step:
    kind: OperationKind = f"{verb}_{key.kind}"  # type: ignore[assignment]
    if key.kind in ("index", ""):
        kind = "create_index" if verb == "add" else "drop_index"
    one = key.columns[0] if len(key.columns) == 1 else ""
    return Step(said.say(kind, columns=key.columns, column=one, to=key.refers), keys=(key,))


def _name(said: Said) -> str:
    found = said.options.get("name")
    return found if isinstance(found, str) else ""


def add_index(said: Said) -> Iterator[Move]:
    unique = said.options.get("unique") is True or said.call.name == "add_unique_constraint"
    kind: KeyKind = "unique" if unique else "index"
    yield _key(said, "add", Key(kind, names(said.args[1] if len(said.args) > 1 else []), _name(said)))


def remove_index(said: Said) -> Iterator[Move]:
    columns = said.options.get("column", said.args[1] if len(said.args) > 1 else [])
    yield _key(said, "drop", Key("", names(columns), _name(said)))


def add_foreign_key(said: Said) -> Iterator[Move]:
    to = said.text(1)
    column = said.options.get("column")
    columns = names(column) or (f"{_singular(to)}_id",)
    yield (
        _key(said, "add", Key("foreign_key", columns, _name(said), to))
        if said.table and to
        else said.opaque()
    )


def remove_foreign_key(said: Said) -> Iterator[Move]:
    to = said.text(1) or str(said.options.get("to_table") or "")
    columns = names(said.options.get("column", []))
    yield _key(
        said, "drop", Key("foreign_key", columns or ((f"{_singular(to)}_id",) if to else ()), _name(said), to)
    )


def add_check(said: Said) -> Iterator[Move]:
    yield _key(said, "add", Key("check", (), _name(said)))


def remove_check(said: Said) -> Iterator[Move]:
    yield _key(said, "drop", Key("check", (), _name(said)))


# -- enumerations and views ----------------------------------------------------------------
def create_enum(said: Said) -> Iterator[Move]:
    values = said.args[1] if len(said.args) > 1 else said.options.get("values")
    yield EnumMade(said.text(0), names(values) if isinstance(values, list) else ())


def add_enum_value(said: Said) -> Iterator[Move]:
    yield Step(
        said.origin.operation("add_enum_value", "", said.call.line, type=said.text(0), to=said.text(1))
    )


def rename_enum_value(said: Said) -> Iterator[Move]:
    before, after = said.options.get("from"), said.options.get("to")
    for kind, value in (("drop_enum_value", before), ("add_enum_value", after)):
        yield Step(said.origin.operation(kind, "", said.call.line, type=said.text(0), to=str(value)))  # type: ignore[arg-type]


def view(said: Said) -> Iterator[Move]:
    kind: OperationKind = "drop_view" if said.call.name.startswith("drop") else "create_view"
    yield Step(said.say(kind)) if said.table else said.opaque()


HANDLERS: dict[str, Handler] = {
    "drop_table": drop_table, "rename_table": rename_table, "add_column": add_column, "add_columns": add_columns,
    "add_reference": add_reference, "add_belongs_to": add_reference, "add_timestamps": add_timestamps,
    "remove_column": remove_columns, "remove_columns": remove_columns, "remove_reference": remove_reference,
    "remove_belongs_to": remove_reference, "remove_timestamps": remove_timestamps, "rename_column": rename_column,
    "change_column": change_column, "change_column_null": change_null, "change_column_default": change_default,
    "add_index": add_index, "add_concurrent_index": add_index, "add_unique_constraint": add_index,
    "remove_index": remove_index, "remove_concurrent_index": remove_index, "remove_unique_constraint": remove_index,
    "add_foreign_key": add_foreign_key, "add_concurrent_foreign_key": add_foreign_key,
    "remove_foreign_key": remove_foreign_key, "add_check_constraint": add_check, "remove_check_constraint": remove_check,
    "create_enum": create_enum, "create_enum_type": create_enum, "add_enum_value": add_enum_value,
    "rename_enum_value": rename_enum_value, "create_view": view, "update_view": view, "replace_view": view,
    "drop_view": view, "drop_join_table": drop_table,
}  # fmt: skip
IN_TABLE: dict[str, str] = {  # what a line of `change_table` stands for
    "remove": "remove_columns", "rename": "rename_column", "change": "change_column", "change_default": "change_column_default",
    "change_null": "change_column_null", "index": "add_index", "remove_index": "remove_index", "foreign_key": "add_foreign_key",
    "remove_foreign_key": "remove_foreign_key", "remove_references": "remove_reference", "remove_belongs_to": "remove_reference",
    "references": "add_reference", "belongs_to": "add_reference", "timestamps": "add_timestamps", "column": "add_column",
    "remove_timestamps": "remove_timestamps", "check_constraint": "add_check_constraint", "remove_check_constraint": "remove_check_constraint",
    "unique_constraint": "add_unique_constraint",
}  # fmt: skip
