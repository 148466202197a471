"""A database's catalogue as comparable text: what pg_dump says of it, with everything in an order of its own."""

import re
import subprocess

from seamline.bench.migrate.server import SUPER
from seamline.bench.migrate.table import Database
from seamline.model.errors import Stop

_NOISE = re.compile(r"^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\.*)?$")
OWN_SCHEMA = "seam"  # the conductor's journal is no part of what it was asked for


def catalogue(database: Database, without: str = OWN_SCHEMA) -> frozenset[str]:
    """Every statement that pg_dump needs for the schema; the journal, the ledger and a schema `without` are left out."""
    command = (
        database.server.program("pg_dump"), "-s", "-N", OWN_SCHEMA, "-N", without, "-T", "public.ledger",
        "-d", database.dsn(SUPER),
    )  # fmt: skip
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Stop(f"pg_dump failed: {done.stderr.strip()[-300:]}")
    return normalised(done.stdout)


def normalised(dump: str) -> frozenset[str]:
    """The statements of a dump. A table's columns are sorted: their order is no promise of a migration.

    >>> sorted(normalised("CREATE TABLE t (\\n    b int,\\n    a int\\n);\\n-- x\\nALTER TABLE t OWNER TO me;\\n"))
    ['ALTER TABLE t OWNER TO me;', 'CREATE TABLE t ( a int b int );']
    """
    lines = [line for line in dump.splitlines() if not _NOISE.match(line)]
    statements, statement = [], list[str]()
    for line in lines:
        statement.append(line)
        if line.endswith(";") and not line.startswith("    "):
            statements.append(_sorted(statement))
            statement = []
    return frozenset(statements)


def _sorted(lines: list[str]) -> str:
    words = [line.strip() for line in lines]
    if words[0].startswith("CREATE TABLE"):
        words[1:-1] = sorted(word.rstrip(",") for word in words[1:-1])
    return " ".join(words)


def differing(found: frozenset[str], wanted: frozenset[str]) -> list[str]:
    """What is there and should not be (+), and what should be and is not (-); empty where they agree."""
    return sorted([*(f"+ {s}" for s in found - wanted), *(f"- {s}" for s in wanted - found)])
