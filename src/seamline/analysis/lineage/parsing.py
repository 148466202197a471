"""The text of a statement as a tree, or one line on why there is none."""

import logging
import re

from sqlglot import exp, parse
from sqlglot.errors import SqlglotError

# The parser tells the log of each statement it only half knows; we tell the reader.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

_LONGEST = 8_000_000  # characters
_DEEPEST = 400  # brackets; the compiled parser dies without a word some way beyond ten thousand
_STRINGS = re.compile(r"'(?:[^'\\]|''|\\.)*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_TEMPLATE = re.compile(r"\{\{|\{%")
_NESTED_TYPE = re.compile(r"(?:\w+\s*<\s*){100}")
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
    bare = _STRINGS.sub("''", sql) if "{" in sql or "(" in sql or "[" in sql else sql
    if _TEMPLATE.search(bare):
        raise Unparsed("it holds a template ({{ or {%): compile it first")
    depth = deepest = 0
    for opened in re.findall(r"[(\[{)\]}]", bare):
        depth += 1 if opened in "([{" else -1
        deepest = max(deepest, depth)
    if deepest > _DEEPEST or _NESTED_TYPE.search(bare) or _SUBSCRIPTS.search(bare):
        raise Unparsed("it is nested too deep")


def _line(error: Exception) -> str:
    """The parser's complaint in one line, without colours and the text it quotes."""
    first = str(error).partition("\n")[0]
    return re.sub(r"\x1b\[\d*m", "", first)[:160] or type(error).__name__
