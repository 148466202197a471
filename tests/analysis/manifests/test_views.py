"""Views of manifests: addresses, links of an environment, images, selectors, sets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.manifests import sets
from seamline.analysis.manifests.addresses import addresses
from seamline.analysis.manifests.connections import limit, pooled
from seamline.analysis.manifests.environment import links, pool_size, workers
from seamline.analysis.manifests.images import image
from seamline.analysis.manifests.objects import ref_of, selects
from seamline.analysis.manifests.quantity import byte_size, quantity
from seamline.sources.kubernetes import refs

ADDRESSES = (
    ("postgres://u:p@db:5432/shop?sslmode=require", "postgres://db:5432/shop"),
    ("postgresql+psycopg2://u:p@db/shop", "postgres://db/shop"),
    ("postgres:///shop", ""),
    ("postgres://u:p@h1,h2:5433/x", "postgres://h1/x postgres://h2:5433/x"),
    ("jdbc:postgresql://db.clinic.svc:5432/shop?user=a&password=b", "postgres://db.clinic.svc:5432/shop"),
    ("jdbc:sqlserver://h:1433;databaseName=x;password=y", "sqlserver://h:1433/x"),
    ("jdbc:oracle:thin:@//h:1521/s", "oracle://h:1521/s"),
    ("mongodb+srv://a:b@c.mongodb.net/x", "mongodb://c.mongodb.net/x"),
    ("u:p@tcp(db:3306)/shop?parseTime=true", "mysql://db:3306/shop"),
    ("host=db port=5432 dbname=x password=z", "db:5432/x"),
    ("Server=tcp:h.database.windows.net,1433;Initial Catalog=x;Password=1", "h.database.windows.net:1433/x"),
    ("redis://:secret@cache:6379/0", "redis://cache:6379/0"),
    ("dns:///cart:8080", "dns://cart:8080"),
    ("kafka-0:9092, kafka-1:9092", "kafka-0:9092 kafka-1:9092"),
    ("http://localhost:8080", ""),
    ("10.0.0.1:80", ""),
    ("http://$(HOST):80", ""),
    ("postgres://u:p/ss@h/db", ""),
    ("sqlite:///x.db", ""),
    ("", ""),
)


@pytest.mark.parametrize(("text", "expected"), ADDRESSES)
def test_addresses(text: str, expected: str) -> None:
    """An address is read in every spelling, without who may enter; what is none gives nothing."""
    assert " ".join(str(a) for a in addresses(text)) == expected


LINKS = (
    ({"DATABASE_URL": "postgres://a:b@db/x"}, "uses database postgres://db/x"),
    ({"DB_HOST": "db", "DB_PORT": "5432", "DB_NAME": "x", "DB_PASSWORD": "y"}, "uses database db:5432/x"),
    ({"PGHOST": "db", "PGDATABASE": "x"}, "uses database postgres://db/x"),
    ({"SPRING_DATASOURCE_URL": "jdbc:postgresql://db:5432/x"}, "uses database postgres://db:5432/x"),
    ({"REDIS_URL": "redis://cache:6379"}, "uses database redis://cache:6379"),
    ({"CELERY_BROKER_URL": "redis://cache"}, "uses database redis://cache"),
    ({"KAFKA_BROKERS": "kafka:9092"}, "uses queue kafka:9092"),
    ({"SPRING_KAFKA_BOOTSTRAP_SERVERS": "k1:9092"}, "uses queue k1:9092"),
    ({"AMQP_URL": "amqp://a:b@mq/"}, "uses queue amqp://mq"),
    ({"ELASTICSEARCH_URL": "http://es:9200"}, "uses database http://es:9200"),
    ({"BILLING_URL": "http://billing:8080"}, "calls service http://billing:8080"),
    ({"CART_ADDR": "cart:7070"}, "calls service cart:7070"),
    ({"ORDERS_CONSUMER_TOPIC": "orders"}, "consumes queue orders"),
    ({"OUTPUT_QUEUE": "bills"}, "publishes queue bills"),
    ({"ORDERS_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/orders"}, "uses queue orders"),
    ({"ALLOWED_HOSTS": "shop.acme.net"}, ""),
    ({"LISTEN_ADDR": "web:8080"}, ""),
    ({"POSTGRES_DB": "shop"}, ""),
    ({"DB_NAME": "shop", "DB_USER": "web"}, ""),
    ({"LOG_LEVEL": "info", "NODE_ENV": "production"}, ""),
    ({"DB_HOST": "localhost"}, ""),
    ({"DB_HOST": ""}, ""),
)


@pytest.mark.parametrize(("env", "expected"), LINKS)
def test_links(env: dict[str, str], expected: str) -> None:
    """Variables say whom a program works with, and most of them nothing."""
    assert "; ".join(f"{x.predicate} {x.role} {x.address}" for x in links(env) if x.sure) == expected


@pytest.mark.parametrize(
    ("env", "size", "processes"),
    [
        ({"DB_POOL_SIZE": "20"}, 20, None),
        ({"SQLALCHEMY_POOL_SIZE": "5", "SQLALCHEMY_MAX_OVERFLOW": "10"}, 15, None),
        ({"SPRING_DATASOURCE_HIKARI_MAXIMUM_POOL_SIZE": "8"}, 8, None),
        ({"spring.datasource.hikari.maximum-pool-size": "9"}, 9, None),
        ({"DATABASE_URL": "postgres://db/x?connection_limit=7", "WEB_CONCURRENCY": "4"}, 7, 4),
        ({"THREAD_POOL_SIZE": "50", "CONN_MAX_AGE": "600"}, None, None),
        ({"DB_POOL_SIZE": "many"}, None, None),
    ],
)
def test_pools(env: dict[str, str], size: float | None, processes: float | None) -> None:
    """Pools of connections in the spellings of frameworks, and what is no pool of connections."""
    assert (pool_size(env), workers(env)) == (size, processes)


def test_limits() -> None:
    """A database's limit stands in its command, its environment, or its configuration."""
    assert limit({}, ["postgres", "-c", "max_connections=300"]) == 300
    assert limit({}, ["mysqld --max-connections=70 --x"]) == 70
    assert limit({"POSTGRESQL_MAX_CONNECTIONS": "80"}, []) == 80
    assert limit({}, [], ["max_connections = 10\nmax_connections = 20"]) == 20
    assert limit({}, [], ["# max_connections = 10"]) is None
    assert limit({"MAX_CLIENT_CONN": "900"}, [], pooler=True) == 900
    assert pooled({"DEFAULT_POOL_SIZE": "25"}) == 25


