"""RunPython and RunSQL: what code and text in migrations do to rows and tables."""

import ast
from collections.abc import Iterator, Mapping

from seamline.analysis.ddl.read import steps
from seamline.analysis.ddl.steps import Move, Origin, Step
from seamline.artefacts.django import fields
from seamline.artefacts.django.files import Migration
from seamline.artefacts.django.models import Model, column
from seamline.artefacts.django.work import Work
from seamline.artefacts.python_values import Call, Name, Value, constants, dotted, value

_EDITOR = "schema_editor"
_READS = frozenset("execute quote_name quote_value".split())  # and what is read elsewhere
_WRITES_ANY = frozenset("delete setattr raw execute _raw_delete truncate".split())
_WRITES = frozenset(
    "save update create bulk_create bulk_update get_or_create update_or_create add set remove clear".split()
)


def run_sql(work: Work, call: Call) -> Iterator[Move]:
    """The steps of RunSQL's text, then what it says of the models by `state_operations` (left to the caller)."""
    text = call.get(0, "sql")
    parts = text if isinstance(text, list | tuple) else (text,)
    for part in parts:
        statement = part[0] if isinstance(part, list | tuple) and part else part
        if isinstance(statement, str):
            here = Origin(work.origin.migration, work.origin.repository, work.origin.path, call.line - 1)
            yield from steps(statement, "postgres", here)
        elif not _is_noop(statement):
            yield Step(work.say("opaque", "", call))


def _is_noop(name: Value) -> bool:
    return isinstance(name, Name) and name.last == "noop"


def run_python(work: Work, call: Call, migration: Migration) -> Iterator[Move]:
    """`rewrite_data` for every table whose model the code asks for and writes; `opaque` where none is found."""
    code = call.get(0, "code")
    if _is_noop(code):
        return
    function = migration.functions.get(code.last) if isinstance(code, Name) else None
    if function is None:
        yield Step(work.say("opaque", "", call))
        return
    bodies = _reached(function, migration.functions)
    if all(_does_nothing(body) for body in bodies):
        return
    yield from _sql(work, bodies, migration)
    yield from _edited(work, bodies, migration)
    asked = list(_asked(work, bodies, migration.names))
    if not asked and not any(True for _ in (*_executed(bodies), *_edited(work, bodies, migration))):
        yield Step(work.say("opaque", "", call))
        return
    named, writes = _named(bodies), _verbs(bodies)
    found = [(model, _columns_of(model, named, work)) for model in asked]
    some = any(columns for _, columns in found) and not writes & _WRITES_ANY
    for model, columns in found:
        if model.managed and (columns or not some) and writes & (_WRITES | _WRITES_ANY):
            yield Step(work.say("rewrite_data", model.table, call, columns=columns))


def _reached(function: ast.FunctionDef, functions: Mapping[str, ast.FunctionDef]) -> list[ast.FunctionDef]:
    """A function, and those of the module that it names, and so on."""
    reached = {function.name: function}
    queue = [function]
    while queue:
        for node in ast.walk(queue.pop()):
            if isinstance(node, ast.Name) and node.id in functions and node.id not in reached:
                reached[node.id] = functions[node.id]
                queue.append(functions[node.id])
    return list(reached.values())


def _does_nothing(function: ast.FunctionDef) -> bool:
    return all(
        isinstance(node, ast.Pass | ast.Return)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in function.body
    )


def _calls(bodies: list[ast.FunctionDef]) -> Iterator[ast.Call]:
    for body in bodies:
        yield from (node for node in ast.walk(body) if isinstance(node, ast.Call))


def _asked(work: Work, bodies: list[ast.FunctionDef], names: Mapping[str, Value]) -> Iterator[Model]:
    """The models that the code asks the registry for, each once, in its order."""
    seen: set[str] = set()
    for node in _calls(bodies):
        if not dotted(node.func).endswith("get_model"):
            continue
        call = value(node, names)
        app, name = call.get(0, "app_label"), call.get(1, "model_name")
        if isinstance(app, str) and name is None and "." in app:
            app, _, name = app.partition(".")
        if not isinstance(app, str) or not isinstance(name, str):
            continue
        label = f"{app}.{name.lower()}"
        if label not in seen:
            seen.add(label)
            yield work.models.get(label) or Model(app, name, {}, {}, open=True)


def _edited(work: Work, bodies: list[ast.FunctionDef], migration: Migration) -> Iterator[Move]:
    """What code does with the schema editor: a table under another name is told, the rest is opaque."""
    for node in _calls(bodies):
        receiver, _, verb = dotted(node.func).rpartition(".")
        if not receiver.endswith(_EDITOR) or verb in _READS:
            continue
        call = value(node, migration.names)
        old, new = (
            (call.get(1, "old_db_table"), call.get(2, "new_db_table")) if isinstance(call, Call) else ("", "")
        )
        if verb == "alter_db_table" and isinstance(old, str) and isinstance(new, str):
            yield Step(work.origin.operation("rename_table", old, node.lineno, to=new, detail=verb))
        else:
            yield Step(work.origin.operation("opaque", "", node.lineno, detail=ast.unparse(node)))


def _named(bodies: list[ast.FunctionDef]) -> set[str]:
    """Names of attributes that the code sets, and of keywords that it gives to what writes."""
    found: set[str] = set()
    for body in bodies:
        for node in ast.walk(body):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                found.add(node.attr)
            elif isinstance(node, ast.Call) and _verb(node) in _WRITES:
                found.update(k.arg for k in node.keywords if k.arg)
                found.update(
                    c.value
                    for c in ast.walk(node)
                    if isinstance(c, ast.Constant) and isinstance(c.value, str)
                )
    return found


def _verb(node: ast.Call) -> str:
    return dotted(node.func).rpartition(".")[2]


def _verbs(bodies: list[ast.FunctionDef]) -> set[str]:
    return {_verb(node) for node in _calls(bodies)}


def _columns_of(model: Model, named: set[str], work: Work) -> tuple[str, ...]:
    wanted = [
        name
        for name in model.fields
        if {name, f"{name}_id", fields.column_name(name, model.fields[name])} & named
    ]
    found = (column(model, name, work.models) for name in wanted)
    return tuple(one.name for one in found if one is not None)


def _executed(bodies: list[ast.FunctionDef]) -> Iterator[ast.Call]:
    return (node for node in _calls(bodies) if _verb(node) in ("execute", "executemany") and node.args)


def _sql(work: Work, bodies: list[ast.FunctionDef], migration: Migration) -> Iterator[Move]:
    """The steps of texts of SQL that the code hands to a cursor or to the schema editor."""
    for body in bodies:
        names = constants(body.body, migration.names)
        for node in _executed([body]):
            text = value(node.args[0], names)
            here = Origin(work.origin.migration, work.origin.repository, work.origin.path, node.lineno - 1)
            if isinstance(text, str):
                yield from steps(text.replace("%s", "NULL"), "postgres", here)
            else:
                yield Step(here.operation("opaque", "", 1, detail=ast.unparse(node)))
