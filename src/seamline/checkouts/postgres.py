"""PostgreSQL's own catalogue as findings: tables with their columns, views with what they are made of, who is who.

One read-only transaction, nothing of the user's tables is read, and any role that may connect may ask all of it. Names
follow OpenLineage: namespace `postgres://host:port`, name `database.schema.table`.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from seamline.checkouts import catalogue_sql as sql
from seamline.checkouts.routine import Touched, touched
from seamline.model.artefact import Column, Fact, Figure, Found, Ownership, Place, Query, Table, Unread
from seamline.model.errors import Fix, Retry, Stop
from seamline.model.refs import dataset

if TYPE_CHECKING:
    from psycopg import Connection

CONNECT_S = 10
STATEMENT_S = 60

_SOCKET = "localhost"  # how a server is called that is reached through a socket of this machine
_VIEWS = ("v", "m")


class Catalogue(Struct, frozen=True):
    """What one database says. `name` is `host:port/database`, as its places are spelled."""

    name: str
    found: tuple[Found, ...]


def read(dsn: str) -> Catalogue:
    """The catalogue of a database, by a connection string or `postgresql://` address.

    Raises Fix for a string that is none or rights that lack, Retry when the server can't be reached, Stop without
    psycopg. No error holds the string: it may hold a password.
    """
    try:
        import psycopg
        from psycopg import conninfo
    except ImportError:
        raise Stop(
            "PostgreSQL is not installed for seamline", hint="pip install 'seamline[postgres]'"
        ) from None
    try:
        given = conninfo.conninfo_to_dict(dsn)
    except psycopg.Error:
        raise Fix(
            "--postgres: this is no connection string", hint="write postgresql://user@host:5432/database"
        ) from None
    where = f"PostgreSQL at {given.get('host') or _SOCKET}"
    more = {"connect_timeout": CONNECT_S, "application_name": "seamline", **given}
    try:
        with psycopg.connect(**more) as connection:  # type: ignore[arg-type]  # conninfo types every option alike
            return _read(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Fix(f"{where}: {_said(error, given)}", hint="GRANT CONNECT ON DATABASE to this role") from None
    except psycopg.OperationalError as error:
        raise Retry(f"{where}: {_said(error, given)}", hint="check host, port, role and password") from None
    except psycopg.Error as error:
        raise Stop(f"{where}: {_said(error, given)}", hint="PostgreSQL 12 and later can be read") from None


def _said(error: Exception, given: dict[str, Any]) -> str:
    """The error in one line, without the password, wherever it came in."""
    line = " ".join(str(error).split())[:300]
    secret = given.get("password")
    return line.replace(str(secret), "***") if secret else line


def _read(connection: "Connection[Any]") -> Catalogue:
    from psycopg import IsolationLevel

    connection.read_only = True
    connection.isolation_level = IsolationLevel.REPEATABLE_READ
    with connection.transaction():
        connection.execute("SET LOCAL default_transaction_read_only = on")
        connection.execute(f"SET LOCAL statement_timeout = '{STATEMENT_S}s'")
        connection.execute("SET LOCAL search_path = ''")
        return _Reading(connection).catalogue()


class _Relation(Struct, frozen=True):
    oid: int
    schema: str
    name: str
    kind: str  # of pg_class: r and p tables, v views, m materialized ones, f another server's
    owner: str
    owner_is_super: bool
    definition: str | None


class _Reading:
    """One pass over a catalogue."""

    def __init__(self, connection: "Connection[Any]") -> None:
        self._connection = connection
        row = self._rows(sql.SERVER)[0]
        self._database, self._owner, self._owner_is_super, self._n_connections, self._n_reserved = row
        info = connection.info
        host = _SOCKET if not info.host or info.host.startswith("/") else info.host
        self._host = host
        self._namespace = f"postgres://{host}:{info.port}"
        self._name = f"{host}:{info.port}/{self._database}"
        self._relations = [_Relation(*found) for found in self._rows(sql.RELATIONS)]
        self._refs = {r.oid: self._ref(r.schema, r.name) for r in self._relations}

    def catalogue(self) -> Catalogue:
        """All that is found, tables first."""
        found: list[Found] = [*self._server(), *self._tables(), *self._views()]
        for section in (self._routines, self._publications, self._foreign):
            found += self._if_allowed(section)
        return Catalogue(self._name, tuple(found))

    def _rows(self, statement: str) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(statement).fetchall()

    def _if_allowed(self, section: Any) -> list[Found]:
        """What a section gives; a server that refuses it (rights, an odd fork) is told, and the rest stays."""
        import psycopg

        try:
            with self._connection.transaction():
                return list(section())
        except psycopg.OperationalError:
            raise
        except psycopg.Error as error:
            why = f"{section.__name__.strip('_')} could not be read: {' '.join(str(error).split())[:200]}"
            return [Unread(Place(self._name, ""), why, "grant the role SELECT on pg_catalog")]

    def _ref(self, schema: str, name: str) -> str:
        return dataset(self._namespace, f"{self._database}.{schema}.{name}")

    def _place(self, schema: str, name: str) -> Place:
        return Place(self._name, f"{schema}.{name}")

    # -- sections -----------------------------------------------------------------
    def _server(self) -> Iterator[Found]:
        """The database, by the host's name: that is what its tables are kept in."""
        entity, place = f"database:{self._host}", Place(self._name, "")
        yield Fact(entity, "exists", place)
        yield Fact(entity, "named", place, self._database)
        yield Figure(entity, "max_connections", self._n_connections, place)
        yield Figure(entity, "superuser_reserved_connections", self._n_reserved, place)
        if not self._owner_is_super:
            yield Ownership(entity, f"postgres:{self._owner}", place, "owner of the database")

    def _tables(self) -> Iterator[Found]:
        columns: dict[int, list[Column]] = defaultdict(list)
        for oid, name, type_, nullable, has_default in self._rows(sql.COLUMNS):
            columns[oid].append(Column(name, type_, nullable=nullable, has_default=has_default))
        for r in self._relations:
            place = self._place(r.schema, r.name)
            yield Table(self._refs[r.oid], tuple(columns[r.oid]), place, complete=True)
            if not r.owner_is_super and r.owner != self._owner:
                yield Ownership(self._refs[r.oid], f"postgres:{r.owner}", place, "owner of the table")

    def _views(self) -> Iterator[Found]:
        made_of: dict[int, list[int]] = defaultdict(list)
        for view, other in self._rows(sql.DEPENDENCIES):
            made_of[view].append(other)
        for r in self._relations:
            if r.kind not in _VIEWS:
                continue
            ref, place = self._refs[r.oid], self._place(r.schema, r.name)
            for other in sorted(self._refs[oid] for oid in made_of[r.oid] if oid in self._refs):
                yield Fact(ref, "derives", place, other)
            yield Query(ref, ref, (r.definition or "").strip().rstrip(";"), "postgres", place)

    def _routines(self) -> Iterator[Found]:
        """Functions and procedures that read or write tables, as jobs."""
        known = self._spellings()
        for schema, name, language, body in self._rows(sql.ROUTINES):
            found = touched(body, known)
            if found != Touched():
                job, place = f"job:{self._name}/{schema}.{name}", self._place(schema, name)
                yield Fact(job, "exists", place)
                yield from (Fact(job, "reads", place, ref) for ref in found.reads)
                yield from (Fact(job, "writes", place, ref) for ref in found.writes)
                if language == "sql" and found.reads:
                    yield Query(job, "", body.strip(), "postgres", place)

    def _spellings(self) -> dict[str, str]:
        """Relations by `schema.name`, and by name alone: `public`'s, else where there is only one."""
        known = {f"{r.schema}.{r.name}": self._refs[r.oid] for r in self._relations}
        n_named = Counter(r.name for r in self._relations)
        for r in self._relations:
            if r.schema == "public" or n_named[r.name] == 1:
                known[r.name] = self._refs[r.oid]
        return known

    def _publications(self) -> Iterator[Found]:
        """What is sent to whoever subscribes, as jobs that read."""
        told: set[str] = set()
        refs = set(self._refs.values())
        for name, schema, table in self._rows(sql.PUBLICATIONS):
            job, place = f"job:{self._name}/publication/{name}", self._place(schema, table)
            if job not in told:
                yield Fact(job, "exists", place)
                told.add(job)
            if self._ref(schema, table) in refs:
                yield Fact(job, "reads", place, self._ref(schema, table))

    def _foreign(self) -> Iterator[Found]:
        names = {r.oid: r for r in self._relations}
        for oid, host, port, database, schema, table in self._rows(sql.FOREIGN):
            r = names.get(oid)
            if r is not None and host:
                other = f"{database or self._database}.{schema or 'public'}.{table or r.name}"
                origin = dataset(f"postgres://{host}:{port or 5432}", other)
                yield Fact(self._refs[oid], "derives", self._place(r.schema, r.name), origin)
