"""What a FROM clause offers to names: relations, queries, functions, joins."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from seamline.analysis.lineage.binding import Binding
from seamline.analysis.lineage.columns import NONE, Col, Refs, Rows, Scope, Source, union
from seamline.analysis.lineage.pivots import pivoted, pivoted_statement
from seamline.analysis.lineage.terms import trace

# A query in FROM sees what stands to its left, without the word LATERAL.
_LATERAL_ANYWAY = frozenset({"duckdb"})
_TELLS_APART = frozenset({"duckdb"})
_LENIENT_NAMES = frozenset({"duckdb"})  # a CTE may be given more names than it has columns


def from_clause(node: exp.Expr, scope: Scope, binding: Binding) -> None:
    """Put into scope all that a SELECT reads from; or one item of a FROM that stands for itself."""
    first = node.args.get("from_")
    if first is not None:
        _item(first.this, scope, binding)
    elif not isinstance(node, exp.Select):
        _item(node, scope, binding)
        return
    for lateral in node.args.get("laterals") or ():
        _item(lateral, scope, binding)
    for join in node.args.get("joins") or ():
        _join(join, scope, binding)


def joined(node: exp.Expr, scope: Scope, binding: Binding) -> None:
    """Put one more item, or a join, beside what is in scope already."""
    if isinstance(node, exp.Join):
        _join(node, scope, binding)
    else:
        _item(node, scope, binding)


# -- one item ------------------------------------------------------------------------------


def _item(node: exp.Expr, scope: Scope, binding: Binding) -> list[Source]:
    """Put one item of FROM into scope, with the joins and pivots that hang on it."""
    before = len(scope.sources)
    if isinstance(node, exp.Subquery) and _brackets(node):
        _bracketed(node, scope, binding)
    else:
        scope.sources.append(_source(node, scope, binding))
    for join in node.args.get("joins") or ():
        _join(join, scope, binding)
    added = scope.sources[before:]
    for source in added:
        scope.indirect |= source.rows.indirect
    return added


def _brackets(node: exp.Subquery) -> bool:
    """Brackets around tables and joins, not around a query."""
    return isinstance(node.this, exp.Table | exp.Subquery) and not isinstance(node.this, exp.Select)


def _bracketed(node: exp.Subquery, scope: Scope, binding: Binding) -> None:
    alias = node.args.get("alias")
    if alias is None and not node.args.get("pivots"):
        _item(node.this, scope, binding)
        return
    rows = binding.query(node.this, Scope(scope, scope.queries))
    scope.sources.append(_aliased(node, rows, scope, binding))


def _source(node: exp.Expr, scope: Scope, binding: Binding) -> Source:
    if isinstance(node, exp.Final):  # ClickHouse: FROM t FINAL
        node = node.this
    if isinstance(node, exp.Table):
        return _table(node, scope, binding)
    if isinstance(node, exp.Subquery):
        seen = scope if binding.dialect in _LATERAL_ANYWAY else _outside(scope)
        if isinstance(node.this, exp.Pivot):
            return _aliased(node, pivoted_statement(node.this, _rows_of, scope, binding), scope, binding)
        return _aliased(node, binding.query(_with(node), seen), scope, binding)
    if isinstance(node, exp.Lateral):
        return _lateral(node, scope, binding)
    if isinstance(node, exp.Values):
        return _aliased(node, values(node, scope, binding), scope, binding)
    if isinstance(node, exp.Pivot):
        return _aliased(node, pivoted_statement(node, _rows_of, scope, binding), scope, binding)
    if isinstance(node, exp.Alias):  # ClickHouse: ARRAY JOIN tags AS tag
        direct = frozenset(trace(node.this, scope, binding))
        scope.indirect |= direct
        return Source("", Rows([Col(binding.folded(node.args.get("alias")), direct)]))
    return _function(node, node, scope, binding)


def _with(node: exp.Subquery) -> exp.Expr:
    """The query in the brackets; the brackets themselves where a WITH, ORDER BY or LIMIT hangs on them."""
    hangs = any(node.args.get(part) is not None for part in ("with_", "order", "limit", "offset"))
    return node if hangs and not node.args.get("joins") else node.this


def _outside(scope: Scope) -> Scope:
    """What a query in FROM sees: what is around the SELECT, and the CTEs."""
    return Scope(scope.parent, scope.queries)


def _rows_of(node: exp.Expr, scope: Scope, binding: Binding) -> Rows:
    """The rows that a PIVOT statement works on."""
    inner = Scope(scope, scope.queries)
    sources = _item(node, inner, binding)
    scope.indirect |= inner.indirect
    return sources[0].rows if len(sources) == 1 else _merged(sources)


def _merged(sources: Iterable[Source]) -> Rows:
    cols = [col for source in sources for col in source.rows.cols]
    return Rows(cols, open=tuple(relation for source in sources for relation in source.rows.open))


def _table(node: exp.Table, scope: Scope, binding: Binding) -> Source:
    if not isinstance(node.this, exp.Identifier):
        return _function(node.this, node, scope, binding)
    parts = [part for part in (node.args.get("catalog"), node.args.get("db"), node.this) if part]
    path = tuple(binding.folded(part) for part in parts)
    common = scope.queries.get(path[0]) if len(path) == 1 else None
    rows = common.rows() if common is not None else binding.table(node)
    source = _aliased(node, rows, scope, binding)
    if not source.name:
        source.name = path[-1]
    source.path = path
    for lateral in node.args.get("laterals") or ():
        scope.sources.append(source)
        extra = _source(lateral, scope, binding)
        scope.sources.pop()
        source = Source(source.name, _merged((source, extra)), path)
    return source


def _aliased(node: exp.Expr, rows: Rows, scope: Scope, binding: Binding) -> Source:
    """The source under its alias, its columns named and pivoted as it says."""
    alias = node.args.get("alias")
    pivots = node.args.get("pivots") or ()
    name = binding.folded(alias.this) if alias is not None and alias.this is not None else ""
    if not pivots:
        return Source(name, renamed(rows, alias, binding))
    for pivot in pivots:
        rows = pivoted(pivot, Source(name, rows), scope, binding)
        last = pivot.args.get("alias")
        if last is not None:
            name = binding.folded(last.this)
            rows = renamed(rows, last, binding)
    return Source(name, rows)


def renamed(rows: Rows, alias: exp.Expr | None, binding: Binding, *, common: bool = False) -> Rows:
    """The same rows, their first columns called as an alias lists them: `t(a, b)`."""
    listed = alias.args.get("columns") if alias is not None else None
    if alias is None or not listed:
        return told_apart(rows, binding)
    named = listed_as(rows, [binding.folded(item) for item in listed], alias, binding, common=common)
    return told_apart(named, binding)


def told_apart(rows: Rows, binding: Binding) -> Rows:
    """The same rows, no two columns of one name, by the engines that see to it: the second is called name_1."""
    if binding.dialect not in _TELLS_APART or len({col.name for col in rows.cols}) == len(rows.cols):
        return rows
    groups: dict[str, list[Col]] = {}
    for col in rows.cols:
        groups.setdefault(col.name, []).append(col)
    counts: dict[str, int] = {}
    place: dict[str, int] = {}
    found: list[Col] = []
    for col in rows.cols:
        group, n = groups[col.name], place.get(col.name, 0)
        place[col.name] = n + 1
        named = Col(_numbered(col.name, counts), col.direct, _kept_by(group, n), col.fields)
        binding.counted |= named.passes if len(group) > 1 else NONE
        found.append(named)
    return rows.with_cols(found)


def _kept_by(group: list[Col], n: int) -> Refs:
    """What the n-th column of one name is there by: when one before it goes, it takes that one's name."""
    if sum(not col.passes for col in group) > n:
        return NONE
    return union(col.passes for col in group)


