"""How many connections a database takes, as its own configuration says."""

import re
from collections.abc import Iterable, Mapping

_ARGUMENT = re.compile(r"(?:^|\s)(?:-c\s*|--)?max[_-]connections=(\d{1,7})\b")
_VARIABLES = (
    "POSTGRESQL_MAX_CONNECTIONS",
    "POSTGRES_MAX_CONNECTIONS",
    "MYSQL_MAX_CONNECTIONS",
    "MARIADB_MAX_CONNECTIONS",
)
_POOLER_VARIABLES = ("PGBOUNCER_MAX_CLIENT_CONN", "MAX_CLIENT_CONN")
_POOLER_POOLS = (
    "PGBOUNCER_MAX_DB_CONNECTIONS",
    "MAX_DB_CONNECTIONS",
    "PGBOUNCER_DEFAULT_POOL_SIZE",
    "DEFAULT_POOL_SIZE",
)
_SETTING = re.compile(r"(?m)^[ \t]*max[_-]connections[ \t]*[= \t][ \t]*'?(\d{1,7})'?[ \t]*(?:#.*)?$")
_POOLER_SETTING = re.compile(r"(?m)^[ \t]*max_client_conn[ \t]*=[ \t]*(\d{1,7})[ \t]*(?:[;#].*)?$")
_COUNT = re.compile(r"\d{1,7}")
_READ = 200_000  # characters of a configuration


def limit(
    env: Mapping[str, str], command: Iterable[str], settings: Iterable[str] = (), *, pooler: bool = False
) -> float | None:
    """From its command line, its environment, else the text of its configuration files; None: not set.

    >>> limit({}, ["-c", "max_connections=200"]), limit({}, [], ["# x\\nmax_connections = 50 # few"])
    (200.0, 50.0)
    """
    for argument in () if pooler else command:
        if match := _ARGUMENT.search(argument[:2_000]):
            return float(match[1])
    said = _count(env, _POOLER_VARIABLES if pooler else _VARIABLES)
    if said is not None:
        return said
    pattern = _POOLER_SETTING if pooler else _SETTING
    found = [float(m) for text in settings for m in pattern.findall(text[:_READ])]
    return found[-1] if found else None  # the last one counts, as the server reads it


def pooled(env: Mapping[str, str]) -> float | None:
    """The most connections that a pooler opens to the database behind it; None: not set."""
    return _count(env, _POOLER_POOLS)


def _count(env: Mapping[str, str], names: tuple[str, ...]) -> float | None:
    return next((float(env[n]) for n in names if _COUNT.fullmatch(env.get(n, "").strip())), None)
