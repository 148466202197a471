"""Engine E1: twin columns that one trigger keeps in step, and one backfill that touches each row once.

The trigger is the only writer of twins. The backfill updates a row without changing it, and the trigger fills what
is missing. So there is one place that says what a row of the new version is, and none that has to know who writes.
All of this is text; nothing here speaks to a database.
"""

from collections.abc import Iterator

from seamline.migrate.quoting import quoted, text
from seamline.migrate.shape import ROW, Group, Shape, differs

_FIRST_TID_RANGE = 140000  # the version from which a range of ctids is no scan of the whole table
_PER_PAGE = 291  # the most rows a page of 8 kB can hold


def function(shape: Shape, *, steady: bool) -> str:
    """The trigger's function. Before every row is filled it fills; `steady`: it only follows what is written."""
    body = "\n".join(
        [
            *_inserts(shape),
            "  ELSE",
            *(line for g in shape.groups for line in _update(g, steady)),
            "  END IF;",
        ]
    )
    path = f"\n  SET search_path = {shape.safe_path}" if shape.safe_path else ""
    return (
        f"CREATE OR REPLACE FUNCTION {shape.function}() RETURNS trigger LANGUAGE plpgsql{path} AS $seam$\n"
        f"BEGIN\n{body}\n  RETURN NEW;\nEND $seam$"
    )


def trigger(shape: Shape, table: str) -> tuple[str, str]:
    """The trigger, on the table under whichever name it has. It fires for what replication applies, too."""
    made = (
        f"CREATE TRIGGER {quoted(shape.trigger)} BEFORE INSERT OR UPDATE ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {shape.function}()"
    )
    return made, f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {quoted(shape.trigger)}"


def _inserts(shape: Shape) -> Iterator[str]:
    yield "  IF TG_OP = 'INSERT' THEN"
    for old in shape.fills:
        name = f"NEW.{quoted(old.name)}"
        if old.down is not None:
            yield f"    IF {name} IS NULL THEN {name} := {old.down.over('NEW')}; END IF;"
    for group in shape.groups:
        missing = " AND ".join(f"NEW.{quoted(t.name)} IS NULL" for t in group.twins)
        yield f"    IF {missing} THEN"
        yield from _ups(group, "      ")
        if _downs(group):
            yield "    ELSE"
            yield from _downs(group)
        yield "    END IF;"
    if not shape.groups and not shape.fills:
        yield "    NULL;"


def _update(group: Group, steady: bool) -> Iterator[str]:
    """The new version wins where both sides were written. Without a way down nothing has to follow it."""
    twins = " OR ".join(
        differs(f"NEW.{quoted(t.name)}", f"OLD.{quoted(t.name)}", t.has_equality) for t in group.twins
    )
    yield f"    IF {twins} THEN"
    yield from _downs(group) or ["      NULL;"]
    yield f"    ELSIF {_stale(group, steady)} THEN"
    yield from _ups(group, "      ")
    yield "    END IF;"


def _stale(group: Group, steady: bool) -> str:
    """When twins are worked out anew from what the old version wrote."""
    if group.check == "filled":
        return " OR ".join(f"NEW.{quoted(t.name)} IS NULL" for t in group.twins)
    if not steady:
        return "true"
    read = dict.fromkeys(c for t in group.twins if t.up for c in t.up.columns)
    equality = {o.name: o.has_equality for o in group.olds}
    return (
        " OR ".join(differs(f"NEW.{quoted(c)}", f"OLD.{quoted(c)}", equality.get(c, True)) for c in read)
        or "false"
    )


def _ups(group: Group, indent: str) -> Iterator[str]:
    """A row that the old version may write must not fail for the new one's sake: such a twin stays NULL, and is found."""
    sure = all(t.up is None or t.up.total for t in group.twins)
    lines = [f"{indent}NEW.{quoted(t.name)} := {t.up.over('NEW')};" for t in group.twins if t.up]
    if sure:
        yield from lines
        return
    empty = [f"NEW.{quoted(t.name)} := NULL;" for t in group.twins]
    yield f"{indent}BEGIN"
    yield from (f"  {line}" for line in lines)
    yield f"{indent}EXCEPTION WHEN OTHERS THEN {' '.join(empty)}"
    yield f"{indent}END;"


def _downs(group: Group) -> list[str]:
    return [f"      NEW.{quoted(o.name)} := {o.down.over('NEW')};" for o in group.olds if o.down]


# -- rows by pages ---------------------------------------------------------------
def pages(low: int, high: int, version: int, row: str = ROW) -> str:
    """The rows that lie on pages `low` up to, without, `high`."""
    if version >= _FIRST_TID_RANGE:
        return f"{row}.ctid >= '({low},0)'::tid AND {row}.ctid < '({high},0)'::tid"
    every = (
        f"SELECT format('(%s,%s)', p, i)::tid FROM generate_series({low}, {high - 1}) p, "
        f"generate_series(1, {_PER_PAGE}) i"
    )
    return f"{row}.ctid = ANY (ARRAY({every}))"


def in_step(shape: Shape, row: str = ROW, *, steady: bool = False) -> str:
    """Whether a row is the same to both versions. Never NULL.

    `steady`: the new version writes as well, so that a column without a way down may hold whatever it likes.
    """
    held = [g for g in shape.groups if not steady or _downs(g)]
    return " AND ".join(_group_in_step(g, row) for g in held) or "true"


