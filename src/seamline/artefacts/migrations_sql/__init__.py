"""Migrations of plain SQL, in the layouts of the tools that run them. See docs/artefacts/migrations-sql.md."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from seamline.analysis.ddl.read import steps
from seamline.analysis.ddl.rebuilt import rebuilt
from seamline.analysis.ddl.schema import Schema
from seamline.analysis.ddl.steps import Move, Origin
from seamline.artefacts.migrations_sql.layouts import Layout, layout
from seamline.artefacts.migrations_sql.sections import dialect, sections
from seamline.artefacts.text import RENDER, TEMPLATE, has_template, text, unread
from seamline.model.artefact import Artefact, Found, Unread

name = "migrations_sql"
_LARGEST = 20_000_000  # bytes
_PLAN = "sqitch.plan"
_LOCK = "migration_lock.toml"
_DBT = ("dbt_project.yml", "dbt_project.yaml")
_PROVIDER = re.compile(r"^\s*provider\s*=\s*\"(\w+)\"", re.MULTILINE)
_PLANNED = re.compile(r"^([^\s%@#][^\s]*)\s", re.MULTILINE)


def takes(path: str) -> bool:
    """SQL in a known layout, what says its order or dialect (`sqitch.plan`, Prisma's `migration_lock.toml`), and what
    says that it is something else: a dbt project may have a folder of that name."""
    return path.rpartition("/")[2] in (_PLAN, _LOCK, *_DBT) or (
        path.endswith(".sql") and layout(path) is not None
    )


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """The operations of each history in the order it runs, then its tables as they are afterwards."""
    histories: dict[str, list[tuple[Layout, Artefact]]] = defaultdict(list)
    beside: dict[str, str] = {}  # path -> text of what says order or dialect
    projects = tuple(
        f.path.removesuffix(f.path.rpartition("/")[2]) for f in files if f.path.rpartition("/")[2] in _DBT
    )
    for file in files:
        if file.path.startswith(projects):
            continue
        place = layout(file.path)
        if file.path.endswith((_PLAN, _LOCK)):
            beside[file.path] = file.data.decode("utf-8", "replace")
        elif place is not None and place.counts:
            histories[place.root].append((place, file))
    sqitch = {path.removesuffix(_PLAN) for path in beside if path.endswith(_PLAN)}
    for root, history in sorted(histories.items()):
        counted = [(p, f) for p, f in history if p.tool != "sqitch" or root in sqitch]
        yield from _history(root, counted, beside)


def _history(
    root: str, history: Sequence[tuple[Layout, Artefact]], beside: dict[str, str]
) -> Iterator[Found]:
    schema = Schema()
    planned = {n: i for i, n in enumerate(_PLANNED.findall(beside.get(root + _PLAN, "")))}
    lock = _PROVIDER.search(beside.get(root + _LOCK, ""))
    ordered = sorted(history, key=lambda item: (planned.get(item[0].name, -1), item[0].order, item[1].path))
    for place, file in ordered:
        source = text(file, _LARGEST)
        if isinstance(source, Unread):
            yield source
            continue
        if has_template(source):
            yield unread(file, TEMPLATE, RENDER)
            continue
        spoken = dialect(source, lock[1] if lock else "")
        for part in sections(source):
            title = f"{place.name}:{part.suffix}" if part.suffix else place.name
            moves: Sequence[Move] = list(steps(part.text, spoken, Origin(title, file.repository, file.path)))
            yield from schema.apply(rebuilt(moves, schema))
    if ordered:
        yield from schema.tables(ordered[0][1].repository)
