"""One pass over a statement: what it gathers, and how it looks names up.

A statement is bound against the columns known, and, to learn what becomes of it when columns go, once more against
what is left. Both passes walk the same tree, so that what each could not bind is told apart by the node it stands in.
Nothing raises on account of a name: what does not fit is noted, and only what is new in the second pass counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct
from sqlglot import exp

from seamline.analysis.lineage.columns import Col, Refs, Rows, Scope, Source, union
from seamline.analysis.lineage.reading import Known, Ref
from seamline.analysis.lineage.spelling import fold, key

Gone = Mapping[str, Mapping[str, str]]  # relation key -> column that goes -> its new name, "" for none
NOTHING: Gone = {}


class Outward(Struct, frozen=True):
    """A name that means a column of a query further out, and that query where it is a SELECT."""

    node: exp.Expr
    select: exp.Expr | None


class Binding:
    """What one pass has found so far. `gone`: relation key -> column that went -> the name it has now, or ""."""

    def __init__(
        self,
        dialect: str,
        known: Mapping[str, Known],
        gone: Gone = NOTHING,
        *,
        query: Callable[[exp.Expr, Scope, Binding], Rows],
        has_columns: bool = False,
    ) -> None:
        self.dialect = dialect
        self.has_columns = has_columns  # DuckDB's COLUMNS(...) stands somewhere in the text
        self.gone = gone
        self.named: set[Ref] = set()  # surely: without it nothing binds
        self.perhaps: set[Ref] = set()  # named, but the name could then mean something else
        self.counted: set[Ref] = (
            set()
        )  # it counts by its place or its being there: positions, arms, common names
        self.reads: set[str] = set()
        self.stars: set[str] = set()  # relations of which a star reads what is not known
        self.missing: dict[int, str] = {}  # node -> a name that nothing has
        self.doubtful: dict[int, tuple[str, tuple[str, ...]]] = {}  # node -> name, what it may belong to
        self.outer: dict[int, Outward] = {}  # names that mean a column of a query further out
        self.faults: dict[int, str] = {}  # node -> what can't be, other than a name
        self.murky: dict[int, str] = {}  # node -> why nobody can say how it binds
        self.shapes: dict[
            int, tuple[int, ...]
        ] = {}  # node -> columns of each arm; they may only shrink together
        self.murky_always = ""  # why the statement can't be read at all
        self._known = known
        self._query = query
        self._tables: dict[str, Rows] = {}

    def query(self, node: exp.Expr, scope: Scope) -> Rows:
        """What a query inside `scope` gives. It sees the scope's columns."""
        return self._query(node, scope, self)

    # -- names ----------------------------------------------------------------

    def folded(self, node: exp.Expr | str | None) -> str:
        """The name that an identifier, or what carries one, stands for; "" for none."""
        if isinstance(node, str):
            return fold(node, False, self.dialect)
        if not isinstance(node, exp.Identifier):
            node = node.this if node is not None else None
            if not isinstance(node, exp.Identifier):
                return self.folded(node) if isinstance(node, exp.Column | str) else ""
        return fold(node.this, bool(node.args.get("quoted")), self.dialect)

    def use(self, col: Col, *, sure: bool = True) -> Refs:
        """A name means this column: the statement needs what it is there by. Gives what its values are made of."""
        if col.passes:
            (self.named if sure and len(col.passes) == 1 else self.perhaps).update(col.passes)
        return col.direct

    def count(self, rows: Rows) -> None:
        """The columns of these rows count by their number or their names, not only where they are named."""
        for col in rows.cols:
            self.counted |= col.passes

    # -- relations --------------------------------------------------------------

    def table(self, node: exp.Table) -> Rows:
        """The columns of a base relation, as far as they are known."""
        written = key(
            part.name for part in (node.args.get("catalog"), node.args.get("db"), node.this) if part
        )
        found = self._tables.get(written)
        if found is None:
            found = self._tables[written] = self.relation(written)
        return found

    def relation(self, written: str) -> Rows:
        """The same, by the key as written."""
        known = self._known.get(written, _UNKNOWN)
        relation = known.key or written
        self.reads.add(relation)
        gone = self.gone.get(relation, {})
        names = [gone.get(name, name) for name in known.columns]
        cols = [self._base(relation, name) for name in names if name]
        return Rows(
            cols,
            open=() if known.complete else (relation,),
            gone=frozenset(fold(name, True, self.dialect) for name in gone),
        )

    def key_of(self, written: str) -> str:
        """The key by which refs name a relation."""
        return self._known.get(written, _UNKNOWN).key or written

    def target(self, written: str) -> Rows:
        """The columns of a relation that is written to. It is not read by that."""
        read_too = self.key_of(written) in self.reads
        rows = self.relation(written)
        if not read_too:
            self.reads.discard(self.key_of(written))
        return rows

    def _base(self, relation: str, name: str) -> Col:
        ref = frozenset(((relation, name),))
        return Col(fold(name, True, self.dialect), ref, ref)

    # -- looking up ---------------------------------------------------------------

    def lookup(self, name: str, scope: Scope, node: exp.Expr) -> Col | None:
        """The column that a name without qualifier means, used as such. None: noted why not."""
        level: Scope | None = scope
        went = False
        while level is not None:
            found = level.here(name)
            if found is not None:
                if level.ambiguous(name):
                    self.faults[id(node)] = f"{name} could be of several tables"
                self.use(found, sure=not (found.passes and elsewhere(name, level, found)))
                if level is not scope:
                    self.outer.setdefault(id(node), Outward(node, level.select))
                elif found is level.aliases.get(name):
                    self._alias(name, level, node)
                return found
            if self.dialect == "duckdb" and level is scope and level.parent is not None and level.lists(name):
                self.faults[id(node)] = f"{name} is named in the list it would be part of"
            if any(name in source.rows.gone for source in level.sources):
                went = True  # it was this level's: nothing else of unknown columns here can have it
            elif went and (relations := _open_here(level)):
                self.doubtful[id(node)] = name, relations
                return None
            else:
                found = self._open(name, level, node)
                if found is not None or id(node) in self.doubtful:
                    return found
            level = level.parent
        self.missing[id(node)] = name
        return None

    def _alias(self, name: str, level: Scope, node: exp.Expr) -> None:
        """A name that means the query's own column can't be used where that is not there yet."""
        made = level.made.get(name)
        clause = node.find_ancestor(exp.Where, exp.Group, exp.Query)
        if (
            made is not None
            and not isinstance(clause, exp.Query | None)
            and made.find(exp.AggFunc, exp.Window)
        ):
            self.faults[id(node)] = f"{name} is an aggregate there"

    def member(self, source: Source, name: str, node: exp.Expr, *, sure: bool = True) -> Col | None:
        """The column that a qualified name means, used as such. None: noted why not. `sure`: nothing else can be."""
        found = source.find(name)
        if found is not None:
            self.use(found, sure=sure and name not in source.doubled)
            return found
        rows = source.rows
        if name not in rows.gone:
            if len(rows.open) == 1 and rows.absorbs is None:
                return self._further(rows.open[0], name)
            if rows.open:
                self.doubtful[id(node)] = name, rows.open
                return None
            if rows.absorbs is not None:
                return Col(name, rows.absorbs)
        self.missing[id(node)] = name
        return None

    def _further(self, relation: str, name: str) -> Col:
        """A column that a relation has by use alone: nobody documented it."""
        ref = frozenset(((relation, name),))
        self.named |= ref
        return Col(name, ref)

    def _open(self, name: str, level: Scope, node: exp.Expr) -> Col | None:
        """What a name means that only something of unknown columns can have, if there is such a thing here."""
        relations = _open_here(level)
        absorbing = [s.rows.absorbs for s in level.sources if s.rows.absorbs is not None]
        further_out = self._outside(name, level, node)
        if absorbing and (not relations or name in _OF_FUNCTIONS):
            if further_out is not None:
                self.perhaps |= further_out.passes
                absorbing.append(further_out.direct)
            return Col(name, union(absorbing))
        if not relations:
            return None
        unsure = bool(absorbing) and self.dialect in _FIELDS_ARE_NAMES
        if further_out is not None or len(relations) > 1 or unsure:
            self.doubtful[id(node)] = name, relations
            return None
        return self._further(relations[0], name)

    def _outside(self, name: str, level: Scope, node: exp.Expr) -> Col | None:
        """The column of a query further out that a name may mean as well."""
        outer = level.parent
        while outer is not None:
            found = outer.here(name)
            if found is not None:
                return found
            if any(name in source.rows.gone for source in outer.sources):
                self.murky[id(node)] = f"nobody knows whose {name} is"
            outer = outer.parent
        return None


def _open_here(level: Scope) -> tuple[str, ...]:
    """Relations of unknown further columns that one query reads."""
    return tuple(dict.fromkeys(relation for source in level.sources for relation in source.rows.open))


def elsewhere(name: str, level: Scope, found: Col) -> bool:
    """Something else would answer to the name if this column went."""
    alias = level.aliases.get(name)
    if alias is not None and alias is not found:
        return True
    having = [s for s in level.sources if s.name == name or s.find(name) is not None]
    if len(having) > 1 or any(name in source.doubled or source.name == name for source in having):
        return True
    outer = level.parent
    while outer is not None:
        if outer.here(name) is not None or any(not s.rows.complete for s in outer.sources):
            return True
        outer = outer.parent
    return False


_UNKNOWN = Known()
_FIELDS_ARE_NAMES = frozenset({"bigquery"})  # UNNEST of structs: their fields are columns
# What table functions call their columns where nobody gives them names: FLATTEN, explode, UNNEST, file readers.
_OF_FUNCTIONS = frozenset(
    "value index key path seq this col pos ordinality offset element filename file_row_number unnest".split()
)
