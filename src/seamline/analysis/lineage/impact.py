"""What a change to a relation does downstream: what breaks, what is blocked, what goes without a sound.

The changed relation is without the column; every statement that reads it is bound anew, as it were, parents
first. One that fails *breaks*, and what it built last stays as it was. One that binds with fewer columns *loses* them,
and its readers are asked the same. That a relation has the column is taken from the asker: a star over a source that
nobody documented takes it through, and whoever names it downstream breaks.
"""

from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from msgspec import Struct

from seamline.analysis.lineage.project import OPEN, Project, Statements
from seamline.analysis.lineage.reading import Effect, Known, Reading, spelled
from seamline.analysis.lineage.rebinding import Gone, Rebind, by_names, effect_of
from seamline.model.errors import Fix
from seamline.model.schema_change import Impact, SchemaChange

KINDS = ("drop_column", "rename_column", "change_type", "drop_table", "add_not_null")


class Told(Struct, frozen=True):
    """An impact, and why each thing is named."""

    impact: Impact
    key: str  # of the changed relation
    why: dict[str, str]


class Asked:
    """Answers questions about one project. What had to be read anew for one is remembered for the next."""

    def __init__(self, project: Project, read: Statements, rebind: Rebind) -> None:
        self.project = project
        self._read = read
        self._rebind = rebind
        self._reread: dict[tuple[str, tuple[tuple[str, Known], ...]], Reading] = {}

    def impact(self, change: SchemaChange) -> Told:
        """What follows from a change. Raises Fix for a relation or column that the project can't have."""
        key, column = self._checked(change)
        if change.kind == "add_not_null":  # writers have to mind it; nobody who reads does
            return Told(Impact(), key, {})
        spread = _Spread(self, key)
        if change.kind == "drop_table":
            spread.drop_table()
        elif change.kind == "change_type":
            spread.change(column)
        else:
            spread.drop(column, change.to if change.kind == "rename_column" else "")
        return spread.told()

    def _checked(self, change: SchemaChange) -> tuple[str, str]:
        """The relation's key, and the column as the project spells it."""
        if change.kind not in KINDS:
            raise Fix(f"{change.kind}: no such kind of change", hint=f"one of {', '.join(KINDS)}")
        key = self.project.find(change.relation)
        if change.kind == "drop_table":
            return key, ""
        if not change.column:
            raise Fix(f"{change.kind} of {change.relation} names no column", hint='add "column"')
        if change.kind == "rename_column" and not change.to:
            raise Fix(f"rename of {change.relation}.{change.column} names no new name", hint='add "to"')
        known = self.project.known.get(key, OPEN)
        column = spelled(change.column, known)
        if known.complete and column not in known.columns and not self._may_be_stored(key, column):
            said = ", ".join(known.columns[:6]) + (", ..." if len(known.columns) > 6 else "")
            raise Fix(f"{change.relation} has no column {change.column}", hint=f"it has {said}")
        return key, column

    def _may_be_stored(self, key: str, column: str) -> bool:
        """Whether it may be stored under this name, whatever the SQL gives: of two of a name, engines rename one."""
        given = [name.lower() for name in self.project.known.get(key, OPEN).columns]
        if len(set(given)) < len(given):
            return True
        makers = (self.project.nodes[maker] for maker in self.project.makers.get(key, ()))
        return any(column.lower() in (name.lower() for name in maker.columns) for maker in makers)

    def read_with(self, node_id: str, extra: Mapping[str, Known]) -> Reading:
        """A node's statement, read against relations that have more columns than the project knew."""
        own = tuple(sorted((k, v) for k, v in extra.items() if k in self.project.readings[node_id].reads))
        found = self._reread.get((node_id, own))
        if found is None:
            node = self.project.nodes[node_id]
            found = self._read(node.sql, node.dialect, self.known_with(extra))
            self._reread[node_id, own] = found
        return found

    def known_with(self, extra: Mapping[str, Known]) -> Mapping[str, Known]:
        """What is known of all relations, these as they are given here, under all their spellings."""
        if not extra:
            return self.project.known
        known = dict(self.project.known)
        for spelling, before in self.project.known.items():
            now = extra.get(before.key or spelling)
            if now is not None:
                known[spelling] = Known(now.columns, now.complete, before.key)
        return known | {key: now for key, now in extra.items() if key not in known}

    def rebind(self, node_id: str, known: Mapping[str, Known], gone: Gone) -> Effect:
        """What becomes of a node's statement, bound anew; of one that nobody has, what its names tell."""
        node = self.project.nodes[node_id]
        if node.told is not None:
            return by_names(self.project.readings[node_id], gone)
        return self._rebind(node.sql, node.dialect, known, gone)


