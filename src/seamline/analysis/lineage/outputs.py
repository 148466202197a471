"""The SELECT list: what comes out, star by star and name by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from seamline.analysis.lineage.binding import Binding
from seamline.analysis.lineage.columns import NONE, Col, Refs, Rows, Scope, Source, union
from seamline.analysis.lineage.terms import member, plain, starred, trace

# EXCEPT, REPLACE and RENAME of a column that isn't there are an error, but for these.
_LENIENT_EXCEPT = frozenset({"clickhouse"})
_LENIENT_RENAME = frozenset({"clickhouse", "duckdb"})
_MERGED_IN_PLACE = frozenset({"duckdb", "clickhouse"})  # elsewhere a star gives a USING join's columns first
_REPLACES_ONCE = frozenset({"duckdb"})  # of several columns of that name only the first comes out
_ALIASES_ANYWHERE = frozenset({"clickhouse"})  # an alias may be used before it is given
_BARE_FUNCTIONS = frozenset({"postgres", "redshift", "materialize", "risingwave"})


class Outputs:
    """A SELECT list, as far as it has been read."""

    def __init__(self) -> None:
        self.cols: list[Col] = []
        self.open: dict[str, None] = {}
        self.absorbs: Refs | None = None
        self.gone: set[str] = set()

    def rows(self) -> Rows:
        """What the query gives, before anything is known of what decides on its rows."""
        gone = frozenset(self.gone)
        return Rows(self.cols, open=tuple(self.open), absorbs=self.absorbs, gone=gone)

    def further(self, rows: Rows) -> None:
        """A star took in what is not known of these rows."""
        self.open.update(dict.fromkeys(rows.open))
        if rows.absorbs is not None:
            self.absorbs = (self.absorbs or NONE) | rows.absorbs


def outputs(node: exp.Expr, scope: Scope, binding: Binding) -> Outputs:
    """Read the SELECT list; its aliases are in scope from then on, each for those after it too."""
    if binding.dialect in _ALIASES_ANYWHERE:
        known = dict(binding.missing)
        _listed(node, scope, binding)
        binding.missing = known
    out = _listed(node, scope, binding)
    left_out = node.args.get("exclude")
    if left_out:
        _leave_out(left_out, out, binding)
    return out


def _listed(node: exp.Expr, scope: Scope, binding: Binding) -> Outputs:
    out = Outputs()
    for item in node.expressions:
        _take(item, out, scope, binding)
    return out


def _take(item: exp.Expr, out: Outputs, scope: Scope, binding: Binding) -> None:
    kind = type(item)
    if kind is exp.Column and type(item.this) is not exp.Star:
        col = member(item, scope, binding) or Col("")
        out.cols.append(Col(binding.folded(item.this) or col.name, col.direct, NONE, col.fields))
    elif kind is exp.Star or (kind is exp.Column and type(item.this) is exp.Star):
        _star(item, out, scope, binding)
    elif kind is exp.Alias:
        _alias(item, out, scope, binding)
    elif kind is exp.Aliases:
        direct = frozenset(trace(item.this, scope, binding))
        out.cols += [Col(binding.folded(name), direct) for name in item.expressions]
    else:
        _unnamed(item, out, scope, binding)


def _alias(item: exp.Expr, out: Outputs, scope: Scope, binding: Binding) -> None:
    name = binding.folded(item.args.get("alias"))
    if _over_columns(item.this, out, scope, binding, name):
        return
    inner = member(item.this, scope, binding)
    if inner is not None:
        col = Col(name, inner.direct, NONE, inner.fields)
    else:
        col = Col(name, frozenset(trace(item.this, scope, binding)))
    out.cols.append(col)
    same = type(item.this) is exp.Column and binding.folded(item.this.this) == name
    if not same and scope.aliases.setdefault(name, col) is col:
        scope.made[name] = item.this


def _unnamed(item: exp.Expr, out: Outputs, scope: Scope, binding: Binding) -> None:
    if _over_columns(item, out, scope, binding, "") or _over_row(item, out, scope, binding):
        return
    inner = member(item, scope, binding)
    direct = inner.direct if inner is not None else frozenset(trace(item, scope, binding))
    out.cols.append(
        Col(
            (inner.name if inner else "") or _name(item, binding),
            direct,
            NONE,
            inner.fields if inner else None,
        )
    )


def _name(item: exp.Expr, binding: Binding) -> str:
    """What an expression without alias is called: by PostgreSQL after its function, else by its text."""
    while isinstance(item, exp.Paren | exp.Bracket | exp.Cast) and (
        binding.dialect in _BARE_FUNCTIONS or not isinstance(item, exp.Cast)
    ):
        item = item.this
    if isinstance(item, exp.Column | exp.Dot):
        return binding.folded(item.this if isinstance(item, exp.Column) else item.expression)
    if binding.dialect in _BARE_FUNCTIONS:
        if isinstance(item, exp.Window):
            item = item.this
        return item.sql_name().lower() if isinstance(item, exp.Func) else "?column?"
    if isinstance(item, exp.Count) and isinstance(item.this, exp.Star):
        return "count_star()"
    return item.sql(binding.dialect or None).lower() if not isinstance(item, exp.Subquery) else "(subquery)"


# -- stars ---------------------------------------------------------------------------


def _star(item: exp.Expr, out: Outputs, scope: Scope, binding: Binding) -> None:
    """`*` or `t.*`, without what EXCEPT names, with what REPLACE and RENAME say."""
    star = item if isinstance(item, exp.Star) else item.this
    if star is not item and _struct_star(item, out, scope, binding):
        return
    sources = starred(item, scope, binding)
    modified = any(star.args.values())
    skipped: frozenset[str | Col] = _skipped(star, sources, scope, binding) if modified else frozenset()
    replaced = _replaced(star, sources, scope, binding) if modified else {}
    renamed = _renamed(star, sources, binding) if modified else {}
    like = _pattern(star.args.get("ilike"), binding) if modified else None
    done: set[str] = set()
    for col in _cols(sources, scope, binding, qualified=star is not item):
        if col.name in skipped or col in skipped or (like is not None and not like(col.name)):
            continue
        if col.name in replaced:
            if col.name not in done or binding.dialect not in _REPLACES_ONCE:
                out.cols.append(replaced[col.name])
            done.add(col.name)
        else:
            out.cols.append(col.called(renamed.get(col.name, col.name)))
    for source in sources:
        out.further(source.rows)
        binding.stars.update(source.rows.open)
        out.gone |= {name for name in source.rows.gone if name not in skipped}


def _cols(sources: Sequence[Source], scope: Scope, binding: Binding, *, qualified: bool) -> list[Col]:
    if qualified or not scope.merged:
        return [col for source in sources for col in source.rows.cols]
    rest: list[Col] = []
    seen: set[str] = set()
    in_place = binding.dialect in _MERGED_IN_PLACE
    for source in sources:
        for col in source.rows.cols:
            merged = scope.merged.get(col.name)
            if merged is None:
                rest.append(col)
            elif col.name not in seen and in_place:
                rest.append(merged)
            elif col.name in seen and col.name not in source.hidden:
                rest.append(col)
            seen.add(col.name)
    return rest if in_place else [*scope.merged.values(), *rest]


def _named(
    name: str, item: exp.Expr, sources: Sequence[Source], binding: Binding, *, lenient: bool = False
) -> Col | None:
    """The column that EXCEPT, REPLACE or RENAME names, noted as needed unless the dialect lets it be missing."""
    found = [col for source in sources if (col := source.find(name)) is not None]
    if found:
        if not lenient and all(col.passes for col in found):  # any of them will do
            binding.use(Col(name, NONE, union(col.passes for col in found)), sure=len(found) == 1)
        return found[0]
    if not lenient:
        inner = Scope(None, {})
        inner.sources = list(sources)
        binding.lookup(name, inner, item)
    return None


def _skipped(
    star: exp.Expr, sources: Sequence[Source], scope: Scope, binding: Binding
) -> frozenset[str | Col]:
    """What EXCEPT leaves out: names, and the columns that are named with their table."""
    found: set[str | Col] = set()
    lenient = binding.dialect in _LENIENT_EXCEPT
    for item in star.args.get("except_") or []:
        name = binding.folded(item)
        if isinstance(item, exp.Column) and item.args.get("table"):
            col = _named(name, item, starred(item, scope, binding), binding, lenient=lenient)
            found |= {col} if col is not None else set()
        else:
            found.add(name)
            if name not in scope.merged:
                _named(name, item, sources, binding, lenient=lenient)
    return frozenset(found)


def _replaced(star: exp.Expr, sources: Sequence[Source], scope: Scope, binding: Binding) -> dict[str, Col]:
    found: dict[str, Col] = {}
    for item in star.args.get("replace") or []:
        name = binding.folded(item.args.get("alias"))
        _named(name, item, sources, binding, lenient=binding.dialect in _LENIENT_EXCEPT)
        found[name] = Col(name, frozenset(trace(item.this, scope, binding)))
    return found


def _renamed(star: exp.Expr, sources: Sequence[Source], binding: Binding) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in star.args.get("rename") or []:
        name = binding.folded(item.this)
        _named(name, item, sources, binding, lenient=binding.dialect in _LENIENT_RENAME)
        found[name] = binding.folded(item.args.get("alias"))
    return found


def _leave_out(items: object, out: Outputs, binding: Binding) -> None:
    """Redshift's EXCLUDE after the whole list."""
    listed = items if isinstance(items, list) else getattr(items, "expressions", [])
    source = Source("", Rows(out.cols, open=tuple(out.open), gone=frozenset(out.gone)))
    names = {binding.folded(item) for item in listed}
    for item in listed:
        _named(binding.folded(item), item, [source], binding)
    out.cols = [col for col in out.cols if col.name not in names]
    out.gone -= names


