"""How names are written down, so that two spellings of one name are equal."""

from collections.abc import Iterable

# Names in quotes keep their case; without quotes they are folded.
_QUOTED_LOWER = frozenset({"postgres", "materialize", "risingwave"})
_QUOTED_UPPER = frozenset({"snowflake", "oracle", "exasol"})
_AS_WRITTEN = frozenset({"clickhouse"})


def fold(name: str, quoted: bool, dialect: str) -> str:
    """A column's or alias' name by the dialect's rule. What an engine folds to upper case is lower case here.

    >>> fold("Id", False, "snowflake"), fold("Id", True, "snowflake"), fold("ID", True, "snowflake")
    ('id', 'Id', 'id')
    >>> fold("Id", True, "duckdb"), fold("Id", True, "postgres")
    ('id', 'Id')
    """
    if dialect in _AS_WRITTEN or (quoted and dialect in _QUOTED_LOWER):
        return name
    if quoted and dialect in _QUOTED_UPPER:
        return name.lower() if name == name.upper() else name
    return name.lower()


def key(parts: Iterable[str]) -> str:
    """A relation's key, out of its name's parts as written, without their quotes.

    >>> key(["Shop", "", "Orders"])
    'shop.orders'
    """
    return ".".join(part.lower() for part in parts if part)
