"""What the environment variables of a program say: whom it connects to, and with how many connections."""

import re
from collections.abc import Iterable, Iterator, Mapping, Set

from msgspec import Struct

from seamline.analysis.manifests.addresses import NAMES_AN_ADDRESS, Address, Role, addresses

_REFERENCE = re.compile(r"\$(\$|\([\w.-]{1,200}\))")
# Where it listens itself, or whom it lets in: nothing that it calls.
_NO_CALL = re.compile(
    r"(?i)(?:^|_)(?:bind|listen|listeners?|advertised|allowed|allow|cors|csrf|origins?|trusted|no_proxy)(?:_|$)|"
    r"^host(?:name)?$|^server_(?:host|name|addr(?:ess)?)$|^port$|^path$|^home$|^pwd$|_IMAGE$|_VERSION$"
)
# Mostly where people and browsers are sent to; a call only where a manifest shows what listens there.
_OWN = re.compile(
    r"(?i)(?:^|_)(?:public|external|site|root|base|app|self|own|frontend|redirect|callback|domain|proxy|login|logout|issuer|"
    r"canonical|web|jwks?)(?:_|$)|^(?:app|http|web)_host$|^app_?url$"
)
_PRODUCTS: dict[str, Role] = {
    **dict.fromkeys(
        ("POSTGRES", "POSTGRESQL", "PG", "PGHOST", "MYSQL", "MARIADB", "REDIS", "VALKEY", "MONGO", "MONGODB", "MEMCACHED",
         "CLICKHOUSE", "ELASTICSEARCH", "OPENSEARCH", "CASSANDRA", "COUCHDB", "NEO4J", "INFLUXDB", "COCKROACH", "MSSQL"),
        "database",
    ),
    **dict.fromkeys(("KAFKA", "RABBITMQ", "RABBIT", "AMQP", "NATS", "PULSAR", "MQTT", "REDPANDA"), "queue"),
}  # fmt: skip
_KINDS: dict[str, Role] = {
    **dict.fromkeys(
        ("DB", "DATABASE", "DATASOURCE", "SQLALCHEMY", "PGBOUNCER", "SQL", "MEMCACHE"), "database"
    ),
    **dict.fromkeys(("BROKER", "BROKERS", "BOOTSTRAP"), "queue"),
}
_SCHEMES = {
    **dict.fromkeys(("POSTGRES", "POSTGRESQL", "PG", "PGHOST"), "postgres"),
    **dict.fromkeys(("MYSQL", "MARIADB"), "mysql"),
    **dict.fromkeys(("MONGO", "MONGODB"), "mongodb"),
}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HOST_ENDING = re.compile(r"(?i)[_.]?(?:host(?:name)?|addr(?:ess)?|server|url)$")
_DATABASE_ENDINGS = ("NAME", "DATABASE", "DB", "DBNAME", "DB_NAME", "DATABASE_NAME")
_DESTINATION = re.compile(
    r"(?i)(?:^|_)(?:topics?|queues?|queue_name|topic_name|subscription(?:_name)?|queue_url)(?:_name)?$"
)
_DESTINATION_NAME = re.compile(r"[A-Za-z][\w.-]{0,120}")
_SQS = re.compile(r"https://(?:sqs\.[\w-]+|[\w-]+\.queue)\.amazonaws\.com(?:\.cn)?/\d+/([\w.-]+)")
_TAKES = re.compile(r"(?i)consum|subscri|(?:^|_)(?:in|input|inbound|source|listen)(?:_|$)")
_GIVES = re.compile(r"(?i)produc|publish|(?:^|_)(?:out|output|outbound|sink|send|emit)(?:_|$)")

