"""Statements that write: which column of the target is made of what.

Each is brought to the same form, the target's columns with what comes into them, whatever the SQL around them.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct
from sqlglot import exp

from seamline.analysis.lineage.binding import Binding
from seamline.analysis.lineage.columns import NONE, Col, Refs, Rows, Scope, Source
from seamline.analysis.lineage.outputs import outputs
from seamline.analysis.lineage.queries import with_clause
from seamline.analysis.lineage.relations import from_clause, joined, listed_as, told_apart
from seamline.analysis.lineage.spelling import key
from seamline.analysis.lineage.terms import ANY, column, trace

# INSERT without a list of columns may give fewer than the table has.
_FEWER_ALLOWED = frozenset({"postgres", "redshift", "materialize", "risingwave", "sqlite"})


class Written(Struct, frozen=True):
    """What a statement writes, and where. `target` is "" for a plain query."""

    target: str
    rows: Rows


def written(node: exp.Expr, root: Scope, binding: Binding) -> Written | None:
    """What one statement gives. None: it neither reads nor writes rows (SET, DROP, GRANT ...)."""
    if isinstance(node, exp.Query | exp.Values | exp.Pivot):
        rows = binding.query(node, root)
        into = node.args.get("into")
        return Written(_key(into.this) if into is not None else "", told_apart(rows, binding))
    adapt = _ADAPTERS.get(type(node))
    return adapt(node, root, binding) if adapt is not None else None


def returned(node: exp.Expr, outer: Scope, binding: Binding) -> Rows:
    """What a statement that writes gives to the query around it: its RETURNING."""
    found = written(node, outer, binding)
    part = node.args.get("returning")
    if found is None or part is None:
        return Rows([])
    scope = _target(found.target, binding)
    scope.queries = outer.queries
    rows = outputs(part, scope, binding).rows()
    rows.indirect = found.rows.indirect | frozenset(scope.indirect)
    return rows


def _key(node: exp.Expr | None) -> str:
    """The key of the relation that a statement names as its target."""
    if isinstance(node, exp.Schema):
        node = node.this
    if not isinstance(node, exp.Table):
        return ""
    return key(part.name for part in (node.args.get("catalog"), node.args.get("db"), node.this) if part)


def _within(node: exp.Expr, root: Scope, binding: Binding) -> Scope:
    return Scope(root, with_clause(node, root, binding))


# -- CREATE, COPY, EXPLAIN -----------------------------------------------------------------


def _create(node: exp.Expr, root: Scope, binding: Binding) -> Written | None:
    """CREATE TABLE/VIEW ... AS, with or without a list of columns; a bare CREATE TABLE has columns of no origin."""
    if str(node.args.get("kind")).upper() not in ("TABLE", "VIEW"):
        return None
    target = _key(node.this)
    source = node.args.get("expression")
    listed = [i for i in node.this.expressions if isinstance(i, exp.Identifier | exp.ColumnDef)]
    if not isinstance(source, exp.Query | exp.Values):
        cols = [Col(binding.folded(item)) for item in listed]
        return Written(target, Rows(cols)) if cols and source is None else None
    rows = binding.query(source, _within(node, root, binding))
    if listed:
        rows = listed_as(rows, [binding.folded(item) for item in listed], node.this, binding)
    return Written(target, told_apart(rows, binding))


def _inner(node: exp.Expr, root: Scope, binding: Binding) -> Written | None:
    """COPY (SELECT ...) TO; EXPLAIN SELECT; CACHE TABLE ... AS."""
    inner = node.args.get("expression") if isinstance(node, exp.Cache) else node.this
    return written(inner, root, binding) if isinstance(inner, exp.Expr) else None


# -- INSERT --------------------------------------------------------------------------------


def _insert(node: exp.Expr, root: Scope, binding: Binding) -> Written | None:
    target = _key(node.this)
    source = node.args.get("expression")
    if not target or not isinstance(source, exp.Query | exp.Values | exp.Table):
        return None
    given = binding.query(source, _within(node, root, binding))
    names = _listed(node.this, target, binding)
    if node.args.get("by_name"):
        rows = given
        _named_by(rows, target, binding)
    else:
        rows = _placed(node, names, given, target, binding)
    _returning(node, target, root, binding)
    return Written(target, _upserted(node, rows, target, root, binding))


def _listed(node: exp.Expr, target: str, binding: Binding) -> list[str] | None:
    """The columns that an INSERT lists, noted as needed of the target; None where it lists none."""
    if not isinstance(node, exp.Schema):
        return None
    scope = _target(target, binding)
    return [_assigned(item, scope, binding) for item in node.expressions]


def _target(target: str, binding: Binding, name: str = "") -> Scope:
    """Where the columns of the target are looked up."""
    scope = Scope(None, {})
    scope.sources = [
        Source(name or target.rpartition(".")[2], binding.target(target), tuple(target.split(".")))
    ]
    return scope


def _assigned(item: exp.Expr, scope: Scope, binding: Binding) -> str:
    """The name of a target's column that a value goes into."""
    name = binding.folded(item.this if isinstance(item, exp.Column) else item)
    binding.member(scope.sources[0], name, item)
    return name


