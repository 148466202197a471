"""What an expression is made of.

The tree of an expression is walked with a stack of our own: an IN list of ten thousand items or a chain of as many
ORs is no deeper for it. A query inside is handed to `Binding.query`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from seamline.analysis.lineage.binding import Binding, Outward
from seamline.analysis.lineage.columns import NONE, Col, Refs, Rows, Scope, Source, union
from seamline.analysis.lineage.reading import Ref

# A table's name stands for its whole row where no column has that name.
_WHOLE_ROWS = frozenset({"", "duckdb", "postgres", "bigquery", "redshift", "materialize"})
# A qualifier without that column means the next table of the name further out, if there is one.
_LOOK_FURTHER = frozenset({"duckdb"})
_LEAVES = (
    exp.Literal, exp.Identifier, exp.DataType, exp.Var, exp.Boolean, exp.Null, exp.JSONPath, exp.Placeholder,
)  # fmt: skip
_SKIPPED = frozenset(_LEAVES)


def trace(node: exp.Expr, scope: Scope, binding: Binding) -> set[Ref]:
    """The base columns whose values can reach the expression. What it needs, and its window keys, are noted."""
    walk = _Walk(node, scope, binding)
    while walk.waiting:
        at = walk.waiting.pop()
        kind = type(at)
        if isinstance(at, exp.Column):
            walk.found |= of_column(at, scope, binding)
        elif kind in _SPECIAL:
            _SPECIAL[kind](at, walk)
        elif kind not in _SKIPPED:
            walk.waiting.extend(inside(at))
    return walk.found


class _Walk:
    """One expression on its way: what is still to be looked at, what was found."""

    __slots__ = ("binding", "found", "scope", "waiting")

    def __init__(self, node: exp.Expr, scope: Scope, binding: Binding) -> None:
        self.scope = scope
        self.binding = binding
        self.found: set[Ref] = set()
        self.waiting = [node]


def inside(node: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes right below."""
    for value in node.args.values():
        if isinstance(value, list):
            for one in value:
                if isinstance(one, exp.Expr):
                    yield one
        elif isinstance(value, exp.Expr):
            yield value


def of_column(node: exp.Column, scope: Scope, binding: Binding) -> Refs:
    """What a column reference is made of; of `t.*`, all columns."""
    if isinstance(node.this, exp.Star):
        return union(col.direct for source in starred(node, scope, binding) for col in source.rows.cols)
    col = column(node, scope, binding)
    return col.direct if col is not None else NONE


def starred(node: exp.Expr, scope: Scope, binding: Binding) -> list[Source]:
    """The FROM items that a star reads: of `t.*` the one, else all. A qualifier that nothing has is noted."""
    path = _path(node, binding)
    if not path:
        return scope.sources
    source = scope.source(path)
    if source is None:
        binding.missing[id(node)] = path[-1]
        return []
    return [source]


def column(node: exp.Column, scope: Scope, binding: Binding) -> Col | None:
    """The column that a reference means, with what follows it inside a struct. None: noted why not."""
    if isinstance(node.this, exp.Parameter | exp.PositionalColumn):
        return _by_place(node.this, starred(node, scope, binding), binding)
    parts = (*_path(node, binding), binding.folded(node.this))
    if len(parts) == 1:
        return plain(parts[0], scope, node, binding)
    for n in range(len(parts) - 1, 0, -1):
        source = scope.source(parts[:n], parts[n] if binding.dialect in _LOOK_FURTHER else "")
        if source is not None:
            if source not in scope.sources:
                binding.outer.setdefault(id(node), Outward(node, scope.select_of(source)))
            further = scope.parent.source(parts[:n]) if scope.parent is not None else None
            sure = further is None or further is source or binding.dialect not in _LOOK_FURTHER
            col = binding.member(source, parts[n], node, sure=sure)
            return _member(col, parts[n + 1 :], node, binding)
    col = plain(parts[0], scope, node, binding)
    return _member(col, parts[1:], node, binding)


def plain(name: str, scope: Scope, node: exp.Expr, binding: Binding) -> Col | None:
    """An unqualified name: a column, else the whole row of the FROM item that is called so."""
    if binding.dialect in _WHOLE_ROWS and not any(source.find(name) for source in scope.sources):
        whole = next((s for s in scope.sources if s.name == name and name not in scope.aliases), None)
        if whole is not None:
            return row_of(whole)
    return binding.lookup(name, scope, node)


def row_of(source: Source) -> Col:
    """A whole row as one value."""
    rows = source.rows
    fields = source.by_name if rows.complete else None
    return Col(source.name, union(col.direct for col in rows.cols), NONE, fields)


def _member(col: Col | None, names: tuple[str, ...], node: exp.Expr, binding: Binding) -> Col | None:
    """What a struct has under these names, one inside the other."""
    for name in names:
        if col is None:
            return None
        if col.fields is None:
            return Col(names[-1], col.direct)
        found = col.fields.get(name)
        if found is None:
            binding.missing[id(node)] = name
            return Col(names[-1], col.direct)
        binding.use(found)
        col = found
    return col


def _path(node: exp.Expr, binding: Binding) -> tuple[str, ...]:
    parts = (node.args.get("catalog"), node.args.get("db"), node.args.get("table"))
    return tuple(binding.folded(part) for part in parts if part)


