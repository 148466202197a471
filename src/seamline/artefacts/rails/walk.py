"""A migration's `change` or `up`, call by call: what `down` says does not count."""

from collections.abc import Iterator, Mapping, Sequence

from seamline.analysis.ddl.read import steps
from seamline.analysis.ddl.steps import Move, Origin, Step
from seamline.artefacts.rails.nodes import UNKNOWN, Assign, Body, Call, Node, Text, Value
from seamline.artefacts.rails.spelling import table_of
from seamline.artefacts.rails.tables import (
    HANDLERS,
    IN_TABLE,
    Said,
    create_join_table,
    create_table,
    is_column,
)

_DEEPEST = 8  # methods that call methods
_MOST = 400  # turns of a loop
_MOST_IN_ALL = 20_000  # turns and calls of methods in one migration
_LONGEST = 1_000_000  # characters of a text that is put together
_EXECUTE = frozenset(
    "execute exec_query exec_update exec_insert exec_delete select_all update insert delete query select_value".split()
)
_WRITES = frozenset(
    "update_all update_columns update_column update update! save save! create create! insert_all insert_all! insert upsert_all "
    "delete_all destroy_all delete destroy destroy! find_or_create_by find_or_create_by! first_or_create first_or_create! "
    "increment! decrement! toggle! touch import upsert update_attribute update_attributes update_attributes!".split()
)
_BACKWARDS = frozenset({"down", "revert"})


