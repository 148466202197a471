"""Column types under one spelling, and whether one holds all values of another.

Only what decides about widening is kept: `INT4`, `serial` and `AutoField`'s integer are all `integer`.
"""

import re
from typing import Literal

Turn = Literal["same", "widened", "narrowed", "changed", "unknown"]

_ALIASES = {
    "int": "integer", "int4": "integer", "serial": "integer", "serial4": "integer", "int8": "bigint",
    "bigserial": "bigint", "serial8": "bigint", "int2": "smallint", "smallserial": "smallint", "byteint": "tinyint",
    "bool": "boolean", "character varying": "varchar", "nvarchar": "varchar", "varchar2": "varchar",
    "character": "char", "nchar": "char", "bpchar": "char", "string": "text", "longtext": "text", "ntext": "text",
    "mediumtext": "text", "clob": "text", "tinytext": "varchar(255)", "decimal": "numeric", "dec": "numeric",
    "number": "numeric", "float4": "real", "float8": "double precision", "double": "double precision",
    "float": "double precision", "timestamptz": "timestamp with time zone", "datetimeoffset": "timestamp with time zone",
    "timestamp without time zone": "timestamp", "datetime": "timestamp", "datetime2": "timestamp",
    "timetz": "time with time zone", "time without time zone": "time", "bytea": "blob", "varbinary": "blob",
    "binary": "blob", "longblob": "blob", "mediumblob": "blob", "image": "blob", "uniqueidentifier": "uuid", "varbit": "bit varying",
}  # fmt: skip
_FAMILIES = {
    "tinyint": ("integer", 1), "smallint": ("integer", 2), "mediumint": ("integer", 3), "integer": ("integer", 4),
    "bigint": ("integer", 5), "real": ("float", 1), "double precision": ("float", 2), "char": ("text", 1),
    "varchar": ("text", 1), "citext": ("text", 2), "text": ("text", 2), "date": ("date", 1),
    "timestamp": ("timestamp", 1), "timestamp with time zone": ("timestamptz", 1), "time": ("time", 1),
    "time with time zone": ("timetz", 1), "boolean": ("boolean", 1), "json": ("json", 1), "jsonb": ("json", 1),
    "uuid": ("uuid", 1), "blob": ("binary", 1), "numeric": ("numeric", 1),
}  # fmt: skip
_DIGITS = {"tinyint": 3, "smallint": 5, "mediumint": 7, "integer": 10, "bigint": 19}
_SHAPE = re.compile(
    r"^(?P<head>[^()\[]+)(?:\((?P<args>.*)\)(?P<tail>[^()\[]*))?(?P<array>(?:\[\d*\])*)$", re.DOTALL
)
_MYSQL_BOOLEAN = re.compile(r"^tinyint\s*\(\s*1\s*\)$")
_HARMLESS = re.compile(r"\b(unsigned|zerofill|signed|identity|auto_increment|binary)\b")


def spelled(text: str) -> str:
    """A type under the one spelling: lower case, aliases resolved, one blank between words. "" stays "".

    >>> spelled("CHARACTER VARYING ( 50 )"), spelled("INT8"), spelled("numeric(10, 2)"), spelled("int4[]")
    ('varchar(50)', 'bigint', 'numeric(10,2)', 'integer[]')
    >>> spelled("timestamp(6) without time zone"), spelled("tinyint(1)"), spelled("int(11) unsigned")
    ('timestamp', 'boolean', 'integer unsigned')
    """
    raw = " ".join(text.split())
    if raw.lower().startswith(("enum", "set(")):
        return "enum" + raw[raw.find("(") :] if "(" in raw else raw.lower()
    if _MYSQL_BOOLEAN.match(raw.lower()):
        return "boolean"
    shape = _SHAPE.match(raw)
    if shape is None:
        return raw.lower()
    head, tail = shape["head"].strip().lower(), (shape["tail"] or "").strip().lower()
    unsigned = " unsigned" if "unsigned" in f"{head} {tail}" else ""
    head = _HARMLESS.sub("", head).strip() if head not in _ALIASES else head
    named = " ".join(f"{head} {_HARMLESS.sub('', tail)}".split())
    base = _ALIASES.get(named, named)
    args = (
        (shape["args"] or "").replace(" ", "")
        if base in ("varchar", "char", "numeric", "bit varying")
        else ""
    )
    args = "" if args.lower() in ("max", "-1") else args
    if base not in _FAMILIES and shape["args"] and not args:
        args = shape["args"].replace(" ", "")  # a type of an extension: geometry(Point,4326)
    base = "text" if base == "varchar" and not args else base
    return base + (f"({args})" if args else "") + unsigned + (shape["array"] or "")


