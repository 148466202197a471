"""Container images: what they are called, which version, and whether they are a database or a queue."""

import re

from msgspec import Struct

from seamline.analysis.manifests.addresses import Role

_DATABASES_TEXT = """
postgres postgresql postgis timescaledb timescaledb-ha pgvector spilo-15 spilo-16 spilo-17 mysql
mysql-server mariadb percona percona-server mongo mongodb mongodb-community-server redis redis-stack
redis-stack-server valkey keydb dragonfly memcached elasticsearch opensearch clickhouse clickhouse-server cassandra scylla cockroach cockroachdb neo4j influxdb mssql-server azure-sql-edge couchdb
pgbouncer pgcat
"""
_DATABASES = frozenset(_DATABASES_TEXT.split())
_QUEUES_TEXT = """
kafka kafka-native cp-kafka cp-server redpanda rabbitmq nats nats-server pulsar pulsar-all activemq
activemq-classic activemq-artemis artemis eclipse-mosquitto mosquitto emqx nsq strimzi-kafka
"""
_QUEUES = frozenset(_QUEUES_TEXT.split())
POOLERS = frozenset({"pgbouncer", "pgcat"})
_VERSION = re.compile(r"v?(\d{1,6})(?:\.\d+)*(?:[-+._].*)?")


class Image(Struct, frozen=True):
    """`registry/path/name:tag@digest`, taken apart."""

    repository: str  # with its registry, without tag and digest
    name: str  # the last part of it
    tag: str
    digest: str

    @property
    def role(self) -> Role:
        """What it runs: a database, a queue, or something of one's own ("")."""
        return "database" if self.name in _DATABASES else "queue" if self.name in _QUEUES else ""

    @property
    def major(self) -> int | None:
        """The first number of its tag; None for tags that are no versions.

        Dates and build numbers (six digits and more, or years) are none.
        """
        match = _VERSION.fullmatch(self.tag)
        number = int(match[1]) if match else None
        return number if number is not None and number < 1900 else None

    @property
    def floats(self) -> bool:
        """Whether the same text may mean another image tomorrow."""
        return not self.digest and self.tag in ("", "latest")


def image(text: str) -> Image:
    """An image reference, whatever it holds.

    >>> image("registry:5000/bitnami/postgresql:16.2-debian@sha256:ab").repository
    'registry:5000/bitnami/postgresql'
    >>> image("postgres:16-alpine").major, image("redis").floats, image("app:2024.1").major
    (16, True, None)
    """
    rest, _, digest = text.strip().partition("@")
    head, slash, last = rest.rpartition("/")
    name, _, tag = last.partition(":")
    if name == "server" and head.endswith("mssql"):
        name = "mssql-server"
    return Image(f"{head}{slash}{last.partition(':')[0]}", name, tag, digest)


def role_of(text: str, name: str) -> Role:
    """What a container is, by its image, else by being named like a product itself (an image built at home).

    >>> role_of("acme/tuned-db:3", "postgres"), role_of("acme/web", "web")
    ('database', '')
    """
    return image(text).role or image(name).role