def _group_in_step(group: Group, row: str) -> str:
    if group.check == "filled":
        return " AND ".join(f"{row}.{quoted(t.name)} IS NOT NULL" for t in group.twins)
    up = " AND ".join(
        f"NOT ({differs(f'{row}.{quoted(t.name)}', t.up.over(row), t.has_equality)})"
        for t in group.twins
        if t.up
    )
    down = " AND ".join(
        f"NOT ({differs(f'{row}.{quoted(o.name)}', o.down.over(row), o.has_equality)})"
        for o in group.olds
        if o.down
    )
    return f"(({up}) OR ({down}))" if down else f"({up})"


def fill(
    shape: Shape, leaf: str, where: str, migration: str, number: int, oid: int, low: int, high: int
) -> str:
    """Let the trigger fill the rows that are not in step, and put both sides of them on record; one statement.

    Only a column of ours is named in the SET list, so that no trigger of the user's on `UPDATE OF` fires.
    """
    own = quoted(shape.twins[0].name)
    old, new = _sides(shape)
    return (
        f"WITH touched AS (UPDATE ONLY {leaf} AS {ROW} SET {own} = {ROW}.{own} WHERE {where} "
        f"AND NOT ({_filled(shape)}) RETURNING {ROW}.*), "
        f"found AS (SELECT count(*) AS n, {_hash(old)} AS old, {_hash(new)} AS new FROM touched AS {ROW}) "
        "INSERT INTO seam.chunk (mig, kind, pass, leaf, lo, hi, rows, src_hash, dst_hash) "
        f"SELECT {text(migration)}, 'backfill', {number}, {oid}, {low}, {high}, n, old, new FROM found RETURNING rows"
    )


def _filled(shape: Shape) -> str:
    """Whether up(old) stands in every twin: stricter than `in_step`, and cheaper."""
    return " AND ".join(
        f"{ROW}.{quoted(t.name)} IS NOT NULL"
        if g.check == "filled"
        else f"NOT ({differs(f'{ROW}.{quoted(t.name)}', t.up.over(ROW), t.has_equality)})"
        for g in shape.groups
        for t in g.twins
        if t.up
    )


def look(
    shape: Shape,
    leaf: str,
    where: str,
    migration: str,
    number: int,
    oid: int,
    low: int,
    high: int,
    *,
    steady: bool,
) -> str:
    """Both sides of all rows of some pages, read in one snapshot and put on record: n rows, n that are not in step."""
    old, new = _sides(shape)
    return (
        f"WITH found AS (SELECT count(*) AS n, {_hash(old)} AS old, {_hash(new)} AS new, "
        f"count(*) FILTER (WHERE NOT ({in_step(shape, steady=steady)})) AS off FROM ONLY {leaf} AS {ROW} WHERE {where}), "
        "kept AS (INSERT INTO seam.chunk (mig, kind, pass, leaf, lo, hi, rows, src_hash, dst_hash) "
        f"SELECT {text(migration)}, 'verify', {number}, {oid}, {low}, {high}, n, old, new FROM found) "
        "SELECT n, off FROM found"
    )


def _sides(shape: Shape) -> tuple[str, str]:
    """What the new side has to be by the old one, and what it is: one text a row. Volatile twins have no other side."""
    twins = [(t, t.up) for g in shape.groups if g.check == "equal" for t in g.twins]
    old = [_part(up.over(ROW)) for _, up in twins if up]
    new = [_part(f"{ROW}.{quoted(t.name)}") for t, up in twins if up]
    return " || ".join(old) or "''", " || ".join(new) or "''"


def _part(value: str) -> str:
    return f"coalesce(({value})::text, '(null)') || '|'"


def _hash(side: str) -> str:
    """Of all rows, whatever their order."""
    return f"coalesce(sum(hashtextextended({side}, 0)), 0)::text"


def strays(
    shape: Shape, leaf: str, where: str, key: tuple[str, ...], limit: int, *, steady: bool = False
) -> str:
    """Which rows are not in step: their keys, else where they lie."""
    named = " || ', ' || ".join(f"{ROW}.{quoted(c)}::text" for c in key) or f"{ROW}.ctid::text"
    return f"SELECT {named} FROM ONLY {leaf} AS {ROW} WHERE {where} AND NOT ({in_step(shape, steady=steady)}) LIMIT {limit}"


def round_trip(group: Group, leaf: str, where: str) -> str:
    """What the plan would do to all rows of some pages: n rows, n that don't come back, n NULL where none may be."""
    made = ", ".join(f"{t.up.over(ROW)} AS {quoted(t.name)}" for t in group.twins if t.up)
    lost = " OR ".join(
        differs(f"{ROW}.{quoted(o.name)}", o.down.over(ROW), o.has_equality) for o in group.olds if o.down
    ) or "false"  # fmt: skip
    empty = " OR ".join(f"{ROW}.{quoted(t.name)} IS NULL" for t in group.twins if t.not_null) or "false"
    inner = f"SELECT {ROW}.*{', ' + made if made else ''} FROM ONLY {leaf} AS {ROW} WHERE {where} OFFSET 0"
    return (
        f"SELECT count(*), count(*) FILTER (WHERE {lost}), count(*) FILTER (WHERE {empty}) "
        f"FROM ({inner}) AS {ROW}"
    )