@pytest.mark.parametrize(
    ("said", "value"),
    [("100m", 0.1), ("2", 2), (0.5, 0.5), ("1Ki", 1024), ("1k", 1000), ("1e3", 1000), ("5E", 5e18), ("129M", 129e6),
     ("", None), ("1 Gi", None), (True, None), (None, None), ("١", None), ("-1", -1), (".5", 0.5), ("100u", 1e-4)],
)  # fmt: skip
def test_quantities(said: object, value: float | None) -> None:
    """Kubernetes' quantities, and what is none."""
    assert quantity(said) == value


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans(), st.lists(st.integers())))
def test_amounts_never_fail(said: object) -> None:
    """Whatever stands where an amount should, there is an answer."""
    for read in (quantity, byte_size):
        found = read(said)
        assert found is None or isinstance(found, float)


@given(st.text(max_size=80))
def test_any_text_may_stand_in_a_variable(text: str) -> None:
    """Reading a variable never fails."""
    addresses(text)
    image(text)
    list(links({"DB_URL": text, text: "db:5432"}))


KINDS = ("Deployment", "StatefulSet", "DaemonSet", "HorizontalPodAutoscaler", "Job", "CronJob", "Ingress")


@pytest.mark.parametrize("kind", [*KINDS, "Node", "Namespace", "PersistentVolume", "StorageClass"])
def test_objects_are_called_as_the_cluster_calls_them(kind: str) -> None:
    """Manifests and the cluster's own events give one ref to one object."""
    assert ref_of(kind, "clinic", "web") == refs.ref_of(kind, "clinic", "web")


@pytest.mark.parametrize(
    ("expression", "picked"),
    [
        ({"key": "app", "operator": "In", "values": ["web", "x"]}, True),
        ({"key": "app", "operator": "NotIn", "values": ["web"]}, False),
        ({"key": "tier", "operator": "NotIn", "values": ["web"]}, True),
        ({"key": "app", "operator": "Exists"}, True),
        ({"key": "app", "operator": "DoesNotExist"}, False),
        ({"key": "app", "operator": "Odd"}, False),
    ],
)
def test_expressions(expression: dict[str, object], picked: bool) -> None:
    """Set-based selectors pick as the cluster does."""
    assert selects({"matchExpressions": [expression]}, {"app": "web"}) is picked
    assert (
        selects({"matchLabels": {"app": "other"}, "matchExpressions": [expression]}, {"app": "web"}) is False
    )


def test_an_empty_selector_picks_everything_and_none_picks_nothing() -> None:
    """The two are different in Kubernetes, too."""
    assert selects({}, {"a": "b"})
    assert not selects(None, {"a": "b"})


def test_folders_that_define_the_same_are_apart() -> None:
    """Staging and production are sets of their own, and share what stands in neither."""
    roots = sets.roots([("web", "k8s/prod/web.yaml"), ("web", "k8s/staging/web.yaml"), ("db", "k8s/db.yaml")])
    assert sets.set_of("k8s/prod/other.yaml", roots) == "k8s/prod"
    assert sets.set_of("k8s/db.yaml", roots) == ""
    assert not sets.together("k8s/prod", "k8s/staging")
    assert sets.together("", "k8s/prod")


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["a", "a/b", "a/c", "a/b/d", "e"])), max_size=12)
)
def test_every_file_is_in_one_set(defined: list[tuple[int, str]]) -> None:
    """Two files that define one thing are never in the same set."""
    roots = sets.roots(defined)
    for thing, path in defined:
        for other, elsewhere in defined:
            if thing == other and path != elsewhere and not elsewhere.startswith(f"{path}/"):
                together = sets.set_of(path, roots) == sets.set_of(elsewhere, roots)
                assert not together or path.startswith(f"{elsewhere}/")
