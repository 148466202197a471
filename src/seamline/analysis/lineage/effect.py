"""What became of a statement between two passes: before, and without some columns."""

from collections import Counter
from collections.abc import Mapping

from sqlglot import exp

from seamline.analysis.lineage.binding import Binding, Gone, Outward
from seamline.analysis.lineage.columns import Rows
from seamline.analysis.lineage.reading import Effect
from seamline.analysis.lineage.terms import ANY


def compared(was: Rows, before: Binding, now: Rows, after: Binding) -> Effect:
    """What the second pass can't do that the first could; else, which columns no longer come out."""
    broken = _new(before.missing, after.missing)
    if broken:
        return Effect("breaks", why=f"it names {', '.join(sorted(set(broken)))}")
    broken = _new(before.faults, after.faults) or _uneven(before, after) or _outward(before, after)
    if broken:
        return Effect("breaks", why=broken[0])
    murky = _new(before.murky, after.murky)
    if murky:
        return Effect("unknown", why=murky[0])
    doubts = sorted({name for node, (name, _) in after.doubtful.items() if node not in before.doubtful})
    if doubts or _asked(before, after.gone):
        return Effect(
            "unknown", why="nobody knows whose " + ", ".join(doubts or _asked(before, after.gone)) + " is"
        )
    return _difference(was, now)


def _new(before: Mapping[int, str], after: Mapping[int, str]) -> list[str]:
    return [text for node, text in after.items() if node not in before]


def _uneven(before: Binding, after: Binding) -> list[str]:
    """Places where two sides no longer have as many columns as each other, or as the place needs."""
    for node, counts in before.shapes.items():
        now = after.shapes.get(node, counts)
        shrunk = {0 if was == ANY else was - is_now for was, is_now in zip(counts, now, strict=True)}
        if len(shrunk) > 1:
            return ["the numbers of columns do not fit any more"]
    return []


def _outward(before: Binding, after: Binding) -> list[str]:
    """Names that now mean a column of the query around theirs, where that can't be."""
    for key, moved in after.outer.items():
        if key in before.outer:
            continue
        node = moved.node
        summed = node.find_ancestor(exp.AggFunc, exp.Query)
        if isinstance(summed, exp.AggFunc) and not _may_sum_up(summed, after):
            return [f"the aggregate of {node.name} would be the outer query's"]
        if not _may_look_left(moved):
            return [f"{node.name} would be of a table to its left, which that kind of join does not allow"]
        listed = node.find_ancestor(exp.In)
        if after.dialect == "duckdb" and listed is not None and isinstance(listed.this, exp.Tuple):
            return [f"{node.name} would be the outer query's, which (...) IN does not allow"]
    return []


def _may_look_left(moved: Outward) -> bool:
    """A query in FROM may mean columns to its left in an inner or left join only."""
    at = moved.node
    while at.parent is not None and at is not moved.select:
        above = at.parent
        joined = above if isinstance(above, exp.Join) and above.this is at else None
        if joined and {joined.side.upper(), joined.kind.upper()} & {"RIGHT", "FULL", "SEMI", "ANTI"}:
            return False
        at = above
    return True


def _may_sum_up(node: exp.Expr, after: Binding) -> bool:
    """An aggregate of outer columns alone is the outer query's: it may stand in its HAVING, or beside other aggregates."""
    if any(id(one) not in after.outer for one in node.find_all(exp.Column)):
        return True
    query_of = node.find_ancestor(exp.Query)
    inner = query_of
    while inner is not None and isinstance(inner.parent, exp.Subquery):
        inner = inner.parent
    clause = inner.find_ancestor(exp.Where, exp.Join, exp.From, exp.Having, exp.Query) if inner else None
    if not isinstance(clause, exp.Select) or clause.args.get("group") is not None:
        return isinstance(clause, exp.Having | exp.Select)
    if any(one.node.find_ancestor(exp.AggFunc, exp.Query) is query_of for one in after.outer.values()):
        return False
    return not any(item.find(exp.Column) for item in clause.expressions if item.find(type(node)) is None)


def _asked(before: Binding, gone: Gone) -> list[str]:
    """Names that may have been one of the columns that go."""
    names = {(relation, name.lower()) for relation, columns in gone.items() for name in columns}
    doubts = before.doubtful.values()
    return sorted({n for n, of in doubts for relation in of if (relation, n.lower()) in names})


def _difference(was: Rows, now: Rows) -> Effect:
    before, after = Counter(col.name for col in was.cols), Counter(col.name for col in now.cols)
    loses, gains = tuple((before - after).elements()), tuple((after - before).elements())
    return Effect("loses" if loses else "nothing", loses, gains)
