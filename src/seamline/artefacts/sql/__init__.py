"""Plain SQL files: tables that are created, views, loads and reports with the statement that makes them.

Migrations and dbt projects have readers of their own; their files are left to them.
"""

import re
from collections.abc import Iterator, Sequence

from seamline.model.artefact import Artefact, Found

name = "sql"

_FILE = re.compile(r"\.(?:sql|ddl|psql|pgsql|tsql|hql|bqsql)$", re.I)
_OTHERS = re.compile(
    r"""(?:^|/)(?: migrations? | migrate | alembic | flyway | liquibase | sqitch | changelogs? | goose | dbmate )/
    | (?:^|/)[VUR]\d*(?:[._]\d+)*__[^/]*$ | (?:^|/)structure\.sql$ | \.(?:up|down)\.sql$""",
    re.VERBOSE | re.I,
)
_TRIALS = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|fixtures?|testdata|test-data|node_modules|vendor)/", re.I
)
_DBT = re.compile(r"(?:^|/)dbt_project\.ya?ml$")


def takes(path: str) -> bool:
    """SQL that is neither a migration nor test data; and where dbt projects are, whose SQL is not read here."""
    if _DBT.search(path):
        return True
    return bool(_FILE.search(path)) and not _OTHERS.search(path) and not _TRIALS.search(path)


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """Tables, then what reads and writes them in the order of files, then what could not be read."""
    roots = tuple(f.path.rpartition("/")[0] for f in files if _DBT.search(f.path))
    plain = [f for f in files if not _DBT.search(f.path) and not _within(f.path, roots)]
    if plain:
        from seamline.artefacts.sql.found import found  # sqlglot takes a while to import

        yield from found(plain)


def _within(path: str, roots: Sequence[str]) -> bool:
    return any(root == "" or path.startswith(f"{root}/") for root in roots)