# How frameworks spell the most connections that a process keeps to its database, without _ - and .
_POOLS_TEXT = """
DBPOOL DBPOOLSIZE DBPOOLMAX DBMAXPOOLSIZE DBPOOLMAXSIZE DBMAXCONNECTIONS DBMAXCONNS DBMAXOPENCONNS
DBMAXOPENCONNECTIONS DBCONNECTIONPOOLSIZE DBCONNECTIONLIMIT DATABASEPOOL DATABASEPOOLSIZE
DATABASEPOOLMAX DATABASEMAXPOOLSIZE DATABASEPOOLMAXSIZE DATABASEMAXCONNECTIONS DATABASEMAXOPENCONNS
DATABASECONNECTIONPOOLSIZE DATABASECONNECTIONLIMIT MAXDBCONNECTIONS POSTGRESPOOLSIZE POSTGRESPOOLMAX
POSTGRESMAXPOOLSIZE POSTGRESMAXCONNECTIONSPERPOD POSTGRESMAXOPENCONNS PGPOOLSIZE PGPOOLMAX
PGMAXPOOLSIZE PGPOOLMAXCONNS MYSQLPOOLSIZE MYSQLMAXOPENCONNS MYSQLCONNECTIONLIMIT POOLSIZE
MAXPOOLSIZE POOLMAX MAXIMUMPOOLSIZE SQLALCHEMYPOOLSIZE SQLALCHEMYENGINEOPTIONSPOOLSIZE
HIKARIMAXPOOLSIZE HIKARIMAXIMUMPOOLSIZE HIKARIPOOLSIZE SPRINGDATASOURCEHIKARIMAXIMUMPOOLSIZE
SPRINGDATASOURCEHIKARIMAXPOOLSIZE SPRINGDATASOURCETOMCATMAXACTIVE SPRINGR2DBCPOOLMAXSIZE
QUARKUSDATASOURCEJDBCMAXSIZE ECTOPOOLSIZE TYPEORMPOOLSIZE KNEXPOOLMAX SEQUELIZEPOOLMAX
DJANGODBPOOLSIZE DJANGODBPOOLMAXSIZE CONNECTIONSPERREPLICA
"""
_POOLS = frozenset(_POOLS_TEXT.split())
_OVERFLOWS = frozenset({"SQLALCHEMYMAXOVERFLOW", "DBMAXOVERFLOW", "DATABASEMAXOVERFLOW", "DBPOOLMAXOVERFLOW"})
_WORKERS = frozenset(
    {"WEBCONCURRENCY", "GUNICORNWORKERS", "UVICORNWORKERS", "GUNICORNNUMWORKERS", "PUMAWORKERS"}
)
_IN_URL = re.compile(
    r"[?&](?:connection_limit|pool_size|pool_max_conns|maximumPoolSize|maxPoolSize|pool)=(\d{1,6})(?:&|$)"
)
_COUNT = re.compile(r"\d{1,6}")


class Link(Struct, frozen=True):
    """Something that a program works with, by one of its variables."""

    predicate: str  # uses | calls | consumes | publishes
    role: Role
    address: Address  # of a queue inside a broker, the host is the queue's name
    variable: str
    sure: bool = True  # False: only where something of this name is known