def _named_by(rows: Rows, target: str, binding: Binding) -> None:
    """INSERT BY NAME: each column that comes in has to be one of the target's."""
    source = _target(target, binding).sources[0]
    for col in rows.cols:
        binding.member(source, col.name, _Nowhere)


_Nowhere = exp.Null()  # stands for "in no node of the statement": a name that comes out of a star


def _placed(node: exp.Expr, names: list[str] | None, given: Rows, target: str, binding: Binding) -> Rows:
    """The columns as they go into the target, first to first. Their number is fixed, as a rule."""
    binding.count(given)
    own = binding.target(target)
    if names is None:
        binding.count(own)
        names = [col.name for col in own.cols]
        if binding.dialect not in _FEWER_ALLOWED:
            binding.shapes[id(node)] = (len(given.cols), len(names) if own.complete else ANY)
    else:
        binding.shapes[id(node)] = (len(given.cols), ANY)
    cols = [col.called(name) for name, col in zip(names, given.cols, strict=False)]
    if not own.complete and len(given.cols) > len(cols):
        cols += given.cols[len(cols) :]
    return given.with_cols(cols)


def _upserted(node: exp.Expr, rows: Rows, target: str, root: Scope, binding: Binding) -> Rows:
    """ON CONFLICT DO UPDATE, ON DUPLICATE KEY UPDATE: the same rows, with what the update puts in instead."""
    conflict = node.args.get("conflict")
    if conflict is None:
        return rows
    table = node.this.this if isinstance(node.this, exp.Schema) else node.this
    alias = table.args.get("alias")
    own = _target(target, binding, binding.folded(alias.this) if alias is not None else "")
    for item in conflict.args.get("conflict_keys") or ():
        trace(item, own, binding)
    scope = Scope(root, root.queries)
    scope.sources = [own.sources[0]]
    given = Source("excluded", rows)
    scope.sources += [given, Source("new", rows)]
    cols = {col.name: col for col in rows.cols}
    for item in conflict.expressions:
        if isinstance(item, exp.EQ):
            for name, direct in _assignments(item, own, scope, binding, rows):
                before = cols.get(name)
                cols[name] = Col(name, direct | (before.direct if before else NONE))
    if conflict.args.get("where") is not None:
        scope.indirect |= trace(conflict.args["where"], scope, binding)
    return Rows(
        list(cols.values()),
        open=rows.open,
        absorbs=rows.absorbs,
        gone=rows.gone,
        indirect=rows.indirect | scope.indirect,
    )


def _returning(node: exp.Expr, target: str, root: Scope, binding: Binding) -> None:
    """What RETURNING names has to be there."""
    part = node.args.get("returning")
    if part is not None:
        scope = _target(target, binding)
        scope.queries = root.queries
        for item in part.expressions:
            if not isinstance(item, exp.Star):
                trace(item, scope, binding)


