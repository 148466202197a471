"""The two faces of a table: a view in the old shape under its own name, a view in the new shape in a schema beside it.

The old version's view asks a one-row table whether that is there. Nobody is ever refused by it, but PostgreSQL's
statistics count the question once a statement, reads and writes alike, without an extension, a setting or a superuser.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from seamline.migrate.quoting import quoted, text
from seamline.migrate.shape import Shape

INVOKER_SINCE = (
    150000  # from here on a view can run with its reader's rights, and row security holds through it
)


class Grant(Struct, frozen=True):
    """A right that somebody has on the table. `column` "": on all of it. `grantee` "": everybody."""

    privilege: str
    grantee: str
    grantable: bool
    column: str = ""

    def on(self, relation: str, column: str = "") -> str:
        """The statement that gives it on another relation."""
        part = f" ({quoted(column or self.column)})" if self.column else ""
        who = quoted(self.grantee) if self.grantee else "PUBLIC"
        option = " WITH GRANT OPTION" if self.grantable else ""
        return f"GRANT {self.privilege}{part} ON {relation} TO {who}{option}"


def marker(shape: Shape) -> list[str]:
    """The one-row table that is asked."""
    return [
        f"CREATE TABLE {shape.marker} (there boolean NOT NULL)",
        f"INSERT INTO {shape.marker} VALUES (true)",
        f"GRANT SELECT ON {shape.marker} TO PUBLIC",
    ]


def old_face(shape: Shape, owner: str, grants: Iterable[Grant], version: int) -> Iterator[str]:
    """The table steps aside, and a view of the old shape takes its name."""
    columns = ", ".join(quoted(c) for c in shape.columns)
    if shape.base != shape.name:
        yield f"ALTER TABLE {shape.face} RENAME TO {quoted(shape.base)}"
    yield (
        f"CREATE VIEW {shape.face}{_options(version)} AS SELECT {columns} FROM {shape.sql} "
        f"WHERE EXISTS (SELECT 1 FROM {shape.marker}) WITH LOCAL CHECK OPTION"
    )
    for old in shape.olds:
        if old.default:  # else a row of the new version could not say NULL
            yield f"ALTER TABLE {shape.sql} ALTER COLUMN {quoted(old.name)} DROP DEFAULT"
            yield f"ALTER VIEW {shape.face} ALTER COLUMN {quoted(old.name)} SET DEFAULT {old.default}"
    yield from _handed(shape.face, owner, grants)


def new_face(
    shape: Shape, owner: str, grants: Iterable[Grant], version: int, added: Iterable[str]
) -> Iterator[str]:
    """The view of the new shape. `added`: columns that the plan adds without a twin."""
    columns = [f"{quoted(c)} AS {quoted(name)}" for c, name in new_columns(shape, added)]
    yield f"CREATE SCHEMA IF NOT EXISTS {quoted(shape.version)}"
    yield f"GRANT USAGE ON SCHEMA {quoted(shape.version)} TO PUBLIC"
    yield f"CREATE VIEW {shape.new_face}{_options(version)} AS SELECT {', '.join(columns)} FROM {shape.sql}"
    for twin in shape.twins:
        if twin.default:
            yield f"ALTER VIEW {shape.new_face} ALTER COLUMN {quoted(twin.becomes)} SET DEFAULT {twin.default}"
    names = dict(new_columns(shape, added))
    kept = [g for g in grants if not g.column or g.column in names]
    yield from _handed(shape.new_face, owner, kept, names)


def new_columns(shape: Shape, added: Iterable[str]) -> list[tuple[str, str]]:
    """(column of the table, its name in the new version) in the new version's order."""
    names = dict(shape.renamed)
    replaced = {t.becomes: t.name for t in shape.twins}
    gone = {o.name for o in shape.olds} | set(shape.hidden)
    found = []
    for column in shape.columns:
        if column in gone and column in replaced:
            found.append((replaced.pop(column), column))
        elif column not in gone:
            found.append((column, names.get(column, column)))
    return [*found, *((twin, name) for name, twin in replaced.items()), *((c, c) for c in added)]


def drop_faces(shape: Shape) -> Iterator[str]:
    """Both views go, and the table has its own name again."""
    yield f"DROP VIEW IF EXISTS {shape.new_face}"
    yield from drop_old_face(shape)


def drop_old_face(shape: Shape) -> Iterator[str]:
    """The old version's view goes, and the table has its own name again."""
    if shape.by_view:
        yield f"DROP VIEW {shape.face}"
        if shape.base != shape.name:
            yield f"ALTER TABLE {shape.sql} RENAME TO {quoted(shape.name)}"


def drop_schema_if_empty(shape: Shape) -> str:
    """The new version's schema goes with its last view. Somebody else's things in it keep it."""
    name = text(shape.version)
    return (
        f"DO $seam$ BEGIN IF to_regnamespace({text(quoted(shape.version))}) IS NOT NULL AND NOT EXISTS ("
        f"SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {name}) "
        f"THEN DROP SCHEMA {quoted(shape.version)}; END IF; END $seam$"
    )


def _options(version: int) -> str:
    return " WITH (security_invoker = true)" if version >= INVOKER_SINCE else ""


def _handed(
    view: str, owner: str, grants: Iterable[Grant], names: dict[str, str] | None = None
) -> Iterator[str]:
    """A view is its table's owner's, and whoever had rights on that has them on it."""
    yield f"ALTER VIEW {view} OWNER TO {quoted(owner)}"
    yield from (g.on(view, (names or {}).get(g.column, "")) for g in grants)


def seen(shape: Shape) -> str:
    """How often the old version's view was used since the marker was made."""
    name = shape.marker.partition(".")[2]
    return (
        "SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_all_tables "
        f"WHERE schemaname = 'seam' AND relname = {text(name)}"
    )
