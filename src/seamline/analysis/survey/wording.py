"""What the words of a statement say by themselves, before anybody reads it as SQL. All in linear time."""

import re
from collections.abc import Iterator

# Comments and texts, which hold no words; names in quotes, brackets, words.
_TOKEN = re.compile(
    r"""--[^\n]* | /\*(?:.*?\*/|.*) | '(?:[^']|'')*'? | "(?:[^"]|"")*"? | `[^`]*`? | [()] | [^\W\d]\w*""",
    re.VERBOSE | re.DOTALL,
)
_NO_WORD = ("--", "/*", "'", '"', "`")
_FILLS = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "UPSERT", "COPY"})
_BEGINS = _FILLS | {"SELECT", "CREATE", "VALUES", "TABLE"}
_PART = r"""(?:"[^"]{1,128}"|`[^`]{1,128}`|\[[^\]]{1,128}\]|\w+)"""
_NAME = re.compile(rf"""(?<![\w."`\]]){_PART}(?:\s*\.\s*{_PART}){{0,3}}""")
_MOST_TEXT = 1_000_000  # characters in which names are looked for


def fills(sql: str) -> bool:
    """Whether a statement changes rows of a table that is there, and makes none.

    >>> fills("/* nightly */ WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a")
    True
    >>> fills("CREATE TABLE t AS SELECT 1"), fills("with a as (delete from b returning c) select c from a")
    (False, False)
    """
    return next((word in _FILLS for word in _outside(sql) if word in _BEGINS), False)


def _outside(sql: str) -> Iterator[str]:
    """The words that stand in no parentheses, in upper case."""
    depth = 0
    for found in _TOKEN.finditer(sql):
        token = found[0]
        if token in "()":
            depth += 1 if token == "(" else -1
        elif depth == 0 and not token.startswith(_NO_WORD):
            yield token.upper()


def names(sql: str) -> dict[str, set[str]]:
    """What may be a table's name, as it is spelled, by its last part in lower case; more of it than there are tables.

    >>> sorted(names("select a.id from Public.Visits a")["visits"])
    ['Public.Visits']
    """
    out: dict[str, set[str]] = {}
    for found in _NAME.finditer(sql[:_MOST_TEXT]):
        last = found[0].rpartition(".")[2].strip().strip('"`[]').lower()
        out.setdefault(last, set()).add(found[0])
    return out