def _assignments(
    item: exp.EQ, own: Scope, scope: Scope, binding: Binding, given: Rows | None = None
) -> list[tuple[str, Refs]]:
    """What one `a = b`, or `(a, b) = (c, d)`, puts into which columns."""
    left, right = item.this, item.expression
    if isinstance(left, exp.Tuple):
        return _several(left, right, own, scope, binding)
    name = _assigned(left, own, binding)
    if given is not None and isinstance(right, exp.Anonymous) and right.name.upper() == "VALUES":
        wanted = binding.folded(right.expressions[0]) if right.expressions else ""
        return [(name, next((col.direct for col in given.cols if col.name == wanted), NONE))]
    if isinstance(right, exp.Column) and (col := column(right, scope, binding)) is not None:
        return [(name, col.direct)]
    return [(name, frozenset(trace(right, scope, binding)))]


def _several(
    left: exp.Expr, right: exp.Expr, own: Scope, scope: Scope, binding: Binding
) -> list[tuple[str, Refs]]:
    names = [_assigned(item, own, binding) for item in left.expressions]
    if isinstance(right, exp.Tuple):
        values = [frozenset(trace(item, scope, binding)) for item in right.expressions]
    else:
        inner = right.this if isinstance(right, exp.Subquery) else right
        rows = binding.query(inner, scope) if isinstance(inner, exp.Query) else Rows([])
        binding.count(rows)
        binding.shapes[id(right)] = (len(rows.cols), ANY)
        scope.indirect |= rows.indirect
        values = [col.direct for col in rows.cols]
    return list(zip(names, values, strict=False))


# -- UPDATE, DELETE, MERGE -----------------------------------------------------------------


def _update(node: exp.Expr, root: Scope, binding: Binding) -> Written:
    scope = _within(node, root, binding)
    own = _own(node.this, node.args.get("from_"), scope, binding)
    if node.args.get("from_") is not None and not own.aliased:
        from_clause(node, scope, binding)
    cols: dict[str, Col] = {}
    for item in node.expressions:
        if isinstance(item, exp.EQ):
            for name, direct in _assignments(item, own.scope, scope, binding):
                cols[name] = Col(name, direct)
    return _done(node, own, list(cols.values()), scope, root, binding)


def _delete(node: exp.Expr, root: Scope, binding: Binding) -> Written:
    scope = _within(node, root, binding)
    own = _own(node.this, None, scope, binding)
    using = node.args.get("using")
    for item in using if isinstance(using, list) else ():
        joined(item, scope, binding)
    return _done(node, own, [], scope, root, binding)


class _Own(Struct, frozen=True):
    """The relation that is written to, as the rest of the statement sees it."""

    key: str
    scope: Scope
    aliased: bool = False  # the FROM clause names it again, under an alias: UPDATE t SET ... FROM orders AS t


def _own(node: exp.Expr, from_: exp.Expr | None, scope: Scope, binding: Binding) -> _Own:
    if from_ is not None and isinstance(node, exp.Table):
        again = _again(binding.folded(node.this), from_.this, scope, binding)
        if again is not None:
            return again
    target = _key(node)
    alias = node.args.get("alias")
    own = _target(target, binding, binding.folded(alias.this) if alias is not None else "")
    common = scope.queries.get(target)
    if common is not None:  # T-SQL: a CTE is written to, and through it its table
        own.sources = [Source(target, common.rows())]
        scope.indirect |= own.sources[0].rows.indirect
    scope.sources.append(own.sources[0])
    for join in node.args.get("joins") or ():
        joined(join, scope, binding)
    return _Own(binding.key_of(target), own)


def _again(name: str, first: exp.Expr, scope: Scope, binding: Binding) -> _Own | None:
    """T-SQL and Redshift: the target is one of the FROM items, named by its alias."""
    tables = [t for t in first.find_all(exp.Table) if isinstance(t.this, exp.Identifier)]
    joins = first.parent.parent.args.get("joins") if first.parent and first.parent.parent else None
    tables += [j.this for j in joins or () if isinstance(j.this, exp.Table)]
    for table in tables:
        alias = table.args.get("alias")
        if alias is not None and binding.folded(alias.this) == name:
            joined(first, scope, binding)
            for join in joins or ():
                joined(join, scope, binding)
            target = _key(table)
            return _Own(binding.key_of(target), _target(target, binding, name), aliased=True)
    return None


