"""PIVOT and UNPIVOT: columns out of values, values out of columns.

What is neither pivoted nor aggregated is grouped by or handed on without being named: it goes without an error.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from seamline.analysis.lineage.binding import Binding
from seamline.analysis.lineage.columns import NONE, Col, Refs, Rows, Scope, Source, union
from seamline.analysis.lineage.outputs import fitting
from seamline.analysis.lineage.terms import column, trace

_RowsOf = Callable[[exp.Expr, Scope, Binding], Rows]


def pivoted_statement(node: exp.Pivot, rows_of: _RowsOf, scope: Scope, binding: Binding) -> Rows:
    """DuckDB's `PIVOT t ON ... USING ...` and `UNPIVOT t ON ... INTO ...`."""
    return pivoted(node, Source("", rows_of(node.this, scope, binding)), scope, binding)


def pivoted(node: exp.Pivot, source: Source, scope: Scope, binding: Binding) -> Rows:
    """The rows of one PIVOT or UNPIVOT over a source."""
    inner = Scope(scope.parent, scope.queries)
    inner.sources = [source]
    if node.args.get("unpivot"):
        rows = _long(node, source.rows, inner, binding)
    else:
        rows = _wide(node, source.rows, inner, binding)
    rows.indirect |= source.rows.indirect | inner.indirect
    return rows


def _wide(node: exp.Pivot, rows: Rows, scope: Scope, binding: Binding) -> Rows:
    statement = not node.args.get("fields")
    aggregates = (node.args.get("using") or []) if statement else node.expressions
    fields = node.expressions if statement else node.args["fields"]
    made = [frozenset(trace(item, scope, binding)) for item in aggregates]
    used = _names([*aggregates, *fields], binding)
    for field in fields:
        scope.indirect |= trace(field.this if isinstance(field, exp.In) else field, scope, binding)
    kept = _grouped(node, rows, used, scope, binding)
    names = _value_names(node, fields, aggregates, binding)
    if names is None:
        return Rows(kept, open=rows.open, absorbs=union(made), gone=rows.gone - used)
    cols = [Col(name, made[n % len(made)] if made else NONE) for n, name in enumerate(names)]
    grouped = bool(node.args.get("group"))
    return Rows(kept + cols, open=() if grouped else rows.open, absorbs=rows.absorbs, gone=rows.gone - used)


def _names(nodes: list[exp.Expr], binding: Binding) -> set[str]:
    return {binding.folded(found.this) for node in nodes for found in node.find_all(exp.Column)}


def _grouped(node: exp.Pivot, rows: Rows, used: set[str], scope: Scope, binding: Binding) -> list[Col]:
    """What the rows are grouped by: what GROUP BY names, else all that the pivot does not use."""
    group = node.args.get("group")
    if group is None:
        return [col for col in rows.cols if col.name not in used]
    found: list[Col] = []
    for item in group.expressions:
        col = column(item, scope, binding) if isinstance(item, exp.Column) else None
        direct = col.direct if col is not None else frozenset(trace(item, scope, binding))
        scope.indirect |= direct
        found.append(Col(binding.folded(item.this) if isinstance(item, exp.Column) else item.sql(), direct))
    return found


def _value_names(
    node: exp.Pivot, fields: list[exp.Expr], aggregates: list[exp.Expr], binding: Binding
) -> list[str] | None:
    """Names of the columns that values become, one per value and aggregate; None where only the data can tell."""
    given = node.args.get("columns")
    if given:
        return [binding.folded(item) for item in given]
    suffixes = [_suffix(item, len(aggregates), binding) for item in aggregates] or [""]
    names = [""]
    for field in fields:
        if not isinstance(field, exp.In) or not field.expressions or field.args.get("query"):
            return None
        values = [_value(item, binding) for item in field.expressions]
        if None in values:
            return None
        names = [f"{before}_{value}" if before else str(value) for before in names for value in values]
    return [name + suffix for name in names for suffix in suffixes]


def _suffix(item: exp.Expr, n: int, binding: Binding) -> str:
    if isinstance(item, exp.Alias):
        return "_" + binding.folded(item.args.get("alias"))
    return "_" + item.sql(binding.dialect or None).lower() if n > 1 else ""


def _value(item: exp.Expr, binding: Binding) -> str | None:
    if isinstance(item, exp.PivotAlias | exp.Alias):
        return binding.folded(item.args.get("alias"))
    return binding.folded(item.this) if isinstance(item, exp.Literal) else None


def _long(node: exp.Pivot, rows: Rows, scope: Scope, binding: Binding) -> Rows:
    """UNPIVOT: the name column comes of no value; a value column of all columns that it took the place of."""
    used: set[str] = set()
    groups: list[list[Refs]] = []
    for item in _unpivoted(node):
        cells = _cells(item, used, scope, binding)
        groups += [[cell] for cell in cells] if _several(item) else [cells]
    value_names, key_names = _long_names(node, binding)
    cols = [col for col in rows.cols if col.name not in used]
    cols += [Col(name) for name in key_names]
    for place, name in enumerate(value_names):
        cols.append(Col(name, union(group[place] for group in groups if place < len(group))))
    return Rows(cols, open=rows.open, absorbs=rows.absorbs, gone=rows.gone)


def _unpivoted(node: exp.Pivot) -> list[exp.Expr]:
    fields = node.args.get("fields")
    return [item for field in fields for item in field.expressions] if fields else node.expressions


def _several(item: exp.Expr) -> bool:
    """One item that stands for many columns, each a row of its own."""
    return item.find(exp.Columns, exp.Star) is not None


def _cells(item: exp.Expr, used: set[str], scope: Scope, binding: Binding) -> list[Refs]:
    """What one item of the list is made of, column by column."""
    inner = item.this if isinstance(item, exp.PivotAlias | exp.Alias) else item
    if isinstance(inner, exp.Columns):
        cols = fitting(inner, scope, binding)
        chosen = cols if cols is not None else scope.sources[0].rows.cols
        used |= {col.name for col in chosen}
        return [col.direct for col in chosen]
    if isinstance(inner, exp.Star):
        chosen = scope.sources[0].rows.cols
        used |= {col.name for col in chosen}
        return [col.direct for col in chosen]
    parts = inner.expressions if isinstance(inner, exp.Tuple) else [inner]
    used |= _names(parts, binding)
    return [frozenset(trace(part, scope, binding)) for part in parts]


def _long_names(node: exp.Pivot, binding: Binding) -> tuple[list[str], list[str]]:
    """Names of the value columns, and of the columns that say where a value stood."""
    into = node.args.get("into")
    if into is not None:
        return [binding.folded(item) for item in into.expressions], [binding.folded(into.this)]
    fields = node.args.get("fields")
    if not fields:
        return ["value"], ["name"]
    values = [
        binding.folded(part)
        for item in node.expressions
        for part in (item.expressions if isinstance(item, exp.Tuple) else [item])
    ]
    return values, [binding.folded(field.this) for field in fields]