def _by_place(node: exp.Expr, sources: list[Source], binding: Binding) -> Col | None:
    """`$2`, `#2`: the second column of all FROM items."""
    cols = [col for source in sources for col in source.rows.cols]
    for source in sources:
        binding.count(source.rows)
    text = str(node.this.this) if isinstance(node.this, exp.Literal) else ""
    place = int(text) if text.isdigit() else 0
    if 0 < place <= len(cols):
        return cols[place - 1]
    if place and all(source.rows.complete for source in sources):
        binding.faults[id(node)] = f"there is no column {place}"
    return None


def member(node: exp.Expr, scope: Scope, binding: Binding) -> Col | None:
    """A column, a struct or a member of one, as far as its members are known; None for any other expression."""
    if isinstance(node, exp.Paren | exp.Alias):
        return member(node.this, scope, binding)
    if isinstance(node, exp.Column) and not isinstance(node.this, exp.Star):
        return column(node, scope, binding) or Col(binding.folded(node.this))
    if isinstance(node, exp.PositionalColumn):
        return _by_place(node, scope.sources, binding)
    if isinstance(node, exp.Struct):
        return _struct(node, scope, binding)
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        whole = member(node.this, scope, binding)
        return _member(whole, (binding.folded(node.expression),), node, binding) if whole else None
    return None


def _struct(node: exp.Struct, scope: Scope, binding: Binding) -> Col:
    fields: dict[str, Col] = {}
    named = True
    for item in node.expressions:
        value = item.expression if isinstance(item, exp.PropertyEQ) else item
        name = binding.folded(
            item.this if isinstance(item, exp.PropertyEQ) else item.args.get("alias") or item
        )
        col = member(value, scope, binding) or Col(name, frozenset(trace(value, scope, binding)))
        named = named and bool(name)
        fields[name or str(len(fields))] = Col(name, col.direct, NONE, col.fields)
    return Col("", union(f.direct for f in fields.values()), NONE, fields if named else None)


# -- what is not walked straight through ------------------------------------------


def _query(node: exp.Expr, walk: _Walk) -> None:
    """A query as a value, or what IN looks into: the number of its columns is fixed."""
    rows = _inner(node, walk)
    walk.binding.shapes[id(node)] = (len(rows.cols), ANY)
    walk.binding.count(rows)
    walk.found |= union(col.direct for col in rows.cols)


def _inner(node: exp.Expr, walk: _Walk) -> Rows:
    rows = walk.binding.query(node, walk.scope)
    walk.scope.indirect |= rows.indirect
    return rows


def _exists(node: exp.Expr, walk: _Walk) -> None:
    """What EXISTS selects is neither here nor there; some dialects have a function of that name, with a lambda."""
    if isinstance(node.this, exp.Query):
        _inner(node.this, walk)
    else:
        walk.waiting.extend(inside(node))


def _window(node: exp.Expr, walk: _Walk) -> None:
    walk.waiting.append(node.this)
    for part in inside(node):
        if part is not node.this:
            walk.scope.indirect |= trace(part, walk.scope, walk.binding)


def _count(node: exp.Expr, walk: _Walk) -> None:
    if not isinstance(node.this, exp.Star):
        walk.waiting.extend(inside(node))


def _star(node: exp.Expr, walk: _Walk) -> None:
    """A star as an argument: all columns there are, whichever they are."""
    left_out = {walk.binding.folded(item) for item in node.args.get("except_") or []}
    for item in node.args.get("except_") or []:
        trace(item, walk.scope, walk.binding)
    for source in walk.scope.sources:
        walk.found |= union(col.direct for col in source.rows.cols if col.name not in left_out)


def _dot(node: exp.Expr, walk: _Walk) -> None:
    """A member of a struct; a function with a dotted name."""
    col = member(node, walk.scope, walk.binding)
    if col is not None:
        walk.found |= col.direct
    else:
        walk.waiting.extend(inside(node))


def _comprehension(node: exp.Expr, walk: _Walk) -> None:
    """`[f(i) for i in list if g(i)]`: the variables are names of their own."""
    iterator = node.args["iterator"]
    walk.waiting.append(iterator)
    variables = [node.args.get("expression"), node.args.get("position")]
    inner = Scope(walk.scope, walk.scope.queries)
    inner.sources = [Source("", Rows([Col(walk.binding.folded(v)) for v in variables if v is not None]))]
    for part in inside(node):
        if part is not iterator:
            walk.found |= trace(part, inner, walk.binding)
    walk.scope.indirect |= inner.indirect


def _place(node: exp.Expr, walk: _Walk) -> None:
    col = _by_place(node, walk.scope.sources, walk.binding)
    walk.found |= col.direct if col else NONE


def _parameter(node: exp.Expr, walk: _Walk) -> None:
    """Snowflake's `$2`; in other dialects, a value that comes with the call."""
    if walk.binding.dialect == "snowflake" and walk.scope.sources:
        _place(node, walk)


def _table(node: exp.Expr, walk: _Walk) -> None:
    """A table as an argument of a table function."""
    if isinstance(node, exp.Table) and isinstance(node.this, exp.Identifier):
        walk.found |= union(col.direct for col in walk.binding.table(node).cols)


ANY = -1  # in a shape: whatever stands on the other side stays as it is
_SPECIAL: dict[type[exp.Expr], Callable[[exp.Expr, _Walk], None]] = {
    exp.Select: _query, exp.Union: _query, exp.Except: _query, exp.Intersect: _query, exp.Subquery: _query,
    exp.Exists: _exists, exp.Window: _window, exp.Count: _count, exp.Star: _star, exp.Dot: _dot,
    exp.Comprehension: _comprehension, exp.PositionalColumn: _place, exp.Table: _table,
    exp.Parameter: _parameter,
}  # fmt: skip