def _numbered(name: str, counts: dict[str, int]) -> str:
    """The name if it is new, else with the first number that makes it so."""
    if name not in counts:
        counts[name] = 0
        return name
    while (numbered := f"{name}_{counts[name] + 1}") in counts:
        counts[name] += 1
    counts[name] += 1
    counts[numbered] = 0
    return numbered


def listed_as(rows: Rows, names: list[str], at: exp.Expr, binding: Binding, *, common: bool = False) -> Rows:
    """The same rows, their first columns called so. `at`: the node that says it."""
    binding.count(rows)
    cols = [Col(name, col.direct, NONE, col.fields) for col, name in zip(rows.cols, names, strict=False)]
    missing = names[len(cols) :]
    if missing and not (common and binding.dialect in _LENIENT_NAMES):
        if rows.complete:
            binding.faults[id(at)] = f"{len(names)} names for {len(rows.cols)} columns"
        elif rows.gone:
            binding.murky[id(at)] = "names are given by position to columns that are not all known"
    absorbed = rows.absorbs if rows.absorbs is not None else NONE
    if not rows.complete:
        cols += [Col(name, absorbed) for name in missing]
    return rows.with_cols(cols + rows.cols[len(cols) :])


# -- functions and lists of values ---------------------------------------------------------


def values(node: exp.Expr, scope: Scope, binding: Binding) -> Rows:
    """A list of rows: the columns have the names that an alias gives, else col0, col1 ..."""
    direct: list[set[tuple[str, str]]] = []
    for row in node.expressions:
        items = row.expressions if isinstance(row, exp.Tuple) else [row]
        for place, item in enumerate(items):
            if place == len(direct):
                direct.append(set())
            if not isinstance(item, exp.Literal):
                direct[place] |= trace(item, scope, binding)
    first = 1 if binding.dialect in ("postgres", "snowflake", "trino", "spark", "databricks") else 0
    stem = {"duckdb": "col", "spark": "col", "databricks": "col", "trino": "_col"}.get(
        binding.dialect, "column"
    )
    return Rows([Col(f"{stem}{n + first}", frozenset(refs)) for n, refs in enumerate(direct)])