def _struct_star(item: exp.Expr, out: Outputs, scope: Scope, binding: Binding) -> bool:
    """`s.*` where s is a column: its members come out."""
    table = item.args.get("table")
    if table is None or item.args.get("db") or scope.source((binding.folded(table),)):
        return False
    col = plain(binding.folded(table), scope, item, binding)
    if col is None or id(item) in binding.missing:
        return False
    _members(col, out)
    return True


def _members(col: Col, out: Outputs) -> None:
    if col.fields is None:
        out.absorbs = (out.absorbs or NONE) | col.direct
    else:
        out.cols += [field.called(name) for name, field in col.fields.items()]


def _over_row(item: exp.Expr, out: Outputs, scope: Scope, binding: Binding) -> bool:
    """`unnest(t)` and `(t).*`: the members of a row or struct, each a column."""
    star = isinstance(item, exp.Dot) and isinstance(item.expression, exp.Star)
    if not star and not (isinstance(item, exp.Explode | exp.Unnest) and binding.dialect == "duckdb"):
        return False
    inner = item.this if item.this is not None else next(iter(item.expressions), None)
    col = member(inner, scope, binding) if inner is not None else None
    if col is None or (col.fields is None and not star):
        return False
    _members(col, out)
    return True


# -- an expression over several columns at once -----------------------------------------


