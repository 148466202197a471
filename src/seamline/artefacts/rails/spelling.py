"""How Rails spells: class names to tables, and the types of its schema language."""

import re
from collections.abc import Mapping

from seamline.analysis.ddl.column_types import spelled
from seamline.artefacts.rails.nodes import Value

_IRREGULAR = {
    "person": "people", "child": "children", "man": "men", "woman": "women", "mouse": "mice", "ox": "oxen", "quiz": "quizzes",
    "index": "indices", "vertex": "vertices", "matrix": "matrices", "datum": "data", "criterion": "criteria", "move": "moves",
}  # fmt: skip
_SAME = frozenset(
    "equipment information rice money species series fish sheep jeans police news media metadata feedback".split()
)
_ENDINGS = (
    (r"([^aeiou]|qu)y$", r"\1ies"), (r"(?:([^f])fe|([lr])f)$", r"\1\2ves"), (r"(x|ch|ss|sh|z)$", r"\1es"), (r"sis$", "ses"),
    (r"(alias|status|virus|octopus)$", r"\1es"), (r"(buffal|tomat|potat|her)o$", r"\1oes"), (r"s$", "s"), (r"$", "s"),
)  # fmt: skip
_TYPES = {
    "string": "varchar", "text": "text", "integer": "integer", "bigint": "bigint", "float": "double precision",
    "decimal": "numeric", "datetime": "timestamp", "timestamp": "timestamp", "timestamptz": "timestamp with time zone",
    "primary_key": "bigint", "serial": "integer", "bigserial": "bigint", "binary": "blob", "blob": "blob", "virtual": "",
    "references": "bigint", "belongs_to": "bigint", "unsigned_integer": "integer unsigned", "unsigned_bigint": "bigint unsigned",
    "mediumtext": "text", "longtext": "text", "tinytext": "varchar(255)",
}  # fmt: skip
_WHOLE = {
    1: "tinyint",
    2: "smallint",
    3: "integer",
    4: "integer",
    5: "bigint",
    6: "bigint",
    7: "bigint",
    8: "bigint",
}


def plural(word: str) -> str:
    """The plural by Rails' own rules for the last word of a name.

    >>> plural("category"), plural("user_status"), plural("person"), plural("day"), plural("address"), plural("users")
    ('categories', 'user_statuses', 'people', 'days', 'addresses', 'users')
    """
    head, underscore, last = word.rpartition("_")
    if last in _SAME:
        return word
    if last in _IRREGULAR:
        return head + underscore + _IRREGULAR[last]
    for pattern, ending in _ENDINGS:
        if re.search(pattern, last):
            return head + underscore + re.sub(pattern, ending, last, count=1)
    return word


def table_of(class_name: str) -> str:
    """The table of a model: `Admin::UserGroup` is `admin_user_groups` at its most usual.

    >>> table_of("UserGroup"), table_of("HTTPCheck"), table_of("MyMigration::Status")
    ('user_groups', 'http_checks', 'statuses')
    """
    last = class_name.rpartition("::")[2]
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", last)
    return plural(re.sub(r"([a-z\d])([A-Z])", r"\1_\2", words).lower())


def column_type(kind: str, options: Mapping[str, Value]) -> str:
    """A type as SQL spells it; "" where the migration doesn't tell."""
    limit, precision, scale = (options.get(name) for name in ("limit", "precision", "scale"))
    if kind == "enum" and isinstance(options.get("enum_type"), str):
        base = str(options["enum_type"])
    elif kind == "virtual":
        base = column_type(str(options.get("type", "")), {}) if isinstance(options.get("type"), str) else ""
    elif kind == "integer" and isinstance(limit, int):
        base = _WHOLE.get(limit, "integer")
    elif kind in ("string", "char") and isinstance(limit, int):
        base = f"varchar({limit})"
    elif kind in ("decimal", "numeric") and isinstance(precision, int):
        base = f"numeric({precision},{scale if isinstance(scale, int) else 0})"
    else:
        base = spelled(_TYPES.get(kind, kind))
    return base + ("[]" if base and options.get("array") is True else "")