def expanded(env: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Variables with `$(NAME)` filled in from those above, as Kubernetes does; what is not known stays.

    >>> expanded([("H", "db"), ("URL", "postgres://$(H)/$(X)$$(H)")])["URL"]
    'postgres://db/$(X)$(H)'
    """
    out: dict[str, str] = {}
    for name, value in env:

        def fill(found: re.Match[str]) -> str:
            return "$" if found[1] == "$" else out.get(found[1][1:-1], found[0])

        out[name] = _REFERENCE.sub(fill, value) if len(value) < 10_000 else value
    return out


def links(env: Mapping[str, str]) -> Iterator[Link]:
    """What the variables point at, by name, sorted by variable. Each address once per variable."""
    for name in sorted(env):
        value = env[name].strip()
        if _NO_CALL.search(name) or not value or len(value) > 2_000 or _looks_secret(name):
            continue
        if destination := _destination(name, value):
            yield destination
            continue
        for address in addresses(value):
            if link := _link(name, value, address, env):
                yield link


def _looks_secret(name: str) -> bool:
    return bool(re.search(r"(?i)password|passwd|secret|token|_key$|^key$", name))


def _destination(name: str, value: str) -> Link | None:
    """A queue or topic by its own name."""
    sqs = _SQS.fullmatch(value)
    if not sqs and not (_DESTINATION.search(name) and _DESTINATION_NAME.fullmatch(value)):
        return None
    predicate = "consumes" if _TAKES.search(name) else "publishes" if _GIVES.search(name) else "uses"
    return Link(predicate, "queue", Address(sqs[1] if sqs else value), name)


def _link(name: str, value: str, address: Address, env: Mapping[str, str]) -> Link | None:
    url = "://" in value or "(" in value
    role = _role(name, address)
    if role in ("database", "queue") and not address.port:
        address = _with_neighbours(name, address, env)
    named = NAMES_AN_ADDRESS.search(name) is not None
    local = ".svc" in address.host
    if not (url or named or local or address.port):
        return Link("calls", "service", address, name, sure=False) if not role else None
    predicate = "uses" if role in ("database", "queue") else "calls"
    bare = "." not in address.host and not address.port
    sure = url or local or (named and (role != "" or not bare)) or (role != "" and address.port != 0)
    return Link(
        predicate, role or "service", address, name, sure and not (_OWN.search(name) and role == "service")
    )


def _role(name: str, address: Address) -> Role:
    """By the scheme, the product in the variable's name, the port, a general word in the name; in this order."""
    said = {word.upper() for word in _WORDS.findall(name)}
    product = _first(_PRODUCTS, said)
    if product == "database" and address.scheme in ("", "http", "https"):
        return product
    if address.role:
        return address.role
    return product or _first(_KINDS, said)


def _first(roles: Mapping[str, Role], said: Set[str]) -> Role:
    found = sorted(said & roles.keys())
    return roles[found[0]] if found else ""


def _with_neighbours(name: str, address: Address, env: Mapping[str, str]) -> Address:
    """DB_HOST with the DB_PORT and DB_NAME beside it."""
    stem = _HOST_ENDING.sub("", name)
    joint = "" if name.upper().startswith("PG") and "_" not in name else "_"
    port = env.get(f"{stem}{joint}PORT", "").strip()
    database = next((v for e in _DATABASE_ENDINGS if (v := env.get(f"{stem}{joint}{e}", ""))), "")
    words = {word.upper() for word in _WORDS.findall(name)}
    scheme = next((_SCHEMES[word] for word in sorted(words & _SCHEMES.keys())), "")
    return Address(
        address.host,
        int(port) if port.isdecimal() and len(port) < 6 else 0,
        address.scheme or scheme,
        address.database or (database if _DESTINATION_NAME.fullmatch(database) else ""),
    )


def pool_size(env: Mapping[str, str]) -> float | None:
    """The most connections that one process keeps to its database, as its variables set it; None: not set."""
    plain = {re.sub(r"[^A-Za-z0-9]", "", name).upper(): value for name, value in env.items()}
    size = _count(plain, _POOLS)
    if size is None:
        in_urls = (found for name in sorted(env) if (found := _IN_URL.search(env[name][:2_000])))
        size = next((float(found[1]) for found in in_urls), None)
    return None if size is None else size + (_count(plain, _OVERFLOWS) or 0.0)


def workers(env: Mapping[str, str]) -> float | None:
    """Processes of one replica that each keep a pool of their own; None: not set."""
    return _count({re.sub(r"[^A-Za-z0-9]", "", name).upper(): value for name, value in env.items()}, _WORKERS)


def _count(plain: Mapping[str, str], names: frozenset[str]) -> float | None:
    """The largest count that any of these names is set to."""
    found = [float(plain[n]) for n in sorted(names & plain.keys()) if _COUNT.fullmatch(plain[n].strip())]
    return max(found, default=None)
