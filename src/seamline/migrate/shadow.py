"""Engine E2: a table of the new shape grows beside the old one, and takes its name in one short transaction.

For what a twin can't do: a changed primary key, an identity, a column that others refer to. A trigger writes each change of
the old table to the shadow; a copy locks each row against being deleted (FOR KEY SHARE) until it stands there. At the
swap everything that is bound by oid is bound anew, and from then on a trigger the other way keeps the old table true.
All of this is text; nothing here speaks to a database.
"""

from collections.abc import Iterator

from msgspec import Struct

from seamline.migrate.quoting import dotted, listed, quoted, text
from seamline.migrate.shape import ROW, Expression, differs

_PATH = (
    "SECURITY DEFINER SET search_path = pg_catalog"  # a client has no rights on the table that is not its own
)


class Cell(Struct, frozen=True):
    """A column of both tables. None: the value itself. `generated`: PostgreSQL works it out on each side."""

    name: str
    type: str
    up: Expression | None = None
    down: Expression | None = None
    has_equality: bool = True
    generated: bool = False
    identity: bool = False

    def new(self, row: str) -> str:
        """Its value in the new shape, of a row of the old one."""
        return self.up.over(row) if self.up else f"{row}.{quoted(self.name)}"

    def old(self, row: str) -> str:
        """Its value in the old shape, of a row of the new one."""
        return self.down.over(row) if self.down else f"{row}.{quoted(self.name)}"


class Bound(Struct, frozen=True):
    """What the swap has to bind anew, as statements that go by the table's own name."""

    names: tuple[
        tuple[str, str, str, str], ...
    ] = ()  # kind, name, the shadow's before, the old table's after it
    triggers: tuple[
        tuple[str, str, str], ...
    ] = ()  # name, definition, how it is enabled as ALTER TABLE says it
    views: tuple[str, ...] = ()
    publications: tuple[str, ...] = ()
    referrers: tuple[tuple[int, str, str], ...] = ()  # oid of the other table, constraint, definition
    sequences: tuple[tuple[str, str], ...] = ()  # owned: sequence, column
    identities: tuple[tuple[str, str], ...] = ()  # identity: its sequence, column


class Shadow(Struct, frozen=True):
    """One table and its shadow."""

    schema: str
    name: str
    beside: str  # the shadow's name before the swap
    retired: str  # the old table's name after it
    key: tuple[str, ...]
    new_key: tuple[str, ...]  # the new shape's, which tells the old one's rows apart as well
    cells: tuple[Cell, ...]
    digest: str
    bound: Bound

    @property
    def sql(self) -> str:
        """Whatever has the table's name."""
        return dotted(self.schema, self.name)

    @property
    def shadow(self) -> str:
        """The new shape, before the swap."""
        return dotted(self.schema, self.beside)

    @property
    def old(self) -> str:
        """The old shape, after the swap."""
        return dotted(self.schema, self.retired)

    @property
    def trigger(self) -> str:
        """Sorts last; the same name on whichever table clients write to."""
        return f"zz_seam_{self.digest}"

    @property
    def keys(self) -> tuple[Cell, ...]:
        """What tells rows apart on both sides."""
        return tuple(c for name in self.new_key for c in self.cells if c.name == name)

    @property
    def written(self) -> tuple[Cell, ...]:
        """Columns that an INSERT may name."""
        return tuple(c for c in self.cells if not c.generated)


# -- in step -----------------------------------------------------------------------
def function(s: Shadow, target: str, *, back: bool) -> str:
    """The trigger's function: what happens to a row on this side happens to its counterpart in `target`."""

    def value(cell: Cell, row: str) -> str:
        return cell.old(row) if back else cell.new(row)

    cells, unique = s.written, s.key if back else s.new_key
    names = listed(c.name for c in cells)
    values = ", ".join(value(c, "NEW") for c in cells)
    rest = ", ".join(f"{quoted(c.name)} = EXCLUDED.{quoted(c.name)}" for c in cells if c.name not in unique)
    same = " AND ".join(f"{quoted(c.name)} = {value(c, 'OLD')}" for c in s.keys)
    moved = " OR ".join(differs(f"NEW.{quoted(c.name)}", f"OLD.{quoted(c.name)}", True) for c in s.keys)
    conflict = f"DO UPDATE SET {rest}" if rest else "DO NOTHING"
    insert = (
        f"INSERT INTO {target} ({names}) OVERRIDING SYSTEM VALUE VALUES ({values}) "
        f"ON CONFLICT ({listed(unique)}) {conflict}"
    )
    return (
        f"CREATE OR REPLACE FUNCTION seam.sync_{s.digest}() RETURNS trigger LANGUAGE plpgsql {_PATH} AS $seam$\n"
        "BEGIN\n"
        f"  IF TG_OP = 'TRUNCATE' THEN TRUNCATE {target}; RETURN NULL; END IF;\n"
        f"  IF TG_OP = 'DELETE' THEN DELETE FROM {target} WHERE {same}; RETURN NULL; END IF;\n"
        f"  IF TG_OP = 'UPDATE' THEN IF {moved} THEN DELETE FROM {target} WHERE {same}; END IF; END IF;\n"
        f"  {insert};\n"
        "  RETURN NULL;\n"
        "END $seam$"
    )


