"""Tables that other tools break on are migrated as any other."""

import psycopg
import pytest

from seamline.app import migrate as verb

from .stand import OWNER, Stand

LONG = "c" * 63
ROWS = "INSERT INTO {t} SELECT g, g FROM generate_series(1, 500) g"


def through(stand: Stand, change: str, more: str = "", **contract: bool) -> None:
    """The whole way."""
    stand.approved(change, more=more)
    assert stand.start().state == "SOAK"
    stand.contract(**contract)


def type_of(stand: Stand, table: str, column: str) -> str:
    """As PostgreSQL spells it."""
    found = stand.sql(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
        f"WHERE attrelid = '{table}'::regclass AND attname = '{column}'"
    )
    return str(found[0][0])


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("Mixed Case", "Amount $"),
        ("order", "select"),
        ('with"quote', 'a"b'),
        ("t" * 63, LONG),
        ("t" * 62, "c" * 60),
        ("größe", "währung"),
    ],
)
def test_names_are_taken_as_they_are(stand: Stand, table: str, column: str) -> None:
    """Mixed case, reserved words, quotes, 63 bytes: the names are the same in the end."""
    quoted = '"' + table.replace('"', '""') + '"'
    col = '"' + column.replace('"', '""') + '"'
    stand.sql(f"CREATE TABLE {quoted} (id int, {col} int NOT NULL); CREATE INDEX ON {quoted} ({col})")
    stand.sql(ROWS.format(t=quoted))
    spelled = [s.replace("'", "''") for s in (table, column)]
    through(stand, f"  - change_type: {{table: '{spelled[0]}', column: '{spelled[1]}', to: bigint}}")
    assert type_of(stand, quoted.replace("'", "''"), column) == "bigint"
    assert stand.sql(f"SELECT count(*), sum({col}) FROM {quoted}") == [(500, 125250)]


def test_a_table_without_a_primary_key(stand: Stand) -> None:
    """Rows are found by where they lie."""
    stand.sql("CREATE TABLE bag (a int, b int);" + ROWS.format(t="bag"))
    through(stand, "  - change_type: {table: bag, column: b, to: numeric, down: 'b_new::int'}")
    assert type_of(stand, "bag", "b") == "numeric"


@pytest.mark.parametrize(
    ("old", "value", "new", "up", "down"),
    [
        ("json", "'{\"a\": 1}'", "jsonb", "v::jsonb", "v_new::json"),
        ("text", "'a,b'", "text[]", "string_to_array(v, ',')", "array_to_string(v_new, ',')"),
        ("point", "'(1,2)'", "text", "v[0] || '/' || v[1]", "point(split_part(v_new, '/', 1)::float8, split_part(v_new, '/', 2)::float8)"),
        ("mood", "'ok'", "text", "v::text", "v_new::mood"),
        ("numeric(8,2)", "1.50", "bigint", "(v * 100)::bigint", "(v_new / 100.0)::numeric(8,2)"),
        ("timestamp", "'2026-03-06 10:00'", "timestamptz", "v AT TIME ZONE 'UTC'", "v_new AT TIME ZONE 'UTC'"),
        ("bytea", "'\\x00ff'", "text", "encode(v, 'hex')", "decode(v_new, 'hex')"),
        ("positive", "4", "bigint", "v::bigint", "v_new::int::positive"),
    ],
)  # fmt: skip
def test_types_of_all_kinds(stand: Stand, old: str, value: str, new: str, up: str, down: str) -> None:
    """Without equality, of one's own, with a scale: compared as they have to be."""
    more = "stable: allow\ncode: {soak: 0s}"  # an enum's text is stable, as its labels may be renamed
    stand.sql("CREATE TYPE mood AS ENUM ('ok', 'sad'); CREATE DOMAIN positive AS int CHECK (VALUE > 0)")
    stand.sql(f"CREATE TABLE t (id int PRIMARY KEY, v {old})")
    stand.sql(
        f"INSERT INTO t SELECT g, {value} FROM generate_series(1, 50) g; INSERT INTO t VALUES (0, NULL)"
    )
    quoted = [s.replace("'", "''") for s in (up, down)]
    change = f"  - change_type: {{table: t, column: v, to: '{new}', up: '{quoted[0]}', down: '{quoted[1]}'}}"
    stand.approved(change, more=more)
    stand.start()
    stand.sql(f"INSERT INTO t VALUES (100, {value})")
    stand.sql(
        "SET search_path = m, public; UPDATE t SET id = 101 WHERE id = 1; INSERT INTO t SELECT 102, v FROM t WHERE id = 2"
    )
    stand.contract()
    assert type_of(stand, "t", "v").replace(" with time zone", "tz") == new
    assert stand.sql("SELECT count(*) FROM t") == [(53,)]