def _over_columns(item: exp.Expr, out: Outputs, scope: Scope, binding: Binding, alias: str) -> bool:
    """`COLUMNS(...)`, `* LIKE '...'`: the expression comes out once for each column that fits."""
    if not binding.has_columns and not isinstance(item, exp.Like | exp.ILike | exp.Glob | exp.SimilarTo):
        return False
    chosen = item.find(exp.Columns) if binding.has_columns else item.find(exp.Star)
    if chosen is None or (isinstance(chosen, exp.Columns) and chosen.args.get("unpack")):
        return False
    if isinstance(chosen, exp.Star) and chosen is not item.this:
        return False
    cols = fitting(chosen if isinstance(chosen, exp.Columns) else item, scope, binding)
    rest: frozenset[tuple[str, str]] = NONE
    if isinstance(chosen, exp.Columns) and chosen is not item:
        rest = frozenset(_beside(item, chosen, scope, binding))
    if cols is None:
        out.absorbs = (out.absorbs or NONE) | union(c.direct for s in scope.sources for c in s.rows.cols)
        return True
    for col in cols:
        out.cols.append(Col(alias or col.name, col.direct | rest, col.passes))
    for source in scope.sources:
        out.further(source.rows)
        out.gone |= source.rows.gone
    return True


def _beside(item: exp.Expr, chosen: exp.Expr, scope: Scope, binding: Binding) -> Refs:
    """What the expression is made of, but for the columns chosen."""
    found = [node for node in item.find_all(exp.Column) if node.find_ancestor(exp.Columns) is not chosen]
    return union(frozenset(trace(node, scope, binding)) for node in found)


def fitting(node: exp.Expr, scope: Scope, binding: Binding) -> list[Col] | None:
    """The columns that COLUMNS(...) or `* LIKE` means; None where only the engine can tell."""
    choice = node.this
    if isinstance(choice, exp.Star) and isinstance(node, exp.Columns):
        inner = Outputs()
        _star(choice, inner, scope, binding)
        return inner.cols
    cols = _cols(scope.sources, scope, binding, qualified=False)
    for source in scope.sources:
        binding.count(source.rows)
    if isinstance(choice, exp.Array | exp.Tuple):
        named = [_named(binding.folded(i.name), i, scope.sources, binding) for i in choice.expressions]
        return [col for col in named if col is not None]
    fits = _pattern(choice if isinstance(node, exp.Columns) else node, binding)
    if fits is None:
        if any(source.rows.gone for source in scope.sources):
            binding.murky[id(node)] = "COLUMNS(...) chooses by what only the engine can work out"
        return None
    chosen = [col for col in cols if fits(col.name)]
    if not chosen and all(source.rows.complete for source in scope.sources):
        binding.faults[id(node)] = "COLUMNS(...) finds no column"
    return chosen


def _pattern(node: exp.Expr | None, binding: Binding) -> Callable[[str], bool] | None:
    """A test of names out of a pattern: a regular expression, or one of LIKE, ILIKE, GLOB, SIMILAR TO."""
    literal = node if isinstance(node, exp.Literal) else node.args.get("expression") if node else None
    if not isinstance(literal, exp.Literal):
        return None
    text, flags = literal.this, 0
    if isinstance(node, exp.Like | exp.ILike) or (node is literal and binding.dialect == "snowflake"):
        text = "".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in text) + r"\Z"
        flags = 0 if isinstance(node, exp.Like) else re.IGNORECASE
    elif isinstance(node, exp.Glob):
        text = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in text) + r"\Z"
    try:
        pattern = re.compile(text, flags)
    except re.error:
        return None
    whole = not isinstance(node, exp.Literal) or binding.dialect == "snowflake"
    return lambda name: bool(pattern.match(name) if whole else pattern.search(name))