def _lateral(node: exp.Expr, scope: Scope, binding: Binding) -> Source:
    inner = node.this
    if isinstance(inner, exp.Subquery | exp.Query):
        return _aliased(node, binding.query(inner, scope), scope, binding)
    return _function(inner, node, scope, binding)


def _function(call: exp.Expr, node: exp.Expr, scope: Scope, binding: Binding) -> Source:
    """A table function: each column that it gives is made of all that it is given, and so is their number."""
    if isinstance(node, exp.TableFromRows):
        call = node.this
    rows = _given(call, binding)
    alias = node.args.get("alias")
    name = binding.folded(alias.this) if alias is not None and alias.this is not None else ""
    listed = [binding.folded(item) for item in (alias.args.get("columns") or ())] if alias is not None else []
    if rows is not None:
        return Source(name, renamed(rows, alias, binding))
    direct = frozenset(trace(call, scope, binding)) if not isinstance(call, exp.Identifier) else NONE
    scope.indirect |= direct
    cols = [Col(column, direct) for column in listed] or ([Col(name, direct)] if name else [])
    for counter in (call.args.get("offset"), node.args.get("offset")):
        if isinstance(counter, exp.Identifier):
            cols.append(Col(binding.folded(counter)))
    loose: Refs | None = None if listed and binding.dialect != "bigquery" else direct
    return Source(name, Rows(cols, absorbs=loose))


def _given(call: exp.Expr, binding: Binding) -> Rows | None:
    """The columns of a function that passes on a relation it is given, None for others."""
    if isinstance(call, exp.Anonymous) and call.name.lower() == "query_table" and call.expressions:
        return binding.relation(call.expressions[0].name.lower())
    return None


# -- joins ----------------------------------------------------------------------------------


def _join(node: exp.Join, scope: Scope, binding: Binding) -> None:
    left = list(scope.sources)
    added = _item(node.this, scope, binding)
    for more in node.expressions:
        added += _item(more, scope, binding)
    if node.args.get("using"):
        _using(node, [binding.folded(item) for item in node.args["using"]], left, added, scope, binding)
    elif node.method.upper() == "NATURAL":
        _natural(node, left, added, scope, binding)
    for part in ("on", "match_condition"):
        if node.args.get(part) is not None:
            scope.indirect |= trace(node.args[part], scope, binding)
    if node.kind.upper() in ("SEMI", "ANTI") or node.side.upper() in ("SEMI", "ANTI"):
        scope.sources = left


def _using(
    node: exp.Join, names: list[str], left: list[Source], right: list[Source], scope: Scope, binding: Binding
) -> None:
    """Columns of one name on both sides become one: the left side's, or the right's where only that is kept whole."""
    before = Scope(None, {})
    before.sources, before.merged = left, scope.merged
    after = Scope(None, {})
    after.sources = right
    for name, item in zip(names, node.args.get("using") or [node] * len(names), strict=False):
        ours = binding.lookup(name, before, item)
        _merge(node, name, ours, binding.lookup(name, after, item), right, scope)


def _natural(node: exp.Join, left: list[Source], right: list[Source], scope: Scope, binding: Binding) -> None:
    """Joined by whatever names are common; a column that goes from one side is joined by no more."""
    sources = [*left, *right]
    for source in sources:
        binding.count(source.rows)
    if any(not source.rows.complete for source in sources) and any(source.rows.gone for source in sources):
        binding.murky[id(node)] = "a NATURAL JOIN of columns that are not all known"
    before, after = Scope(None, {}), Scope(None, {})
    before.sources, before.merged, after.sources = left, scope.merged, right
    common = [name for name in before.names() if after.here(name) is not None]
    if not common and binding.dialect == "duckdb":
        binding.faults[id(node)] = "NATURAL JOIN finds no common column"
    for name in common:
        _merge(node, name, before.here(name), after.here(name), right, scope)


def _merge(
    node: exp.Join, name: str, ours: Col | None, theirs: Col | None, right: list[Source], scope: Scope
) -> None:
    """Two columns become one."""
    left_refs, right_refs = ours.direct if ours else NONE, theirs.direct if theirs else NONE
    scope.indirect |= left_refs | right_refs
    for source in right:
        source.hidden.add(name)
    side = node.side.upper()
    kept = left_refs | right_refs if side == "FULL" else right_refs if side == "RIGHT" else left_refs
    passes = NONE
    if ours and theirs and ours.passes and theirs.passes and node.method.upper() == "NATURAL":
        passes = ours.passes | theirs.passes
    scope.merged[name] = Col(name, kept, passes)
