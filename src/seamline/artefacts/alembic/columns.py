"""SQLAlchemy's columns, types and constraints as they stand in a revision."""

from collections.abc import Iterator

from seamline.analysis.ddl.column_types import spelled
from seamline.analysis.ddl.columns import Defined
from seamline.analysis.ddl.steps import EnumMade, Key, KeyKind
from seamline.artefacts.python_values import Call, Name, Value
from seamline.model.artefact import Column

_TYPES = {
    "Integer": "integer", "BigInteger": "bigint", "SmallInteger": "smallint", "Boolean": "boolean", "Date": "date",
    "Time": "time", "Interval": "interval", "Float": "double precision", "Double": "double precision", "REAL": "real",
    "Text": "text", "UnicodeText": "text", "LargeBinary": "blob", "PickleType": "blob", "DOUBLE_PRECISION": "double precision",
    "Uuid": "uuid", "JSON": "json", "JSONB": "jsonb",
}  # fmt: skip
_SIZED = {
    "String": "varchar",
    "Unicode": "varchar",
    "AutoString": "varchar",
    "Numeric": "numeric",
    "DECIMAL": "numeric",
}
_TIMES = {"DateTime": "timestamp", "TIMESTAMP": "timestamp", "DATETIME": "timestamp"}
_OWN = (
    "sa",
    "sqlalchemy",
    "postgresql",
    "mysql",
    "mssql",
    "sqlite",
    "oracle",
    "pg",
    "types",
    "sqlmodel",
    "dialects",
)
_KEYS: dict[str, KeyKind] = {
    "PrimaryKeyConstraint": "primary_key", "UniqueConstraint": "unique", "ForeignKeyConstraint": "foreign_key",
    "CheckConstraint": "check", "ExcludeConstraint": "check", "Index": "index",
}  # fmt: skip


def text(value: Value) -> str:
    """A name given as text, or wrapped in `op.f(...)`; "" for one that can't be told."""
    if isinstance(value, Call) and value.last in ("f", "quoted_name", "text", "literal") and value.args:
        return text(value.args[0])
    return value if isinstance(value, str) else ""


def texts(value: Value) -> tuple[str, ...]:
    """A list of names, or a single one; expressions among them are left out."""
    listed = value if isinstance(value, list | tuple) else (value,)
    return tuple(found for found in (text(item) for item in listed) if found)


def type_of(value: Value) -> str:
    """A type as SQL spells it; "" for one that the project has made itself."""
    call = Call(value.dotted, (), {}, 0) if isinstance(value, Name) else value
    if not isinstance(call, Call):
        return ""
    parts = call.name.split(".")
    if parts[-1] in ("with_variant", "evaluates_none"):
        return type_of(Call(".".join(parts[:-1]), (), {}, call.line))
    last = parts[-1]
    if last in _TYPES:
        return _TYPES[last]
    if last in _SIZED:
        return spelled(_SIZED[last] + _size(call))
    if last in _TIMES:
        zoned = call.get(0, "timezone") is True and last != "DATETIME"
        return "timestamp with time zone" if zoned else "timestamp"
    if last in ("Enum", "ENUM"):
        return text(call.kwargs.get("name")) or _mysql_enum(call)
    if last == "ARRAY":
        inner = type_of(call.get(0, "item_type"))
        return f"{inner}[]" if inner else ""
    if len(parts) > 1 and not set(parts[:-1]) & set(_OWN):
        return ""
    return spelled(last + _size(call)) if last.isupper() or len(parts) > 1 else ""


def _size(call: Call) -> str:
    numbers = [call.kwargs.get(k) for k in ("length", "precision", "scale")] if call.kwargs else []
    found = [n for n in (*call.args, *numbers) if isinstance(n, int) and not isinstance(n, bool)]
    return f"({','.join(str(n) for n in found)})" if found else ""


def _mysql_enum(call: Call) -> str:
    values = ",".join("'" + v.replace("'", "''") + "'" for v in enum_values(call))
    return f"enum({values})"


def enum_values(call: Call) -> tuple[str, ...]:
    return tuple(v for v in call.args if isinstance(v, str))


def enums(value: Value) -> Iterator[EnumMade]:
    """The enumeration types that a type brings with it."""
    if isinstance(value, Call) and value.last in ("Enum", "ENUM") and text(value.kwargs.get("name")):
        values = enum_values(value)
        if values:
            yield EnumMade(text(value.kwargs.get("name")), values)
    elif isinstance(value, Call) and value.last == "ARRAY":
        yield from enums(value.get(0, "item_type"))


def column(call: Call) -> Defined:
    """`sa.Column(name, type, ...)`."""
    rest = [item for item in call.args[1:] if item is not None]
    marks = {item.last: item for item in rest if isinstance(item, Call)}
    name = text(call.get(0, "name"))
    type_ = type_of(call.kwargs.get("type_", rest[0] if rest and not _is_mark(rest[0]) else None))
    primary = call.kwargs.get("primary_key") is True
    nullable = False if primary else call.kwargs.get("nullable") is not False
    default = call.kwargs.get("server_default") is not None or bool(
        {"Identity", "Computed", "FetchedValue"} & set(marks)
    )
    counts = (
        primary
        and type_ in ("integer", "bigint", "smallint")
        and call.kwargs.get("autoincrement") is not False
    )
    keys: list[Key] = [Key("primary_key", (name,))] if primary else []
    if call.kwargs.get("unique") is True:
        keys.append(Key("unique", (name,)))
    if "ForeignKey" in marks:
        keys.append(
            Key("foreign_key", (name,), refers=text(marks["ForeignKey"].get(0, "column")).rpartition(".")[0])
        )
    return Defined(Column(name, type_, nullable=nullable, has_default=default or counts), tuple(keys))


def type_argument(call: Call) -> Value:
    """The type as `sa.Column` is given it."""
    return call.kwargs.get("type_", call.args[1] if len(call.args) > 1 else None)


def _is_mark(value: Value) -> bool:
    return isinstance(value, Call) and value.last in (
        "ForeignKey",
        "Identity",
        "Computed",
        "FetchedValue",
        "CheckConstraint",
    )


def key(call: Call) -> Key | None:
    """A constraint or index among the arguments of `create_table`; None for something else."""
    kind = _KEYS.get(call.last)
    if kind is None:
        return None
    name = text(call.kwargs.get("name"))
    if kind == "foreign_key":
        refers = texts(call.get(1, "refcolumns"))
        return Key(kind, texts(call.get(0, "columns")), name, refers[0].rpartition(".")[0] if refers else "")
    if kind == "check":
        return Key(kind, (), name)
    listed = call.args[1:] if kind == "index" else call.args
    return Key(kind, texts(listed), name or (text(call.get(0, "name")) if kind == "index" else ""))
