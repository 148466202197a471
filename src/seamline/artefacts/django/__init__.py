"""Migrations of Django, read as syntax trees and never run.

The models of all applications are followed through their history, in the order of the dependencies, so that tables
and columns are named as the database names them. See docs/artefacts/django.md.
"""

import re
from collections.abc import Iterator, Sequence
from posixpath import dirname

from seamline.analysis.ddl.schema import Schema
from seamline.analysis.ddl.steps import Move, Origin, Step
from seamline.artefacts.django.code import run_python, run_sql
from seamline.artefacts.django.files import Key, Migration, labels, migration, ordered
from seamline.artefacts.django.models import Models
from seamline.artefacts.django.operations import HANDLERS, HARMLESS
from seamline.artefacts.django.work import Work
from seamline.artefacts.python_values import Call, Value
from seamline.model.artefact import Artefact, Found, Unread

name = "django"
_TAKEN = re.compile(r"(^|/)(migrations/(?!__init__)[^/]+|apps)\.py$")


def takes(path: str) -> bool:
    """Modules of a folder `migrations`, and `apps.py`, which may name the application."""
    return bool(_TAKEN.search(path))


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """The operations of all migrations in the order they run, then the tables as they are afterwards."""
    named = labels([file for file in files if file.path.endswith("apps.py")])
    migrations: dict[Key, Migration] = {}
    for file in files:
        folder = dirname(file.path)
        if not folder.endswith("migrations"):
            continue
        above = dirname(folder)
        found = migration(file, named.get(above, (above or file.repository).rpartition("/")[2]))
        if isinstance(found, Unread):
            yield found
        elif found is not None:
            migrations[found.key] = found
    models: Models = {}
    schema = Schema()
    for one in ordered(migrations):
        try:
            moves = list(_moves(one, models))
        except RecursionError:
            yield Unread(one.place, "nested too deep to be followed", "simplify the migration")
            continue
        yield from schema.apply(moves)
    if migrations:
        yield from schema.tables(next(iter(migrations.values())).place.repository)


def _moves(one: Migration, models: Models) -> Iterator[Move]:
    origin = Origin(f"{one.app}.{one.name}", one.place.repository, one.place.path)
    work = Work(models, one.app, origin)
    for operation in one.operations:
        yield from _operation(work, operation, one)


def _operation(work: Work, operation: Value, one: Migration) -> Iterator[Move]:
    if not isinstance(operation, Call):
        yield Step(
            work.origin.operation("opaque", "", one.place.line, detail="operations that code puts together")
        )
    elif operation.last == "SeparateDatabaseAndState":
        yield from _separate(work, operation, one)
    elif operation.last == "RunSQL":
        yield from run_sql(work, operation)
        _only_models(work, operation.get(2, "state_operations"), one)
    elif operation.last == "RunPython":
        yield from run_python(work, operation, one)
    elif operation.last in HANDLERS:
        yield from HANDLERS[operation.last](work, operation)
    elif operation.last not in HARMLESS:
        yield Step(work.say("opaque", "", operation))


def _separate(work: Work, operation: Call, one: Migration) -> Iterator[Move]:
    """`database_operations` count for tables, `state_operations` for models."""
    listed = operation.get(0, "database_operations")
    apart = work.without_effect()
    for inner in listed if isinstance(listed, list | tuple) else ():
        yield from _operation(apart, inner, one)
    _only_models(work, operation.get(1, "state_operations"), one)


def _only_models(work: Work, listed: Value, one: Migration) -> None:
    for inner in listed if isinstance(listed, list | tuple) else ():
        for _ in _operation(work, inner, one):
            pass
