"""Migrations and schemas of Ruby on Rails, read without Ruby. See docs/artefacts/rails.md.

Where a `schema.rb` or `structure.sql` stands beside the migrations, it says what the tables are; the migrations that are
newer than it are applied to it. Without one the tables follow from the migrations alone.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from seamline.analysis.ddl.read import steps
from seamline.analysis.ddl.schema import Schema
from seamline.analysis.ddl.steps import Move, Origin
from seamline.artefacts.rails.nodes import Body, Call, Node
from seamline.artefacts.rails.tree import parse
from seamline.artefacts.rails.walk import Walk
from seamline.artefacts.text import text, unread
from seamline.model.artefact import Artefact, Found, Unread

name = "rails"
_TAKEN = re.compile(
    r"(^|/)db/((\w+_)?migrate/(.*/)?\d[\w.]*\.rb|post_migrate/\d[\w.]*\.rb|(\w+_)?schema\.rb|(\w+_)?structure\.sql)$"
)
_MIGRATION = re.compile(r"(?P<root>.*?)(?P<set>\w+_)?migrate/(.*/)?(?P<version>\d+)_?[\w.]*\.rb$")
_SCHEMA = re.compile(r"(?P<root>.*?)(?P<set>\w+_)?(schema\.rb|structure\.sql)$")
_VERSION = re.compile(r"\[(\d+\.\d+)\]")
_LARGEST = 20_000_000  # bytes
_DEFAULT_RAILS = 4.2  # a migration that names no version is older than 5.0


def takes(path: str) -> bool:
    """`db/migrate/*.rb` (also of further databases: `db/cache_migrate`), `db/schema.rb`, `db/structure.sql`."""
    return bool(_TAKEN.search(path))


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """The operations of each database's migrations by version, then its tables."""
    histories: dict[str, list[Artefact]] = defaultdict(list)
    schemas: dict[str, Artefact] = {}
    for file in files:
        if found := _MIGRATION.match(file.path):
            histories[_database(found)].append(file)
        elif found := _SCHEMA.match(file.path):
            schemas.setdefault(_database(found), file)
    for database in sorted({*histories, *schemas}):
        yield from _read(histories[database], schemas.get(database))


def _database(found: re.Match[str]) -> str:
    kind = found["set"] or ""
    return found["root"] + ("" if kind == "post_" else kind)


def _read(files: Sequence[Artefact], schema: Artefact | None) -> Iterator[Found]:
    history, final = Schema(), Schema()
    moves: list[Move] = []
    version = ""
    if schema is not None:
        for part in _schema(schema):
            if isinstance(part, Unread):
                yield part
            elif isinstance(part, str):
                version = part
            else:
                moves.append(part)
        for _ in final.apply(moves):
            pass
    stated = schema is not None and bool(moves)
    for file in sorted(files, key=lambda f: (_version(f.path).zfill(20), f.path)):
        found = _moves(file)
        if isinstance(found, Unread):
            yield found
            continue
        yield from history.apply(found)
        if stated and _version(file.path).zfill(20) > version.zfill(20):
            for _ in final.apply(found):
                pass
    first = schema or (files[0] if files else None)
    if first is not None:
        yield from (final if stated else history).tables(first.repository)


def _version(path: str) -> str:
    found = _MIGRATION.match(path)
    return found["version"] if found else ""


def _moves(file: Artefact) -> list[Move] | Unread:
    """The steps of one migration."""
    source = text(file, _LARGEST)
    if isinstance(source, Unread):
        return source
    origin = Origin(file.path.rpartition("/")[2].removesuffix(".rb"), file.repository, file.path)
    try:
        nodes = parse(source)
        return [move for body in _classes(nodes) for move in _of_class(body, nodes, origin)]
    except RecursionError:
        return unread(file, "nested too deep to be followed", "simplify the migration")


def _of_class(body: Body, nodes: Sequence[Node], origin: Origin) -> Iterator[Move]:
    rails = _VERSION.search(body.head)
    yield from Walk(origin, float(rails[1]) if rails else _DEFAULT_RAILS, [*nodes, *body.nodes]).run()


def _classes(nodes: Sequence[Node]) -> Iterator[Body]:
    """The classes that are migrations, in whatever modules they stand."""
    for node in nodes:
        if isinstance(node, Body) and node.kind == "class" and "Migration" in node.head:
            yield node
        elif isinstance(node, Body) and node.kind in ("class", "module"):
            yield from _classes(node.nodes)


def _schema(file: Artefact) -> Iterator[Move | Unread | str]:
    """The steps of a schema's file, and its version."""
    source = text(file, _LARGEST)
    if isinstance(source, Unread):
        yield source
        return
    origin = Origin("", file.repository, file.path)
    if file.path.endswith(".sql"):
        dialect = "mysql" if "`" in source else "postgres"
        yield from steps(source, dialect, origin)
        yield max(re.findall(r"^\('(\d+)'\)", source, re.MULTILINE), default="")
        return
    try:
        yield from list(_defined(parse(source), origin))
    except RecursionError:
        yield unread(file, "nested too deep to be followed", "make it anew: bin/rails db:schema:dump")


def _defined(nodes: Sequence[Node], origin: Origin) -> Iterator[Move | str]:
    for node in nodes:
        if isinstance(node, Call) and node.name == "define" and node.block is not None:
            yield from Walk(origin, _newest(node), nodes).body(node.block, 0)
            yield str(node.kwargs.get("version", ""))


def _newest(call: Call) -> float:
    """The version of Rails that wrote a schema: it leaves out what is usual there."""
    receiver = call.receiver
    if isinstance(receiver, Call) and receiver.name == "[]" and isinstance(receiver.get(0), float):
        return float(receiver.get(0))
    return 5.1
