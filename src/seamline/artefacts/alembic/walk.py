"""The body of `upgrade()`, statement by statement, as far as it can be followed without being run.

Branches: a test for the database's dialect is decided; of any other, both sides count. Loops over written lists are
unrolled; functions of the module are followed. What else is done with the connection is opaque.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence

from seamline.analysis.ddl.read import steps
from seamline.analysis.ddl.steps import EnumMade, Move, Origin, Step
from seamline.artefacts.alembic.columns import enum_values, text
from seamline.artefacts.alembic.operations import HANDLERS, HARMLESS, Said
from seamline.artefacts.alembic.revisions import Revision
from seamline.artefacts.python_values import UNKNOWN, Call, Name, Value, dotted, value

_DEEPEST = 6  # functions that call functions
_LONGEST = 400  # turns of a loop that are followed
_EXECUTE = ("execute", "exec_driver_sql", "executemany", "scalar", "scalars")
_WRITES = (
    "update",
    "delete",
    "insert",
    "add",
    "add_all",
    "bulk_insert_mappings",
    "bulk_update_mappings",
    "bulk_save_objects",
)
_LOOKS = frozenset(
    "MetaData inspect Inspector from_engine Session sessionmaker Table has_table print reflect".split()
)
_MOST_IN_ALL = 20_000  # turns of loops and calls of functions in one revision
_POSTGRES = ("postgresql", "postgres")


class Walk:
    """One revision on its way."""

    def __init__(self, revision: Revision, origin: Origin) -> None:
        self.revision = revision
        self.origin = origin
        self.functions = dict(revision.functions)
        self.followed = 0
        self.batches: dict[str, tuple[str, str]] = {}  # variable -> (table, schema)

    def upgrade(self) -> Iterator[Move]:
        yield from self._body(self.revision.upgrade.body, dict(self.revision.names), 0)
        if self.followed > _MOST_IN_ALL:
            yield Step(
                self.origin.operation("opaque", "", self.revision.place.line, detail="loops without end")
            )

    def _body(self, body: Sequence[ast.stmt], names: dict[str, Value], depth: int) -> Iterator[Move]:
        for statement in body:
            yield from self._statement(statement, names, depth)

    def _statement(self, node: ast.stmt, names: dict[str, Value], depth: int) -> Iterator[Move]:
        if isinstance(node, ast.Expr | ast.Return) and node.value is not None:
            yield from self._expression(node.value, names, depth)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield from self._assigned(node, names, depth)
        elif isinstance(node, ast.FunctionDef):
            self.functions[node.name] = node
        elif isinstance(node, ast.With):
            yield from self._with(node, names, depth)
        elif isinstance(node, ast.For):
            yield from self._loop(node, names, depth)
        elif isinstance(node, ast.If):
            for side in _sides(node):
                yield from self._body(side, names, depth)
        elif isinstance(node, ast.Try):
            yield from self._body([*node.body, *node.orelse, *node.finalbody], names, depth)
        elif isinstance(node, ast.While):
            yield from self._body(node.body, names, depth)

    def _assigned(
        self, node: ast.Assign | ast.AnnAssign, names: dict[str, Value], depth: int
    ) -> Iterator[Move]:
        if node.value is None:
            return
        yield from self._expression(node.value, names, depth, kept=True)
        found = value(node.value, names)
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            _bind(target, found, names)

    def _with(self, node: ast.With, names: dict[str, Value], depth: int) -> Iterator[Move]:
        for item in node.items:
            call = value(item.context_expr, names)
            if (
                isinstance(call, Call)
                and call.last == "batch_alter_table"
                and isinstance(item.optional_vars, ast.Name)
            ):
                schema = text(call.get(1, "schema"))
                self.batches[item.optional_vars.id] = (text(call.get(0, "table_name")), schema)
        yield from self._body(node.body, names, depth)

    def _loop(self, node: ast.For, names: dict[str, Value], depth: int) -> Iterator[Move]:
        found = value(node.iter, names)
        if isinstance(found, Call) and found.last == "items":
            held = names.get(found.name.rpartition(".")[0])
            found = list(held.items()) if isinstance(held, dict) else UNKNOWN
        turns = list(found)[:_LONGEST] if isinstance(found, list | tuple | dict) else [UNKNOWN]
        for turn in turns:
            self.followed += 1
            if self.followed > _MOST_IN_ALL:
                return
            _bind(node.target, turn, names)
            yield from self._body(node.body, names, depth)

    # -- calls --------------------------------------------------------------------
    def _expression(
        self, node: ast.expr, names: dict[str, Value], depth: int, kept: bool = False
    ) -> Iterator[Move]:
        """What a call does; `kept`: its value is kept, so that it may do nothing but read."""
        call = value(node, names)
        if not isinstance(node, ast.Call) or not isinstance(call, Call):
            return
        first = call.name.partition(".")[0]
        if first in self.batches and call.last in HANDLERS:
            yield from HANDLERS[call.last](Said(call, self.origin, self.batches[first]))
        elif first == self.revision.op and call.last in HANDLERS:
            yield from HANDLERS[call.last](Said(call, self.origin, None))
        elif call.last in _EXECUTE or any(part in _EXECUTE for part in call.name.split(".")[1:]):
            yield from self._executed(node, names)
        elif first == self.revision.op:
            if call.last not in HARMLESS and not (set(call.name.split(".")) & HARMLESS):
                yield Said(call, self.origin, None).opaque()
        elif call.name in self.functions and depth < _DEEPEST:
            yield from self._followed(self.functions[call.name], call, names, depth)
        elif call.last in ("create", "drop") and _is_enum(receiver := _receiver(node, names)):
            yield from _made(receiver, call)
        elif call.last in _WRITES and not kept:
            yield from self._written(node, names, call)
        elif call.last not in _LOOKS and self._is_handed_on(node, names):
            yield Said(call, self.origin, None).opaque()

    def _followed(
        self, function: ast.FunctionDef, call: Call, names: dict[str, Value], depth: int
    ) -> Iterator[Move]:
        self.followed += 1
        if self.followed > _MOST_IN_ALL:
            return
        arguments = function.args.args
        inner: dict[str, Value] = dict(self.revision.names)
        defaults = function.args.defaults
        for argument, default in zip(arguments[len(arguments) - len(defaults) :], defaults, strict=True):
            inner[argument.arg] = value(default, names)
        inner.update(zip((a.arg for a in arguments), call.args, strict=False))
        inner.update(call.kwargs)
        yield from self._body(function.body, inner, depth + 1)

    def _executed(self, node: ast.Call, names: Mapping[str, Value]) -> Iterator[Move]:
        """SQL that is handed to a connection: as text, or put together with SQLAlchemy."""
        inner = _innermost(node)
        said = value(inner.args[0], names) if inner.args else UNKNOWN
        if isinstance(said, Name):
            said = names.get(said.dotted, UNKNOWN)
        sql = said if isinstance(said, str) else _text_of(inner.args[0], names) if inner.args else ""
        if sql:
            here = Origin(self.origin.migration, self.origin.repository, self.origin.path, inner.lineno - 1)
            yield from steps(sql, "postgres", here)
            return
        written = isinstance(said, Call) and set(said.name.split(".")) & set(_WRITES)
        if isinstance(said, Call) and not written and {"select", "exists"} & set(said.name.split(".")):
            return
        yield from self._written(node, names, Call("execute", (), {}, inner.lineno), sure=bool(written))

    def _written(
        self, node: ast.Call, names: Mapping[str, Value], call: Call, sure: bool = True
    ) -> Iterator[Move]:
        """Rows written through SQLAlchemy: in the tables that the expression names."""
        tables = _tables(node, names)
        said = Said(call, self.origin, None)
        for table in tables if sure else ():
            yield Step(said.say("rewrite_data", table))
        if not sure or (not tables and self._is_handed_on(node, names)):
            yield said.opaque()

    def _is_handed_on(self, node: ast.Call, names: Mapping[str, Value]) -> bool:
        """Whether code that is not seen gets hold of the database: of `op`, a connection, a session."""
        handed = [*node.args, *(k.value for k in node.keywords)]
        held = {n.id for argument in handed for n in ast.walk(argument) if isinstance(n, ast.Name)}
        return any(
            name == self.revision.op or name in self.batches or _is_connection(names.get(name))
            for name in held
        )


def _sides(node: ast.If) -> list[list[ast.stmt]]:
    """The sides of a branch that count."""
    test = node.test
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and "dialect" in ast.unparse(test.left):
        right = value(test.comparators[0], {})
        names = right if isinstance(right, list | tuple) else (right,)
        hit = any(name in _POSTGRES for name in names if isinstance(name, str))
        if isinstance(test.ops[0], ast.Eq | ast.In):
            return [node.body if hit else node.orelse]
        if isinstance(test.ops[0], ast.NotEq | ast.NotIn):
            return [node.orelse if hit else node.body]
    return [node.body, node.orelse]


def _bind(target: ast.expr, found: Value, names: dict[str, Value]) -> None:
    if isinstance(target, ast.Name):
        names[target.id] = found
    elif isinstance(target, ast.Tuple | ast.List):
        parts = (
            found
            if isinstance(found, list | tuple) and len(found) == len(target.elts)
            else [UNKNOWN] * len(target.elts)
        )
        for inner, part in zip(target.elts, parts, strict=True):
            _bind(inner, part, names)


def _innermost(node: ast.Call) -> ast.Call:
    """The call of `execute` in a chain such as `bind.execute(q).fetchall()`."""
    while dotted(node.func).rpartition(".")[2] not in _EXECUTE:
        inner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if not isinstance(inner, ast.Call):
            break
        node = inner
    return node


def _text_of(node: ast.expr, names: Mapping[str, Value]) -> str:
    """The SQL of `text("...")`, also with `.bindparams(...)` and the like behind it."""
    for inner in ast.walk(node):
        if (
            isinstance(inner, ast.Call)
            and dotted(inner.func).rpartition(".")[2] in ("text", "DDL")
            and inner.args
        ):
            found = value(inner.args[0], names)
            if isinstance(found, str):
                return found
    found = value(node, names)
    return text(found) if isinstance(found, Call) and found.last in ("text", "DDL") else ""


def _tables(node: ast.expr, names: Mapping[str, Value]) -> list[str]:
    """The tables that an expression names, each once."""
    found: dict[str, None] = {}
    for inner in ast.walk(node):
        held = (
            names.get(inner.id)
            if isinstance(inner, ast.Name)
            else value(inner, names)
            if isinstance(inner, ast.Call)
            else None
        )
        if isinstance(held, Call) and held.last in ("table", "Table") and text(held.get(0, "name")):
            found[text(held.get(0, "name"))] = None
    return list(found)


def _receiver(node: ast.Call, names: Mapping[str, Value]) -> Value:
    """What a method is called on."""
    return value(node.func.value, names) if isinstance(node.func, ast.Attribute) else UNKNOWN


def _is_enum(held: Value) -> bool:
    return isinstance(held, Call) and held.last in ("Enum", "ENUM")


def _made(enum: Call, call: Call) -> Iterator[Move]:
    if call.last == "create":
        yield EnumMade(text(enum.kwargs.get("name")), enum_values(enum))


def _is_connection(held: Value) -> bool:
    parts = set(held.name.split(".")) if isinstance(held, Call) else set()
    return bool(parts & {"get_bind", "Session", "sessionmaker", "connect", "get_context"})