def triggers(s: Shadow, table: str) -> Iterator[str]:
    """Each row's changes, and TRUNCATE."""
    called = f"EXECUTE FUNCTION seam.sync_{s.digest}()"
    yield f"CREATE TRIGGER {quoted(s.trigger)} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW {called}"
    yield f"CREATE TRIGGER {quoted(s.trigger + '_all')} AFTER TRUNCATE ON {table} {called}"
    for name in (s.trigger, s.trigger + "_all"):
        yield f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {quoted(name)}"


def drop_triggers(s: Shadow, table: str) -> Iterator[str]:
    """Nothing is kept in step any more."""
    yield f"DROP TRIGGER IF EXISTS {quoted(s.trigger)} ON {table}"
    yield f"DROP TRIGGER IF EXISTS {quoted(s.trigger + '_all')} ON {table}"


def copy(s: Shadow, leaf: str, where: str, migration: str, number: int, oid: int, low: int, high: int) -> str:
    """Some pages' rows to the shadow, each held against deletion until it is there; one statement, on record.

    A row that the trigger has brought already is newer than what is read here, and stays.
    """
    names = listed(c.name for c in s.written)
    made = ", ".join(f"{c.new(ROW)} AS {quoted(c.name)}" for c in s.written)
    return (
        f"WITH source AS (SELECT {made} FROM ONLY {leaf} AS {ROW} WHERE {where} FOR KEY SHARE), "
        f"put AS (INSERT INTO {s.shadow} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} FROM source "
        f"ON CONFLICT ({listed(s.new_key)}) DO NOTHING RETURNING 1), "
        "found AS (SELECT count(*) AS n FROM put) "
        "INSERT INTO seam.chunk (mig, kind, pass, leaf, lo, hi, rows, src_hash, dst_hash) "
        f"SELECT {text(migration)}, 'backfill', {number}, {oid}, {low}, {high}, n, '0', '0' FROM found RETURNING rows"
    )


# -- compare -----------------------------------------------------------------------
def look(
    s: Shadow,
    leaf: str,
    where: str,
    migration: str,
    number: int,
    oid: int,
    low: int,
    high: int,
    *,
    swapped: bool,
) -> str:
    """Rows of some pages of the table that clients write to, with their counterparts, in one snapshot; on record."""
    asked = _paired(s, leaf, where, swapped=swapped)
    old, new = _texts(s, swapped=swapped)
    return (
        f"WITH found AS (SELECT count(*) AS n, coalesce(sum(hashtextextended({old}, 0)), 0)::text AS old, "
        f"coalesce(sum(hashtextextended({new}, 0)), 0)::text AS new, count(*) FILTER (WHERE {_off(s, swapped=swapped)}) "
        f"AS off {asked}), "
        "kept AS (INSERT INTO seam.chunk (mig, kind, pass, leaf, lo, hi, rows, src_hash, dst_hash) "
        f"SELECT {text(migration)}, 'verify', {number}, {oid}, {low}, {high}, n, old, new FROM found) "
        "SELECT n, off FROM found"
    )


def strays(s: Shadow, leaf: str, where: str, limit: int, *, swapped: bool) -> str:
    """Keys of rows that differ from their counterparts, or have none."""
    named = " || ', ' || ".join(f"{ROW}.{quoted(c)}::text" for c in s.key)
    return f"SELECT {named} {_paired(s, leaf, where, swapped=swapped)} AND ({_off(s, swapped=swapped)}) LIMIT {limit}"


def ghosts(s: Shadow, *, swapped: bool) -> str:
    """How many rows of the side that nobody writes to have no counterpart; one snapshot, both tables read once."""
    written, other = (s.sql, s.old) if swapped else (s.sql, s.shadow)
    same = " AND ".join(f"o.{quoted(c.name)} = {c.old(ROW) if swapped else c.new(ROW)}" for c in s.keys)
    return f"SELECT count(*) FROM {other} o WHERE NOT EXISTS (SELECT 1 FROM {written} AS {ROW} WHERE {same})"


def _paired(s: Shadow, leaf: str, where: str, *, swapped: bool) -> str:
    other = s.old if swapped else s.shadow
    same = " AND ".join(f"o.{quoted(c.name)} = {_value(c, swapped)}" for c in s.keys)
    return f"FROM ONLY {leaf} AS {ROW} LEFT JOIN {other} AS o ON {same} WHERE {where}"


def _value(cell: Cell, swapped: bool) -> str:
    return cell.old(ROW) if swapped else cell.new(ROW)


def _off(s: Shadow, *, swapped: bool) -> str:
    key = quoted(s.key[0])
    parts = (differs(f"o.{quoted(c.name)}", _value(c, swapped), c.has_equality) for c in s.written)
    return " OR ".join([f"o.{key} IS NULL", *parts])