class Walk:
    """One class of a migration on its way."""

    def __init__(self, origin: Origin, rails: float, nodes: Sequence[Node]) -> None:
        self.origin = origin
        self.rails = rails
        self.methods = {
            n.name.removeprefix("self."): n.nodes for n in nodes if isinstance(n, Body) and n.kind == "def"
        }
        self.followed = 0
        self.names: dict[str, Value] = {}
        self.tables: dict[str, str] = {}  # class -> table, where a class says so
        self._declare(nodes)

    def _declare(self, nodes: Sequence[Node]) -> None:
        """Constants, and classes of models that the migration makes for its own use."""
        for node in nodes:
            if isinstance(node, Assign) and node.name[:1].isupper():
                self.names[node.name] = self.value(node.value)
            elif isinstance(node, Body) and node.kind in ("class", "module"):
                given = [n.value for n in node.nodes if isinstance(n, Assign) and n.name == "self.table_name"]
                self.tables[node.name] = (
                    given[0] if given and isinstance(given[0], str) else table_of(node.name)
                )
                self._declare(node.nodes)

    def run(self) -> Iterator[Move]:
        """The steps of `change`, else of `up`."""
        yield from self.body(self.methods.get("change", self.methods.get("up", ())), 0)
        if self.followed > _MOST_IN_ALL:
            yield Step(self.origin.operation("opaque", "", 1, detail="loops without end"))

    def body(self, nodes: Sequence[Node], depth: int) -> Iterator[Move]:
        for node in nodes:
            if isinstance(node, Assign):
                if isinstance(node.value, Call):
                    yield from self.call(node.value, depth)
                self.names[node.name] = self.value(node.value)
            elif isinstance(node, Body) and node.kind not in ("def", "class", "module"):
                yield from self.body(node.nodes, depth)
            elif isinstance(node, Call):
                yield from self.call(node, depth)

    def call(self, call: Call, depth: int) -> Iterator[Move]:
        if call.name in _BACKWARDS and (call.block is not None or call.name == "revert"):
            if call.name == "revert":
                yield self.said(call).opaque()
        elif call.name in ("create_table", "create_join_table"):
            yield from self._create(call)
        elif call.name == "change_table":
            yield from self._change(call, depth)
        elif call.name in HANDLERS and _own(call):
            yield from HANDLERS[call.name](self.said(call))
        elif call.name in _EXECUTE and _connection(call):
            yield from self._execute(call)
        elif call.name in self.methods and call.receiver is None and depth < _DEEPEST:
            self.followed += 1
            if self.followed > _MOST_IN_ALL:
                return
            yield from self.body(self.methods[call.name], depth + 1)
        elif call.name in ("each", "each_with_index", "each_pair", "each_key") and call.block is not None:
            yield from self._each(call, depth)
        elif table := self._written(call):
            yield Step(self.origin.operation("rewrite_data", table, call.line, detail=_chain(call)))
        else:
            yield from self._within(call, depth)

    def _within(self, call: Call, depth: int) -> Iterator[Move]:
        """What stands in the block of a call that does nothing itself (safety_assured, reversible, transaction ...)."""
        if isinstance(call.receiver, Call):
            yield from self._within(call.receiver, depth)
        yield from self.body(call.block or (), depth)

    def said(self, call: Call, table: str = "") -> Said:
        args = [*([table] if table else []), *(self.value(a) for a in call.args)]
        options = {k: self.value(v) for k, v in call.kwargs.items()}
        if args and isinstance(args[-1], dict):
            options = {**args.pop(), **options}
        return Said(call, args, options, self.origin, self.rails)

    def _create(self, call: Call) -> Iterator[Move]:
        said = self.said(call)
        calls = list(self._lines(call.block or (), call.params[:1]))
        lines = [self.said(line) for line in calls]
        whole = all(is_column(line) or line.call.name in IN_TABLE for line in lines)
        make = create_table if call.name == "create_table" else create_join_table
        yield from make(said, lines, whole)

    def _lines(self, nodes: Sequence[Node], params: Sequence[str]) -> Iterator[Call]:
        """The calls on a block's table, through branches and loops over written lists."""
        for node in nodes:
            if isinstance(node, Body):
                yield from self._lines(node.nodes, params)
            elif isinstance(node, Call) and isinstance(node.receiver, Call) and node.receiver.name in params:
                yield _with_values(node, self)
            elif isinstance(node, Call) and node.name == "each" and node.block is not None:
                for _ in self._turns(node):
                    yield from list(self._lines(node.block, params))

    def _change(self, call: Call, depth: int) -> Iterator[Move]:
        said = self.said(call)
        for line in self._lines(call.block or (), call.params[:1]):
            one = self.said(line, said.table)
            if not said.table:
                yield one.opaque()
            elif line.name in IN_TABLE:
                yield from HANDLERS[IN_TABLE[line.name]](one)
            elif is_column(one):
                for name in one.args[1:]:
                    yield from HANDLERS["add_column"](
                        Said(line, [said.table, name, line.name], one.options, self.origin, self.rails)
                    )
            else:
                yield one.opaque()
        others = [n for n in call.block or () if not (isinstance(n, Call) and isinstance(n.receiver, Call))]
        yield from self.body([n for n in others if isinstance(n, Assign)], depth)

    def _execute(self, call: Call) -> Iterator[Move]:
        sql = self.value(call.args[0]) if call.args else UNKNOWN
        if isinstance(sql, str):
            here = Origin(self.origin.migration, self.origin.repository, self.origin.path, call.line - 1)
            yield from steps(sql, "mysql" if "`" in sql else "postgres", here)
        elif not call.name.startswith("select"):
            yield Step(self.origin.operation("opaque", "", call.line, detail=_chain(call)))

    def _each(self, call: Call, depth: int) -> Iterator[Move]:
        if not isinstance(self.value(call.receiver), list | dict):
            table = self._written(call)
            if table:
                yield Step(self.origin.operation("rewrite_data", table, call.line, detail=_chain(call)))
                return
        for _ in self._turns(call):
            yield from self.body(call.block or (), depth)

    def _turns(self, call: Call) -> Iterator[None]:
        """Bind a loop's names turn by turn; once to UNKNOWN where the list is not written out."""
        found = self.value(call.receiver)
        turns: list[Value] = found if isinstance(found, list) else [UNKNOWN]
        if isinstance(found, dict):
            turns = [list(pair) for pair in found.items()]
        for turn in turns[:_MOST]:
            self.followed += 1
            if self.followed > _MOST_IN_ALL:
                return
            parts = turn if len(call.params) > 1 and isinstance(turn, list) else [turn]
            self.names.update(zip(call.params, parts, strict=False))
            yield

    def _written(self, call: Call) -> str:
        """The table whose rows a chain on a model writes; "" for one that reads, or that is on no model."""
        root: Value = call
        verbs: set[str] = set()
        while isinstance(root, Call):
            verbs.add(root.name)
            if root.receiver is None:
                break
            root = root.receiver
        name = root.name if isinstance(root, Call) else ""
        if not name[:1].isupper() or name in self.names or name.isupper():
            return ""
        if not verbs & _WRITES and not any(_writes(node) for node in call.block or ()):
            return ""
        return self.tables.get(name, self.tables.get(name.rpartition("::")[2], "")) or table_of(name)

    # -- values ---------------------------------------------------------------------------
    def value(self, value: Value, depth: int = 0) -> Value:
        """A value with the names in it resolved; UNKNOWN where they can't be."""
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {key: self.value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, Text):
            return _filled(value, self.names)
        if isinstance(value, Call) and depth < _DEEPEST:
            return self._called(value, depth)
        return UNKNOWN if isinstance(value, Call) else value

    def _called(self, call: Call, depth: int) -> Value:
        if call.receiver is None and not call.args:
            return self.names.get(call.name, call if call.block is not None else UNKNOWN)
        inner = self.value(call.receiver, depth + 1)
        if call.name in (
            "freeze",
            "squish",
            "to_sym",
            "to_s",
            "strip",
            "strip_heredoc",
            "chomp",
            "dup",
            "to_a",
            "html_safe",
            "lines",
        ):
            return inner
        if call.name == "table_name" and isinstance(call.receiver, Call):
            name = call.receiver.name
            return self.tables.get(name, table_of(name)) if name[:1].isupper() else UNKNOWN
        if call.name == "quote_table_name" or call.name == "quote_column_name":
            return self.value(call.get(0), depth + 1)
        if call.name == "keys" and isinstance(inner, dict):
            return list(inner)
        return UNKNOWN