def turn(before: str, after: str) -> Turn:
    """What becomes of values that were written as `before` and are read as `after`; unknown when either is "".

    >>> turn("varchar(50)", "varchar(20)"), turn("int", "bigint"), turn("text", "int"), turn("varchar(9)", "text")
    ('narrowed', 'widened', 'changed', 'widened')
    >>> turn("numeric(10,2)", "numeric(12,2)"), turn("numeric(10,2)", "numeric(10,4)"), turn("int4", "integer")
    ('widened', 'narrowed', 'same')
    """
    old, new = spelled(before), spelled(after)
    if not old or not new:
        return "unknown"
    if old == new:
        return "same"
    if old.startswith("enum(") and new.startswith("enum("):
        return _by_values(enum_values(old), enum_values(new))
    if old.endswith("]") or new.endswith("]"):
        inner = old.endswith("]") and new.endswith("]")
        return turn(old.rpartition("[")[0], new.rpartition("[")[0]) if inner else "changed"
    return _by_size(old, new)


def enum_values(text: str) -> tuple[str, ...]:
    """The values of MySQL's `enum('a','b')`; none for another type.

    >>> enum_values("enum('new','won''t')")
    ('new', "won't")
    """
    if not text.lower().startswith("enum("):
        return ()
    return tuple(value.replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", text))


def _by_values(old: tuple[str, ...], new: tuple[str, ...]) -> Turn:
    return "widened" if set(old) <= set(new) else "narrowed"


def _by_size(old: str, new: str) -> Turn:
    old_base, old_args = _parts(old)
    new_base, new_args = _parts(new)
    families = _FAMILIES.get(old_base, (old_base, 0))[0], _FAMILIES.get(new_base, (new_base, 0))[0]
    if families == ("text", "text"):
        return _larger(_length(old_base, old_args), _length(new_base, new_args))
    if families == ("integer", "numeric") and _holds(new_args, _DIGITS[old_base]):
        return "widened"
    if families[0] != families[1]:
        return "changed"
    if families[0] == "numeric":
        return _numeric(old_args, new_args)
    if families[0] == "integer" and old.endswith("unsigned") != new.endswith("unsigned"):
        wider = old.endswith("unsigned") and _FAMILIES[new_base][1] > _FAMILIES[old_base][1]
        return "widened" if wider else "narrowed"
    if families[0] == "json":
        return "same"  # one value model; only the text's spelling is lost
    if old_base in _FAMILIES:
        return _larger(_FAMILIES[old_base][1], _FAMILIES[new_base][1])
    return "changed"


def _parts(text: str) -> tuple[str, tuple[int, ...]]:
    base, _, rest = text.removesuffix(" unsigned").partition("(")
    return base, tuple(int(number) for number in re.findall(r"\d+", rest))


def _length(base: str, args: tuple[int, ...]) -> float:
    if base in ("text", "citext"):
        return float("inf")
    return args[0] if args else 1


def _larger(old: float, new: float) -> Turn:
    if old == new:
        return "same"
    return "widened" if new > old else "narrowed"


def _holds(args: tuple[int, ...], digits: int) -> bool:
    return not args or args[0] - (args[1] if len(args) > 1 else 0) >= digits


def _numeric(old: tuple[int, ...], new: tuple[int, ...]) -> Turn:
    if not new:
        return "widened"
    if not old:
        return "narrowed"
    old_scale, new_scale = ((*args, 0)[1] for args in (old, new))
    whole = new[0] - new_scale >= old[0] - old_scale
    return "widened" if whole and new_scale >= old_scale else "narrowed"
