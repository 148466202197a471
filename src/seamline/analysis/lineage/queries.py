"""What a query gives: SELECT, set operations, CTEs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest

from sqlglot import exp

from seamline.analysis.lineage.binding import Binding, elsewhere
from seamline.analysis.lineage.columns import NONE, Col, Named, Refs, Rows, Scope, union
from seamline.analysis.lineage.outputs import outputs
from seamline.analysis.lineage.relations import from_clause, renamed, values
from seamline.analysis.lineage.terms import trace

# These never look into a CTE that nothing uses; the others bind it all the same.
_LAZY = frozenset({"duckdb", "clickhouse", "sqlite"})
# A CTE may read itself without the word RECURSIVE.
_RECURSIVE_ANYWAY = frozenset({"tsql", "fabric", "oracle", "snowflake", "teradata"})


def query(node: exp.Expr, outer: Scope, binding: Binding) -> Rows:
    """The columns of any query. `outer`: what it can see from where it stands."""
    if isinstance(node, exp.Select):
        return _select(node, outer, binding)
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, outer, binding)
    if isinstance(node, exp.Values):
        return values(node, outer, binding)
    if isinstance(node, exp.Subquery) and _plain(node):
        return _in_brackets(node, outer, binding)
    return _star_over(node, outer, binding)


def _plain(node: exp.Subquery) -> bool:
    """Nothing but a query in brackets: no joins, no pivots inside them."""
    return isinstance(node.this, exp.Query | exp.Values) and not (
        node.args.get("joins") or node.args.get("pivots")
    )


def _in_brackets(node: exp.Subquery, outer: Scope, binding: Binding) -> Rows:
    common = with_clause(node, outer, binding)
    inner = _within(outer, common)
    rows = query(node.this, inner, binding)
    _finish(common, binding)
    return _ordered(node, rows, inner, binding)


def _within(outer: Scope, common: Mapping[str, Named]) -> Scope:
    """The same place, with CTEs in sight that were not."""
    if common is outer.queries:
        return outer
    scope = Scope(outer.parent, common)
    scope.sources, scope.aliases, scope.merged = outer.sources, outer.aliases, outer.merged
    scope.indirect = outer.indirect
    return scope


def _star_over(node: exp.Expr, outer: Scope, binding: Binding) -> Rows:
    """A table, a join or a pivot that stands where a query may: all its columns."""
    scope = Scope(outer, outer.queries)
    from_clause(node, scope, binding)
    cols = [col for source in scope.sources for col in source.rows.cols if col.name not in source.hidden]
    rows = [source.rows for source in scope.sources]
    absorbs = [r.absorbs for r in rows if r.absorbs is not None]
    return Rows(
        cols,
        open=tuple(dict.fromkeys(relation for r in rows for relation in r.open)),
        absorbs=union(absorbs) if absorbs else None,
        gone=frozenset().union(*(r.gone for r in rows)),
        indirect=frozenset(scope.indirect),
    )


# -- SELECT -----------------------------------------------------------------------------


def _select(node: exp.Select, outer: Scope, binding: Binding) -> Rows:
    args = node.args
    common = with_clause(node, outer, binding)
    scope = Scope(outer, common)
    scope.select = node
    from_clause(node, scope, binding)
    out = outputs(node, scope, binding)
    for clause in ("prewhere", "where", "having", "qualify", "connect"):
        if args.get(clause) is not None:
            scope.indirect |= trace(args[clause], scope, binding)
    for window in args.get("windows") or ():
        scope.indirect |= trace(window, scope, binding)
    on = _distinct_on(node)
    if on is not None:
        scope.indirect |= trace(on, scope, binding)
    if args.get("match") is not None:
        binding.murky_always = "MATCH_RECOGNIZE can't be read"
    rows = out.rows()
    if args.get("group") is not None:
        _group(args["group"], node, rows, scope, binding)
    rows = _ordered(node, rows, scope, binding)
    _finish(common, binding)
    rows.indirect |= scope.indirect
    return rows


def _group(group: exp.Expr, node: exp.Select, rows: Rows, scope: Scope, binding: Binding) -> None:
    """Grouping keys, those of GROUP BY ALL too, decide which rows come out."""
    if group.args.get("all"):
        for item in node.expressions:
            if not _sums_up(item, scope, binding):
                scope.indirect |= trace(item, scope, binding)
    for name in ("expressions", "grouping_sets", "cube", "rollup"):
        keys = group.args.get(name)
        for key in keys if isinstance(keys, list) else ():
            place = _by_ordinal(key, rows, binding)
            scope.indirect |= place.direct if place is not None else trace(key, scope, binding)


def _sums_up(item: exp.Expr, scope: Scope, binding: Binding) -> bool:
    """An aggregate, by its own text or by an alias that it uses."""
    if item.find(exp.AggFunc) is not None:
        return True
    aliases = (scope.made.get(binding.folded(found.this)) for found in item.find_all(exp.Column))
    return any(made is not None and made.find(exp.AggFunc) is not None for made in aliases)


def _by_ordinal(key: exp.Expr, rows: Rows, binding: Binding) -> Col | None:
    """The column that a number in GROUP BY or ORDER BY means, None for what is no number."""
    if not isinstance(key, exp.Literal) or key.args.get("is_string") or not key.this.isdigit():
        return None
    place = int(key.this)
    binding.count(rows)
    if 0 < place <= len(rows.cols):
        return rows.cols[place - 1]
    binding.faults[id(key)] = f"there is no column {place}"
    return Col("")


def _ordered(node: exp.Expr, rows: Rows, scope: Scope, binding: Binding) -> Rows:
    """The same rows. What they are ordered by decides which come out only where there is a limit."""
    limited = False
    for clause in ("limit", "offset"):
        if node.args.get(clause) is not None:
            limited = True
            scope.indirect |= trace(node.args[clause], scope, binding)
    keys: set[tuple[str, str]] = set()
    for clause in ("order", "sort", "cluster", "distribute"):
        part = node.args.get(clause)
        for item in part.expressions if part is not None else ():
            keys |= _order_key(item, rows, scope, binding)
    if limited or _distinct_on(node) is not None:
        rows.indirect |= keys
    return rows


def _distinct_on(node: exp.Expr) -> exp.Expr | None:
    distinct = node.args.get("distinct")
    return distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None


def _order_key(item: exp.Expr, rows: Rows, scope: Scope, binding: Binding) -> Refs:
    """What a key of ORDER BY is made of. A name there means a column that comes out, before any other."""
    key = item.this if isinstance(item, exp.Ordered) else item
    col = _by_ordinal(key, rows, binding)
    if col is None and isinstance(key, exp.Column) and not key.args.get("table"):
        name = binding.folded(key.this)
        named = [c for c in rows.cols if c.name == name]
        if named:
            col = named[0]
            others = any(source.find(name) not in (None, col) for source in scope.sources)
            binding.use(col, sure=len(named) == 1 and not others and not elsewhere(name, scope, col))
    return col.direct if col is not None else frozenset(trace(key, scope, binding))


# -- set operations -----------------------------------------------------------------------


def _set_operation(node: exp.SetOperation, outer: Scope, binding: Binding) -> Rows:
    """Arms are taken from the left, however many there are, without going deeper for each."""
    chain: list[exp.SetOperation] = []
    common: list[Mapping[str, Named]] = []
    inner, at = outer, node
    while True:
        chain.append(at)
        common.append(with_clause(at, inner, binding))
        inner = _within(inner, common[-1])
        if not isinstance(at.this, exp.SetOperation):
            break
        at = at.this
    arms = _Arms(query(at.this, inner, binding), binding)
    for operation in reversed(chain):
        arms.add(operation, query(operation.expression, inner, binding))
    rows = arms.rows()
    above = Scope(outer.parent, inner.queries)
    rows = _ordered(node, rows, _offering(rows, above), binding)
    for queries in common:
        _finish(queries, binding)
    return rows


def _offering(rows: Rows, scope: Scope) -> Scope:
    """Where the ORDER BY of a set operation looks names up: among what comes out."""
    scope.aliases = {col.name: Col(col.name, col.direct) for col in rows.cols}
    return scope


class _Arms:
    """The arms of a chain of set operations, put together one by one."""

    def __init__(self, first: Rows, binding: Binding) -> None:
        self._binding = binding
        self._names = [col.name for col in first.cols]
        self._direct = [set(col.direct) for col in first.cols]
        self._passes: list[set[tuple[str, str]] | None] = [
            set(c.passes) if c.passes else None for c in first.cols
        ]
        self._open = dict.fromkeys(first.open)
        self._absorbs = first.absorbs
        self._gone = first.gone
        self._indirect = set(first.indirect)
        self._first = first

    def add(self, operation: exp.SetOperation, rows: Rows) -> None:
        """One more arm on the right."""
        self._indirect |= rows.indirect
        self._gone |= rows.gone
        if isinstance(operation, exp.Except):
            self._indirect |= union(col.direct for col in rows.cols)
        else:
            self._open.update(dict.fromkeys(rows.open))
            if rows.absorbs is not None:
                self._absorbs = (self._absorbs or NONE) | rows.absorbs
        by_name = bool(operation.args.get("by_name"))
        if not by_name or (self._binding.dialect == "bigquery" and not operation.args.get("side")):
            self._fixed(operation, rows)
        if by_name:
            self._by_name(operation, rows)
        elif not isinstance(operation, exp.Except):
            for place, col in enumerate(rows.cols[: len(self._names)]):
                self._merge(place, col)

    def _fixed(self, operation: exp.Expr, rows: Rows) -> None:
        """All arms have as many columns: none can lose one alone."""
        self._binding.shapes[id(operation)] = (len(self._names), len(rows.cols))
        self._binding.count(rows)
        if self._first is not None:
            self._binding.count(self._first)

    def _by_name(self, operation: exp.Expr, rows: Rows) -> None:
        places = {name: place for place, name in enumerate(self._names)}
        kept = not isinstance(operation, exp.Except) and operation.args.get("kind") != "INNER"
        for col in rows.cols:
            if col.name in places:
                if not isinstance(operation, exp.Except):
                    self._merge(places[col.name], col)
            elif kept and operation.args.get("side") != "LEFT":
                self._names.append(col.name)
                self._direct.append(set(col.direct))
                self._passes.append(set(col.passes) if col.passes else None)

    def _merge(self, place: int, col: Col) -> None:
        self._direct[place] |= col.direct
        passes = self._passes[place]
        if passes is not None and col.passes:
            passes |= col.passes
        else:
            self._passes[place] = None

    def rows(self) -> Rows:
        """What comes out."""
        cols = [
            Col(name, frozenset(direct), frozenset(passes or ()))
            for name, direct, passes in zip_longest(self._names, self._direct, self._passes)
        ]
        return Rows(
            cols,
            open=tuple(self._open),
            absorbs=self._absorbs,
            gone=self._gone,
            indirect=frozenset(self._indirect),
        )


# -- WITH ---------------------------------------------------------------------------------


def with_clause(node: exp.Expr, outer: Scope, binding: Binding) -> Mapping[str, Named]:
    """The queries in sight below a WITH: each sees those before it, a recursive one itself too."""
    clause = node.args.get("with_")
    if clause is None:
        return outer.queries
    queries = dict(outer.queries)
    for item in clause.expressions:
        if item.args.get("scalar"):
            col = Col(binding.folded(item.args.get("alias")), frozenset(trace(item.this, outer, binding)))
            outer.aliases[col.name] = col
            continue
        common = _Common(item, Scope(outer, dict(queries)), binding)
        if clause.args.get("recursive") or binding.dialect in _RECURSIVE_ANYWAY:
            common.sees_itself()
        queries[common.name] = common
    return queries


def _finish(queries: Mapping[str, Named], binding: Binding) -> None:
    """What nothing has used is bound all the same, by the engines that do so."""
    if binding.dialect not in _LAZY:
        for common in queries.values():
            common.rows()


class _Common:
    """A CTE, read when first used. What is not used decides nothing, but may fail to bind."""

    def __init__(self, node: exp.Expr, scope: Scope, binding: Binding) -> None:
        self.name = binding.folded(node.args.get("alias"))
        self._node = node
        self._scope = scope
        self._binding = binding
        self._rows: Rows | None = None
        self._recursive = False

    def sees_itself(self) -> None:
        """It may read itself in the right arm of a set operation."""
        self._recursive = isinstance(self._node.this, exp.SetOperation)

    def rows(self) -> Rows:
        """Its columns."""
        if self._rows is None:
            self._rows = Rows(
                []
            )  # what it is while it is being read: a cycle that no engine allows ends here
            self._rows = self._read()
        return self._rows

    def _read(self) -> Rows:
        node = self._node.this
        if not self._recursive:
            return self._renamed(self._binding.query(node, self._scope))
        first = node
        while isinstance(first, exp.SetOperation):
            first = first.this
        around = _within(self._scope, with_clause(node, self._scope, self._binding))
        self._rows = self._renamed(self._binding.query(first, around))
        self._scope.queries = {**self._scope.queries, self.name: self}
        # Once for what the steps add to the first rows, once more for what that adds in turn.
        self._rows = self._renamed(self._binding.query(node, self._scope))
        return self._renamed(self._binding.query(node, self._scope))

    def _renamed(self, rows: Rows) -> Rows:
        return renamed(rows, self._node.args.get("alias"), self._binding, common=True)