class _Spread:
    """One change on its way down."""

    def __init__(self, asked: Asked, key: str) -> None:
        self._asked, self._project, self._key = asked, asked.project, key
        self._gone: Gone = {}
        self._extra: dict[str, Known] = {}  # relations that turn out to have more columns
        self._murky: dict[
            str, str
        ] = {}  # relations that may have changed, nobody knows how -> whose doing it is
        self._dropped = ""
        self._waiting: list[int] = []
        self._breaks: dict[str, str] = {}  # id -> why
        self._unknown: dict[str, str] = {}
        self._loses: dict[str, tuple[str, ...]] = {}

    def drop_table(self) -> None:
        """The relation is gone: whoever reads it breaks."""
        self._dropped = self._key
        self._go()

    def drop(self, column: str, to: str) -> None:
        """A column is gone, or stands there under another name."""
        self._exists(self._key, [column])
        self._gone[self._key] = {column: to}
        self._go()

    def _exists(self, key: str, columns: Iterable[str]) -> None:
        known = self._extra.get(key) or self._project.known.get(key, OPEN)
        new = [c for c in columns if spelled(c, known) not in known.columns]
        if new:
            self._extra[key] = Known((*known.columns, *new), known.complete)

    def _go(self) -> None:
        self._ask_readers(self._key)
        done: set[int] = set()
        while self._waiting:
            at = heappop(self._waiting)
            if at not in done:
                done.add(at)
                self._visit(self._project.order[at])

    def _ask_readers(self, key: str) -> None:
        for reader in self._project.readers.get(key, ()):
            heappush(self._waiting, self._project.place[reader])

    def _visit(self, node_id: str) -> None:
        reading = self._reading(node_id)
        reads = self._project.reads(node_id)
        if reading is None or reading.unknown:
            self._cannot_say(node_id, reading.unknown if reading else "there is no SQL of it")
            return
        if self._dropped in reads:
            self._breaks[node_id] = f"reads {self._dropped}"
            return
        gone = {key: self._gone[key] for key in reads if key in self._gone}
        effect = self._effect(node_id, reading, gone)
        if effect.outcome == "breaks":
            self._breaks[node_id] = effect.why
        elif murky := next((self._murky[key] for key in reads if key in self._murky), ""):
            self._cannot_say(node_id, f"it reads {murky}, of which nothing can be said")
        elif effect.outcome == "unknown":
            self._cannot_say(node_id, effect.why)
        else:
            self._pass_on(node_id, effect)

    def _effect(self, node_id: str, reading: Reading, gone: Gone) -> Effect:
        if not gone:
            return Effect("nothing")
        plain = effect_of(reading, gone)
        if plain is not None:
            return plain
        return self._asked.rebind(node_id, self._asked.known_with(self._extra), gone)

    def _reading(self, node_id: str) -> Reading | None:
        """The node's reading; read again where a relation has a column that it can take through or name."""
        reading = self._project.readings.get(node_id)
        if reading is None or reading.unknown:
            return reading
        if not any(key in self._extra and cares(reading, key) for key in reading.reads):
            return reading
        again = self._asked.read_with(node_id, self._extra)
        if again.unknown:
            return again
        before = {output.name for output in reading.outputs}
        more = [output.name for output in again.outputs if output.name not in before]
        if more and (key := self._project.key_of[node_id]):
            self._exists(key, more)
            self._ask_readers(key)
        return again

    def _pass_on(self, node_id: str, effect: Effect) -> None:
        key = self._project.key_of[node_id]
        if effect.loses:
            self._loses[node_id] = effect.loses
        if not key or not (effect.loses or effect.gains):
            return
        renamed = effect.gains if len(effect.gains) == len(effect.loses) else ()
        gone = dict(zip(effect.loses, renamed or ("",) * len(effect.loses), strict=True))
        if effect.gains and not renamed:
            self._murky[key] = node_id
        self._gone[key] = self._gone.get(key, {}) | gone
        self._ask_readers(key)

    def _cannot_say(self, node_id: str, why: str) -> None:
        self._unknown[node_id] = why
        if key := self._project.key_of[node_id]:
            self._murky.setdefault(key, node_id)
            self._ask_readers(key)

    def change(self, column: str) -> None:
        """A column's values are of another type: whoever names it, or what is made of it, may break."""
        self._exists(self._key, [column])
        changed = {self._key: {column}}
        self._ask_readers(self._key)
        done: set[int] = set()
        while self._waiting:
            at = heappop(self._waiting)
            if at not in done:
                done.add(at)
                self._change_of(self._project.order[at], changed)

    def _change_of(self, node_id: str, changed: dict[str, set[str]]) -> None:
        reading = self._reading(node_id)
        if reading is None or reading.unknown:
            self._cannot_say(node_id, reading.unknown if reading else "there is no SQL of it")
            return
        murky = next((key for key in self._project.reads(node_id) if key in self._murky), "")
        refs = {(key, column) for key in reading.reads for column in changed.get(key, ())}
        if murky or refs & {*reading.named, *reading.rebind}:
            self._unknown[node_id] = (
                f"it reads {murky}" if murky else _uses(refs & {*reading.named, *reading.rebind})
            )
        key = self._project.key_of[node_id]
        outputs = {o.name for o in reading.outputs if refs & {*o.direct, *o.passes}}
        if murky:
            self._murky.setdefault(key, node_id)
        if key and (outputs or murky):
            changed.setdefault(key, set()).update(outputs)
            self._ask_readers(key)

    def told(self) -> Told:
        """All that was found, ids sorted."""
        breaks = self._shown(self._breaks)
        blocked = self._shown(self._below(breaks)) - breaks
        losers = self._shown(self._loses)
        loses = sorted({(node_id, column) for node_id in losers for column in self._loses[node_id]})
        unknown = self._shown(self._unknown) - breaks
        impact = Impact(tuple(sorted(breaks)), tuple(sorted(blocked)), tuple(loses), tuple(sorted(unknown)))
        return Told(impact, self._key, self._unknown | self._breaks)

    def _shown(self, ids: Iterable[str]) -> set[str]:
        return {node_id for node_id in ids if self._project.nodes[node_id].builds()}

    def _below(self, ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(ids)
        while waiting:
            for child in self._project.children.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return found


def hops(project: Project, key: str) -> dict[str, int]:
    """How many steps below a relation each descendant is, by the shortest way; 1 reads the relation itself."""
    near = [*project.readers.get(key, ())]
    for maker in project.makers.get(key, ()):
        near += project.children.get(maker, ())
    found = dict.fromkeys(near, 1)
    level, n = list(found), 1
    while level:
        n += 1
        level = [c for at in level for c in project.children.get(at, ()) if c not in found]
        found |= dict.fromkeys(level, n)
    return found


def cares(reading: Reading, key: str) -> bool:
    """Whether one more column of an open relation could make a statement come out otherwise."""
    return key in reading.stars or any(key in of or not of for _, of in reading.unresolved)


def _uses(refs: Iterable[tuple[str, str]]) -> str:
    return "it uses " + ", ".join(f"{key}.{column}" for key, column in sorted(refs))