def _done(node: exp.Expr, own: _Own, cols: list[Col], scope: Scope, root: Scope, binding: Binding) -> Written:
    if node.args.get("where") is not None:
        scope.indirect |= trace(node.args["where"], scope, binding)
    _returning(node, own.key, root, binding)
    return Written(own.key, Rows(cols, indirect=frozenset(scope.indirect)))


def _merge(node: exp.Expr, root: Scope, binding: Binding) -> Written:
    scope = _within(node, root, binding)
    own = _own(node.this, None, scope, binding)
    joined(node.args["using"], scope, binding)
    given = scope.sources[1:]
    scope.indirect |= trace(node.args["on"], scope, binding) if node.args.get("on") is not None else set()
    found: dict[str, Refs] = {}
    whens = node.args.get("whens")
    for when in whens.expressions if whens is not None else ():
        if when.args.get("condition") is not None:
            scope.indirect |= trace(when.args["condition"], scope, binding)
        for name, direct in _branch(when.args["then"], own, given, scope, binding):
            found[name] = found.get(name, NONE) | direct
    cols = [Col(name, direct) for name, direct in found.items()]
    return _done(node, own, cols, scope, root, binding)


def _branch(
    then: exp.Expr, own: _Own, given: list[Source], scope: Scope, binding: Binding
) -> list[tuple[str, Refs]]:
    """What one WHEN puts into which columns."""
    if isinstance(then, exp.Update):
        if any(isinstance(item, exp.Star) for item in then.expressions):
            return _all_by_name(then, given, own, binding)
        pairs = [i for i in then.expressions if isinstance(i, exp.EQ)]
        return [found for item in pairs for found in _assignments(item, own.scope, scope, binding)]
    if not isinstance(then, exp.Insert):
        return []
    if isinstance(then.this, exp.Star):
        return _all_by_name(then, given, own, binding)
    values = then.args.get("expression")
    if not isinstance(values, exp.Tuple):
        return _all_by_name(then, given, own, binding) if isinstance(then.this, exp.Var) else []
    direct = [frozenset(trace(item, scope, binding)) for item in values.expressions]
    if isinstance(then.this, exp.Tuple | exp.Schema):
        names = [_assigned(item, own.scope, binding) for item in then.this.expressions]
    else:
        names = [col.name for col in own.scope.sources[0].rows.cols]
    return list(zip(names, direct, strict=False))


def _all_by_name(then: exp.Expr, given: list[Source], own: _Own, binding: Binding) -> list[tuple[str, Refs]]:
    """UPDATE SET *, INSERT *, INSERT ROW: the target's columns, each out of the one of its name that is given."""
    target = own.scope.sources[0].rows
    for source in given:
        binding.count(source.rows)
    binding.count(target)
    found: dict[str, Refs] = {}
    for col in target.cols:
        match = next((c for source in given if (c := source.find(col.name)) is not None), None)
        if match is not None:
            found[col.name] = match.direct
        elif all(source.rows.complete for source in given):
            binding.faults[id(then)] = f"nothing is given for {col.name}"
    if not target.complete:
        found = {col.name: col.direct for source in given for col in source.rows.cols} | found
        if any(source.rows.gone for source in given):
            binding.murky[id(then)] = "not all columns of the target are known"
    return list(found.items())


_ADAPTERS: dict[type[exp.Expr], Callable[[exp.Expr, Scope, Binding], Written | None]] = {
    exp.Create: _create, exp.Insert: _insert, exp.Update: _update, exp.Delete: _delete, exp.Merge: _merge,
    exp.Copy: _inner, exp.Describe: _inner, exp.Cache: _inner,
}  # fmt: skip