def test_a_published_table_keeps_its_name_for_subscribers(stand: Stand) -> None:
    """Clients stay on the table itself, the owner says that they are gone, and the publication never notices."""
    stand.sql("CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL);" + ROWS.format(t="t"))
    stand.sql("CREATE PUBLICATION pub FOR TABLE t", admin=True)
    stand.approved("  - change_type: {table: t, column: v, to: bigint}")
    stand.start()
    published = "SELECT tablename FROM pg_publication_tables WHERE pubname = 'pub'"
    assert stand.sql(published) == [("t",)]
    stand.sql(
        "INSERT INTO t VALUES (1000, 7); INSERT INTO m.t VALUES (1001, 8); UPDATE t SET v = 9 WHERE id = 1"
    )
    assert stand.sql("SELECT sum(v - v_new) FROM t") == [(0,)]
    stand.contract(drained=True)
    assert stand.sql(published) == [("t",)]


def test_a_partitioned_table(stand: Stand) -> None:
    """Each partition's rows are filled, and the parent's shape changes with all of them."""
    stand.sql(
        "CREATE TABLE t (id int, v int NOT NULL) PARTITION BY RANGE (id);"
        "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (200);"
        "CREATE TABLE t2 PARTITION OF t DEFAULT;" + ROWS.format(t="t")
    )
    through(stand, "  - change_type: {table: t, column: v, to: bigint}")
    assert type_of(stand, "t2", "v") == "bigint"
    assert stand.sql("SELECT count(*), sum(v) FROM t") == [(500, 125250)]


def test_foreign_keys_in_a_cycle(stand: Stand) -> None:
    """Neither table of the cycle is in the other's way."""
    stand.sql(
        "CREATE TABLE a (id int PRIMARY KEY, b int, v int NOT NULL DEFAULT 1);"
        "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a, v int NOT NULL DEFAULT 1);"
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;"
        "INSERT INTO a (id) SELECT generate_series(1, 50); INSERT INTO b (id, a) SELECT g, g FROM generate_series(1, 50) g"
    )
    through(
        stand,
        "  - change_type: {table: a, column: v, to: bigint}\n  - change_type: {table: b, column: a, to: bigint}",
    )
    assert type_of(stand, "b", "a") == "bigint"
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        stand.sql("INSERT INTO b (id, a) VALUES (99, 1000)")


def test_row_security_holds_through_both_versions(stand: Stand) -> None:
    """A client sees its own rows, by the old name and by the new one."""
    stand.sql(
        "CREATE TABLE t (id int PRIMARY KEY, who text DEFAULT current_user, v int NOT NULL);"
        "INSERT INTO t (id, v) SELECT g, g FROM generate_series(1, 50) g; INSERT INTO t VALUES (100, 'client', 1);"
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON t USING (who = current_user);"
        "GRANT ALL ON t TO client"
    )
    stand.approved("  - change_type: {table: t, column: v, to: bigint}")
    stand.start()
    client = Stand(stand.dsn.replace("user=mig", "user=client"), stand.admin)
    assert client.sql("SELECT id FROM t") == [(100,)]
    assert client.sql("SELECT id FROM m.t") == [(100,)]
    client.sql("INSERT INTO t (id, v) VALUES (101, 2); INSERT INTO m.t (id, v) VALUES (102, 3)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        client.sql("INSERT INTO m.t VALUES (103, 'mig', 3)")
    stand.contract()
    assert client.sql("SELECT id FROM t ORDER BY id") == [(100,), (101,), (102,)]


def test_a_clients_prepared_statements_go_on(stand: Stand) -> None:
    """SELECT *, prepared before the expand, gives the same columns until the contract."""
    stand.sql("CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL);" + ROWS.format(t="t"))
    stand.approved("  - change_type: {table: t, column: v, to: bigint}")
    with psycopg.connect(stand.dsn, autocommit=True, prepare_threshold=0) as client:
        for _ in range(6):
            assert client.execute("SELECT * FROM t WHERE id = %s", (3,)).fetchone() == (3, 3)
        client.execute("UPDATE t SET v = v + 1 WHERE id = %s", (3,))
        stand.start()
        assert client.execute("SELECT * FROM t WHERE id = %s", (3,)).fetchone() == (3, 4)
        client.execute("UPDATE t SET v = v + 1 WHERE id = %s", (3,))
    assert stand.sql("SELECT v FROM m.t WHERE id = 3") == [(5,)]


def test_an_odd_search_path_changes_nothing(stand: Stand) -> None:
    """The trigger means the functions that the plan meant, whatever a client shadows them with."""
    stand.sql(
        "CREATE FUNCTION twice(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 2::bigint * $1';"
        "CREATE SCHEMA evil; CREATE FUNCTION evil.twice(int) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 0::bigint';"
        "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL);" + ROWS.format(t="t")
    )
    stand.approved(
        "  - change_type: {table: t, column: v, to: bigint, up: 'twice(v)', down: '(v_new / 2)::int'}"
    )
    stand.start()
    stand.sql("SET search_path = evil; UPDATE public.t SET v = 50 WHERE id = 1")
    assert stand.sql("SELECT v FROM m.t WHERE id = 1") == [(100,)]
    stand.contract()


def test_a_users_trigger_for_other_columns_stays_quiet(stand: Stand) -> None:
    """The backfill names no column of the user's, so UPDATE OF doesn't fire."""
    stand.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); CREATE TABLE log (n int);"
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (1); RETURN NEW; END';"
        "CREATE TRIGGER stamp AFTER UPDATE OF id ON t FOR EACH ROW EXECUTE FUNCTION note();"
        + ROWS.format(t="t")
    )
    through(stand, "  - change_type: {table: t, column: v, to: bigint}")
    assert stand.sql("SELECT count(*) FROM log") == [(0,)]


