"""The text of a statement as a tree, or one line on why there is none."""

import re

from sqlglot import exp, logger, parse
from sqlglot.errors import SqlglotError

# The parser tells the log of each statement it only half knows; we tell the reader.
logger.setLevel("CRITICAL")

_LONGEST = 8_000_000  # characters
# The compiled parser dies without a word of what is nested some ten thousand deep, in whatever way it can be.
_DEEPEST = 400
_DEEPEST_TYPE = (
    2_000  # comparisons count as well: nobody can tell them from a type's brackets without parsing
)
_STRINGS = re.compile(r"'(?:[^'\\]|''|\\.)*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{|\{%")
_BRACKETS = re.compile(r"[(\[{]|([)\]}])")
_TYPES = re.compile(r"\b\w+\s*<(?=\s*\w+[\s<>:,])|(>)")
_NESTED_FROM = re.compile(r"\b(?:from|into)\s+(?=(?:from|select|lateral)\b)", re.IGNORECASE)
_SUBSCRIPTS = re.compile(r"(?:\[[^\[\]]*\]\s*){100}")  # each takes time in proportion to all before it
# Tried in this order where the dialect given fails: projects say one and are written in another.
_OTHERS = (
    "",
    "duckdb",
    "postgres",
    "trino",
    "snowflake",
    "redshift",
    "tsql",
    "clickhouse",
    "databricks",
    "bigquery",
)
# In these, double quotes hold a string: read so, a column in quotes would be overlooked.
_STRINGS_IN_DOUBLE_QUOTES = frozenset({"bigquery", "databricks", "spark", "spark2", "hive", "mysql"})


class Unparsed(Exception):
    """There is no tree; the text says why, in one line."""


def parsed(sql: str, dialect: str) -> tuple[list[exp.Expr], str]:
    """The statements of a text, and the dialect whose rules they follow: the one given, else that they parse in.

    Raises Unparsed.
    """
    _check(sql)
    failed = ""
    for one in (dialect, *(other for other in _OTHERS if other != dialect)):
        if one in _STRINGS_IN_DOUBLE_QUOTES and one != dialect and '"' in sql:
            continue
        try:
            statements = _statements(sql, one)
        except _Failed as why:
            failed = failed or str(why)
        else:
            return statements, dialect or one
    raise Unparsed(failed)


class _Failed(Exception):
    """One dialect can't read the text."""


def _statements(sql: str, dialect: str) -> list[exp.Expr]:
    try:
        statements = [node for node in parse(sql, dialect=dialect or None) if node is not None]
    except RecursionError:
        raise Unparsed("it is nested too deep") from None
    except (SqlglotError, ValueError) as error:  # ValueError: a dialect that the parser does not know
        raise _Failed(_line(error)) from None
    except Exception as error:  # noqa: BLE001 - a defect of the parser must not end the run
        raise _Failed(f"the parser fails: {type(error).__name__}") from None
    if not statements:
        raise Unparsed("it is empty")
    if all(isinstance(node, exp.Command) for node in statements):
        raise _Failed("no such statement is known")
    return statements


def _check(sql: str) -> None:
    if len(sql) > _LONGEST:
        raise Unparsed(f"it has {len(sql):,} characters")
    bare = _STRINGS.sub(lambda found: "''" if found[0][0] == "'" else " ", sql)
    if _TEMPLATE.search(bare):
        raise Unparsed("it holds a template ({{ or {%): compile it first")
    nested_froms = sum(1 for _ in _NESTED_FROM.finditer(bare))
    deepest = max(_depth(_BRACKETS, bare), nested_froms)
    if deepest > _DEEPEST or _depth(_TYPES, bare) > _DEEPEST_TYPE or _SUBSCRIPTS.search(bare):
        raise Unparsed("it is nested too deep")


def _depth(pattern: re.Pattern[str], text: str) -> int:
    """How deep it goes, where the pattern's one group is what closes."""
    depth = deepest = 0
    for found in pattern.finditer(text):
        depth = max(0, depth - 1) if found[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _line(error: Exception) -> str:
    """The parser's complaint in one line, without colours and the text it quotes."""
    first = str(error).partition("\n")[0]
    return re.sub(r"\x1b\[\d*m", "", first)[:160] or type(error).__name__