def _texts(s: Shadow, *, swapped: bool) -> tuple[str, str]:
    one = " || ".join(f"coalesce(({_value(c, swapped)})::text, '(null)') || '|'" for c in s.written)
    other = " || ".join(f"coalesce((o.{quoted(c.name)})::text, '(null)') || '|'" for c in s.written)
    return one, other


# -- the swap ----------------------------------------------------------------------
def swap(s: Shadow) -> Iterator[str]:
    """The shadow takes the table's name, and all that is bound to that; the trigger turns round."""
    yield from drop_triggers(s, s.sql)
    yield from _leave(s, s.sql)
    yield f"ALTER TABLE {s.sql} RENAME TO {quoted(s.retired)}"
    yield from _rename(s, s.old, retired=True, to_own=False)
    yield f"ALTER TABLE {s.shadow} RENAME TO {quoted(s.name)}"
    yield from _rename(s, s.sql, retired=False, to_own=True)
    yield from _arrive(s, s.old)
    yield function(s, s.old, back=True)
    yield from triggers(s, s.sql)


def swap_back(s: Shadow) -> Iterator[str]:
    """The old table, which was kept true, has its name and its bindings again."""
    yield from drop_triggers(s, s.sql)
    yield from _leave(s, s.sql)
    yield f"ALTER TABLE {s.sql} RENAME TO {quoted(s.beside)}"
    yield from _rename(s, s.shadow, retired=False, to_own=False)
    yield f"ALTER TABLE {s.old} RENAME TO {quoted(s.name)}"
    yield from _rename(s, s.sql, retired=True, to_own=True)
    yield from _arrive(s, s.shadow)
    yield function(s, s.shadow, back=False)
    yield from triggers(s, s.sql)


def _leave(s: Shadow, table: str) -> Iterator[str]:
    """What a table takes with it when it is renamed, and has to give up."""
    for oid, constraint, _ in s.bound.referrers:
        yield (
            f"DO $seam$ BEGIN EXECUTE 'ALTER TABLE ' || {oid}::regclass::text || "
            f"{text(f' DROP CONSTRAINT {quoted(constraint)}')}; END $seam$"
        )
    for name, _, _ in s.bound.triggers:
        yield f"DROP TRIGGER {quoted(name)} ON {table}"
    for name in s.bound.publications:
        yield f"ALTER PUBLICATION {quoted(name)} DROP TABLE {table}"


def _arrive(s: Shadow, gone: str) -> Iterator[str]:
    """Bound anew to whatever has the table's name now; `gone`: the table that had it."""
    for sequence, column in s.bound.sequences:
        yield f"ALTER SEQUENCE {sequence} OWNED BY {s.sql}.{quoted(column)}"
    for _, column in s.bound.identities:
        yield _carry(s, gone, column)
    for oid, constraint, definition in s.bound.referrers:
        yield (
            f"DO $seam$ BEGIN EXECUTE 'ALTER TABLE ' || {oid}::regclass::text || "
            f"{text(f' ADD CONSTRAINT {quoted(constraint)} {definition} NOT VALID')}; END $seam$"
        )
    for name, definition, enabled in s.bound.triggers:
        yield definition
        if enabled:
            yield f"ALTER TABLE {s.sql} {enabled} TRIGGER {quoted(name)}"
    for name in s.bound.publications:
        yield f"ALTER PUBLICATION {quoted(name)} ADD TABLE {s.sql}"
    yield from s.bound.views


def _carry(s: Shadow, gone: str, column: str) -> str:
    """An identity goes on where the other table's stood."""
    sequence = "pg_get_serial_sequence({t}, {c})"
    here = sequence.format(t=text(s.sql), c=text(column))
    there = sequence.format(t=text(gone), c=text(column))
    return (
        f"DO $seam$ DECLARE n bigint; c boolean; BEGIN EXECUTE 'SELECT last_value, is_called FROM ' || {there} "
        f"INTO n, c; PERFORM setval({here}, n, c); END $seam$"
    )


def _rename(s: Shadow, table: str, *, retired: bool, to_own: bool) -> Iterator[str]:
    """Indexes, constraints and identities under the table's own names, or under those they have beside."""
    for kind, name, beside, after_it in s.bound.names:
        other = after_it if retired else beside
        before, after = (other, name) if to_own else (name, other)
        if kind == "constraint":
            yield f"ALTER TABLE {table} RENAME CONSTRAINT {quoted(before)} TO {quoted(after)}"
        else:
            yield f"ALTER {kind.upper()} {dotted(s.schema, before)} RENAME TO {quoted(after)}"


def validate_referrers(s: Shadow) -> list[str]:
    """Foreign keys that lead here, proved for the rows that were there; no client waits."""
    return [
        f"DO $seam$ BEGIN EXECUTE 'ALTER TABLE ' || {oid}::regclass::text || "
        f"{text(f' VALIDATE CONSTRAINT {quoted(constraint)}')}; END $seam$"
        for oid, constraint, _ in s.bound.referrers
    ]