def _with_values(call: Call, walk: Walk) -> Call:
    """A line of a table's block with the names in its arguments resolved as they are now."""
    return Call(
        call.name, call.line, call.receiver, tuple(walk.value(a) for a in call.args),
        {k: walk.value(v) for k, v in call.kwargs.items()}, call.params, call.block,
    )  # fmt: skip


def _filled(text: Text, names: Mapping[str, Value]) -> Value:
    parts = [part if isinstance(part, str) else names.get(part[0], UNKNOWN) for part in text.parts]
    known = all(isinstance(part, str | int) for part in parts)
    return "".join(map(str, parts)) if known and sum(len(str(p)) for p in parts) < _LONGEST else UNKNOWN


def _own(call: Call) -> bool:
    """Whether a call is the migration's own, rather than of a model or another thing."""
    return call.receiver is None or _connection(call)


def _connection(call: Call) -> bool:
    root: Value = call.receiver
    if root is None:
        return call.name == "execute" or bool(call.args)
    while isinstance(root, Call):
        if root.name in ("connection", "self", "with_connection", "conn", "ActiveRecord::Base.connection"):
            return True
        root = root.receiver
    return False


def _writes(node: Node) -> bool:
    """Whether a block's statement writes a row."""
    if isinstance(node, Body):
        return any(_writes(inner) for inner in node.nodes)
    if isinstance(node, Assign):
        return isinstance(node.value, Call) and _writes(node.value)
    found: Value = node
    while isinstance(found, Call):
        if found.name in _WRITES or any(_writes(inner) for inner in found.block or ()):
            return True
        found = found.receiver
    return False


def _chain(call: Call) -> str:
    parts: list[str] = []
    found: Value = call
    while isinstance(found, Call):
        parts.append(found.name)
        found = found.receiver
    return ".".join(reversed(parts))
