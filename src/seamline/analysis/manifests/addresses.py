"""Addresses in configuration: where something listens, never who may enter."""

import re
from typing import Literal

from msgspec import Struct

Role = Literal["database", "queue", "service", ""]

# Names of variables whose value is an address: DB_HOST, CART_ADDR, KAFKA_BROKERS, spring.datasource.url
NAMES_AN_ADDRESS = re.compile(
    r"(?i)(?:^|[_.-]|[a-z])(?:host(?:name)?s?|addr(?:ess)?(?:es)?|ur[li]s?|endpoints?|servers?|brokers?|"
    r"upstreams?|dsn|connection_?string)$"
)
_ROLE_OF_SCHEME: dict[str, Role] = {
    **dict.fromkeys(
        ("postgres", "postgresql", "postgis", "mysql", "mysql2", "mariadb", "mongodb", "redis", "rediss", "valkey",
         "memcached", "cassandra", "cockroachdb", "clickhouse", "sqlserver", "mssql", "oracle", "db2", "neo4j", "bolt",
         "elasticsearch", "opensearch", "trilogy", "pgbouncer", "influxdb", "vertica"),
        "database",
    ),
    **dict.fromkeys(("amqp", "amqps", "kafka", "nats", "pulsar", "mqtt", "mqtts", "stomp", "sqs"), "queue"),
    **dict.fromkeys(("http", "https", "grpc", "grpcs", "ws", "wss", "h2c", "dns"), "service"),
}  # fmt: skip
_SPELLED = {
    "postgresql": "postgres",
    "postgis": "postgres",
    "mysql2": "mysql",
    "mariadb": "mysql",
    "trilogy": "mysql",
}
_ROLE_OF_PORT: dict[int, Role] = {
    **dict.fromkeys((5432, 6432, 3306, 6379, 27017, 1433, 1521, 11211, 9042, 26257, 7687), "database"),
    **dict.fromkeys((5672, 5671, 9092, 9093, 9094, 4222, 6650, 1883, 61613), "queue"),
}
_HOST = r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?(?:\.[A-Za-z0-9_-]{1,63}){0,12}\.?"
_NO_NAME = re.compile(
    r"\d+(?:\.\d+){0,3}|localhost(?:\.localdomain)?|host\.docker\.internal|(?:.+\.)?example\.(?:com|org|net)|"
    r"true|false|none|null|yes|no|auto|default|enabled|disabled|production|development|staging|test",
    re.IGNORECASE,
)
_PAIR = re.compile(rf"(?P<host>{_HOST})(?::(?P<port>\d{{1,5}}))?")
_URL = re.compile(
    r"(?:jdbc:)?(?P<scheme>[A-Za-z][A-Za-z0-9]{1,24})(?:[+:][A-Za-z0-9+]{1,24})?:@?//(?:(?<=dns://)/)?"
    r"(?:[^/@\s]*@)?(?P<hosts>[^/?;#\s]+)(?P<rest>.*)",
    re.DOTALL,
)
_DATABASE_IN_REST = re.compile(
    r"/(?P<path>[\w.-]{1,63})(?:[?;#].*)?|[;?&].*?(?i:database(?:name)?)=(?P<key>[\w.-]{1,63}).*"
)
_GO_MYSQL = re.compile(r"(?:[^@]*@)?(?:tcp|unix)\((?P<hosts>[^)]+)\)/(?P<database>[\w-]*).*")
_KEYWORDS = re.compile(
    r"(?i)(?:^|[\s;])(host|server|data source|addr|port|dbname|database|initial catalog)\s*=\s*([^\s;]+)"
)


class Address(Struct, frozen=True):
    """Where a client is told to connect. "" and 0: not said."""

    host: str  # in lower case, without a final dot
    port: int = 0
    scheme: str = ""
    database: str = ""

    def __str__(self) -> str:
        where = self.host + (f":{self.port}" if self.port else "")
        scheme = f"{self.scheme}://" if self.scheme else ""
        return scheme + where + (f"/{self.database}" if self.database else "")

    @property
    def role(self) -> Role:
        """What listens there, by the scheme, else by the port; "" when neither tells."""
        return _ROLE_OF_SCHEME.get(self.scheme, "") or _ROLE_OF_PORT.get(self.port, "")


def addresses(text: str) -> tuple[Address, ...]:
    """Every address that a setting names; none for what is no address, this machine, or not yet filled in.

    >>> [str(a) for a in addresses("postgresql+asyncpg://pay:s3cret@db.clinic.svc:5432/visits?pool=5")]
    ['postgres://db.clinic.svc:5432/visits']
    >>> [str(a) for a in addresses("kafka-0:9092,kafka-1:9092")], addresses("http://localhost:8080")
    (['kafka-0:9092', 'kafka-1:9092'], ())
    """
    text = text.strip().strip("\"'")
    if not text or len(text) > 2_000:
        return ()
    if url := _URL.fullmatch(text):
        return _of_url(url)
    if go := _GO_MYSQL.fullmatch(text):
        return _hosts(go["hosts"], "mysql", go["database"])
    said = {key.lower(): value for key, value in _KEYWORDS.findall(text)}
    if host := said.get("host") or said.get("server") or said.get("data source") or said.get("addr"):
        host = re.sub(r"^tcp:", "", host).replace(",", ":")  # SQL Server writes host,port
        port = f":{said['port']}" if said.get("port", "").isdigit() else ""
        database = said.get("dbname") or said.get("database") or said.get("initial catalog") or ""
        return _hosts(host + port, "", database)
    return _hosts(text, "", "") if "=" not in text else ()


def _of_url(url: re.Match[str]) -> tuple[Address, ...]:
    scheme = url["scheme"].lower()
    scheme = _SPELLED.get(scheme, scheme)
    if "@" in url["rest"]:
        return ()  # a password that was not escaped, perhaps: what stands before it may be a part of it
    hosts = url["hosts"].rpartition("@")[2]
    database = ""
    if _ROLE_OF_SCHEME.get(scheme) == "database" and (rest := _DATABASE_IN_REST.fullmatch(url["rest"])):
        database = rest["path"] or rest["key"] or ""
    return _hosts(hosts, scheme, database)


def _hosts(text: str, scheme: str, database: str) -> tuple[Address, ...]:
    found = []
    for each in text.split(","):
        match = _PAIR.fullmatch(each.strip())
        if match is None or _NO_NAME.fullmatch(match["host"]):
            continue
        port = int(match["port"] or 0)
        found.append(
            Address(match["host"].rstrip(".").lower(), port if port < 65536 else 0, scheme, database)
        )
    return tuple(dict.fromkeys(found))
