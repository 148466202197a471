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
_OTHERS = {
    "": ("duckdb", "postgres", "bigquery", "snowflake", "databricks", "tsql"),
    "trino": ("", "presto", "duckdb"),
    "postgres": ("", "redshift", "duckdb"),
    "redshift": ("", "postgres"),
    "spark": ("databricks", ""),
    "databricks": ("spark", ""),
    "duckdb": ("", "postgres"),
}


class Unparsed(Exception):
    """There is no tree; the text says why, in one line."""


def parsed(sql: str, dialect: str) -> tuple[list[exp.Expr], str]:
    """The statements of a text, and the dialect in which it could be read: the one given, else one like it.

    Raises Unparsed.
    """
    _check(sql)
    failed = ""
    for one in (dialect, *_OTHERS.get(dialect, ("",))):
        try:
            statements = [node for node in parse(sql, dialect=one or None) if node is not None]
        except RecursionError:
            raise Unparsed("it is nested too deep") from None
        except (SqlglotError, ValueError) as error:  # ValueError: a dialect that the parser does not know
            failed = failed or _line(error)
            continue
        except Exception as error:  # noqa: BLE001 - a defect of the parser must not end the run
            failed = failed or f"the parser fails: {type(error).__name__}"
            continue
        if statements and not all(isinstance(node, exp.Command) for node in statements):
            return statements, one
        failed = failed or ("it is empty" if not statements else "no such statement is known")
    raise Unparsed(failed)


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