def test_a_default_and_a_null_of_the_new_version_are_told_apart(stand: Stand) -> None:
    """What the new version leaves out is its default; what it says is NULL is NULL."""
    stand.sql("CREATE TABLE t (id int PRIMARY KEY, v int DEFAULT 5);" + ROWS.format(t="t"))
    stand.approved("  - change_type: {table: t, column: v, to: bigint}")
    stand.start()
    stand.sql(
        "INSERT INTO m.t (id) VALUES (1000); INSERT INTO m.t VALUES (1001, NULL); INSERT INTO t (id) VALUES (1002)"
    )
    stand.sql("INSERT INTO t VALUES (1003, NULL)")
    expected = [(1000, 5), (1001, None), (1002, 5), (1003, None)]
    assert stand.sql("SELECT id, v FROM t WHERE id >= 1000 ORDER BY id") == expected
    assert stand.sql("SELECT id, v FROM m.t WHERE id >= 1000 ORDER BY id") == expected
    stand.contract()
    stand.sql("INSERT INTO t (id) VALUES (1004)")
    assert stand.sql("SELECT id, v FROM t WHERE id >= 1000 ORDER BY id") == [*expected, (1004, 5)]


def test_a_role_that_may_keeps_a_users_trigger_quiet(stand: Stand) -> None:
    """With the right to set session_replication_role nothing fires for a touch, and for a client's write all does."""
    stand.sql("GRANT SET ON PARAMETER session_replication_role TO mig", admin=True)
    stand.sql(
        "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); CREATE TABLE log (n int);"
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO log VALUES (1); RETURN NEW; END';"
        "CREATE TRIGGER stamp BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note();" + ROWS.format(t="t")
    )
    try:
        stand.approved("  - change_type: {table: t, column: v, to: bigint}")
        stand.start()
        assert stand.sql("SELECT count(*) FROM log") == [(0,)]
        stand.sql("UPDATE t SET v = 9 WHERE id = 1")
        assert stand.sql("SELECT count(*) FROM log") == [(1,)]
        stand.contract()
    finally:
        stand.sql("REVOKE SET ON PARAMETER session_replication_role FROM mig", admin=True)


def test_another_encoding_of_the_database(server: str) -> None:
    """Nothing that is said to it needs more than ASCII."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE latin OWNER mig ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    stand = Stand(server.replace("user=owner dbname=postgres", "user=mig dbname=latin"), server)
    stand.sql("CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 2), (2, NULL)")
    through(stand, "  - change_type: {table: t, column: v, to: bigint}")
    assert stand.sql("SELECT id, v FROM t ORDER BY id") == [(1, 2), (2, None)]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP DATABASE latin WITH (FORCE)")


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int)", "{table: t, column: v, to: bigint}"),
        ("t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v int)", "{table: t, column: id, to: bigint}"),
        ("t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY)", "{table: t, column: id, to: bigint}"),
        ("t (d int GENERATED ALWAYS AS (v * 2) STORED, v int)", "{table: t, column: w, to: bigint}"),
    ],
)  # fmt: skip
def test_the_speed_is_tried_out_where_columns_may_not_be_written(
    stand: Stand, table: str, change: str
) -> None:
    """Identities that are always generated, and generated columns, stand in nobody's UPDATE."""
    stand.sql(f"CREATE TABLE {table}")
    if "column: w" in change:
        stand.sql("ALTER TABLE t ADD w int DEFAULT 1; INSERT INTO t (v) SELECT generate_series(1, 500)")
    else:
        stand.sql("INSERT INTO t SELECT FROM generate_series(1, 500)")
    text = f"migration: m\nowner: {OWNER}\nchange:\n  - change_type: {change}\ncode: {{soak: 0s}}\n"
    planned = verb.plan(stand.dsn, text, calibrate_s=0.2)
    assert planned.surveyed.refusals == ()
    verb.approve(stand.dsn, "m")
    stand.start()
    stand.contract()
    assert stand.sql("SELECT count(*) FROM t") == [(500,)]
