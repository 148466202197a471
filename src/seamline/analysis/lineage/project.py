"""A whole project, read: which relation has which columns, who reads it, and what each statement can't do without.

Parents are read before their children, so that a star is known by what its relation gives. Columns come from a
catalog (all of them), from documentation (some of them), from a model's own SQL, and from use: a column that a
statement names is there. What use teaches about a relation is taken into account by reading again, and only, the
statements that could come out otherwise.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec.structs import replace

from seamline.analysis.lineage import names
from seamline.analysis.lineage.node import Declared, Node, Use
from seamline.analysis.lineage.order import ordered
from seamline.analysis.lineage.reading import Known, Reading, as_known

ROUNDS = 4  # what use teaches settles in two; the rest is for what reads itself through others
OPEN = Known()


class Statements(Protocol):
    """Reads one statement against what is known of relations. Never raises."""

    def __call__(self, sql: str, dialect: str, known: Mapping[str, Known]) -> Reading: ...


class Project:
    """What `build` found; read only. Ids are the nodes', keys the relations'."""

    def __init__(self, declared: Declared) -> None:
        self.nodes: dict[str, Node] = {node.id: node for node in declared.nodes}
        self.uses: tuple[Use, ...] = declared.uses
        self.troubles: list[str] = list(declared.troubles)
        self.key_of = {node.id: names.key(node.relation) for node in declared.nodes}
        self.readings: dict[str, Reading] = {}
        self.known: dict[str, Known] = {}  # by key, and by shorter spellings that leave no doubt
        self.order: list[str] = []
        self.place: dict[str, int] = {}  # of an id in the order
        self.readers: dict[
            str, list[str]
        ] = {}  # key -> ids whose SQL reads it, and unreadable ones that say so
        self.children: dict[str, list[str]] = {}  # id -> ids, as declared and as their SQL has it
        self.makers: dict[str, list[str]] = {}  # key -> ids
        for node_id, key in self.key_of.items():
            if key:
                self.makers.setdefault(key, []).append(node_id)
        self.spellings = names.Spellings(self.makers)

    def reads(self, node_id: str) -> list[str]:
        """The keys of the relations that a node reads or fills: by its SQL, or as declared where that can't be read."""
        reading = self.readings.get(node_id)
        own = self.key_of.get(node_id)
        if reading is not None and not reading.unknown:
            is_query = self.nodes[node_id].kind == "query"
            filled = (reading.target, *(key for key, _ in reading.named)) if is_query else ()
            return [key for key in dict.fromkeys((*reading.reads, *filled)) if key and key != own]
        parents = self.nodes[node_id].parents
        return list(
            dict.fromkeys(key for parent in parents if (key := self.key_of.get(parent, "")) and key != own)
        )

    def find(self, relation: str) -> str:
        """The key of the relation that a person means, by its name or a node's id. Raises Fix when there is none, or more."""
        return self.key_of.get(relation) or self.spellings.find(relation)


def build(declared: Declared, read: Statements) -> Project:
    """Read a project. What can't be read, and circles, are among its `troubles` and unknown; the rest is read."""
    project = Project(declared)
    reading = _Build(project, read)
    for _ in range(ROUNDS):
        reading.put_in_order()
        if not reading.read_all():
            break
        reading.learn()
    _finish(project, reading)
    return project


class _Build:
    """A project while it is read."""

    def __init__(self, project: Project, read: Statements) -> None:
        self.project = project
        self._read = read
        self._aliases: dict[str, list[str]] = {}
        for short, full in project.spellings.aliases().items():
            self._aliases.setdefault(full, []).append(short)
        self._against: dict[str, dict[str, Known]] = {}  # id -> what it was read against
        self._used: dict[str, dict[str, None]] = {}  # key -> columns that somebody names
        self.circles: dict[str, str] = {}  # id -> the way round

    def put_in_order(self) -> None:
        """Parents first, by what is declared and by what the statements turned out to read."""
        project = self.project
        parents = {node_id: self._parents(node_id) for node_id in project.nodes}
        order, circles = ordered(parents)
        while circles:
            for circle in circles:
                told = " -> ".join([*circle, circle[0]])
                for node_id in circle:
                    self.circles.setdefault(node_id, told)
                    parents[node_id] = {}
            order, circles = ordered(parents)
        project.order = order

    def _parents(self, node_id: str) -> dict[str, None]:
        if node_id in self.circles:
            return {}
        project = self.project
        found = dict.fromkeys(project.nodes[node_id].parents)
        if node_id in project.readings:
            for key in project.reads(node_id):
                found |= dict.fromkeys(project.makers.get(key, ()))
        for parent in list(found):  # what somebody else builds under a source's name
            if (key := project.key_of.get(parent, "")) and len(project.makers.get(key, ())) > 1:
                found |= dict.fromkeys(project.makers[key])
        if project.key_of[node_id]:  # one relation, several nodes: none waits for itself
            for same in project.makers[project.key_of[node_id]]:
                found.pop(same, None)
        return found

    def read_all(self) -> bool:
        """Read what was not read yet, or could come out otherwise now. False when there was none."""
        any_read = False
        for node_id in self.project.order:
            node = self.project.nodes[node_id]
            if (node.sql or node.told) and node_id not in self.circles and self._has_to_read(node_id):
                self._read_one(node)
                any_read = True
            self._tell(node)
        return any_read

    def _has_to_read(self, node_id: str) -> bool:
        before = self._against.get(node_id)
        if before is None:
            return True
        reading, known = self.project.readings[node_id], self.project.known
        return any(matters(reading, key, was, known.get(key, OPEN)) for key, was in before.items())

    def _read_one(self, node: Node) -> None:
        known = self.project.known
        reading = as_known(node.told, known) if node.told else self._read(node.sql, node.dialect, known)
        self.project.readings[node.id] = reading
        self._against[node.id] = {key: known.get(key, OPEN) for key in reading.reads}

    def _tell(self, node: Node) -> None:
        """Put down what is known of a node's relation, by now."""
        key = self.project.key_of[node.id]
        if not key:
            return
        same = [self.project.nodes[i] for i in self.project.makers[key]]
        if len(same) > 1 and node.kind in ("source", "seed"):
            if any(one.sql for one in same):
                return  # its maker knows better
            node = _merged(same)
        found = self._columns(node, key)
        self.project.known[key] = found
        for short in self._aliases.get(key, ()):
            self.project.known[short] = Known(found.columns, found.complete, key)

    def _columns(self, node: Node, key: str) -> Known:
        reading = self.project.readings.get(node.id)
        computed = reading is not None and not reading.unknown
        if reading is not None and computed and (reading.outputs_complete or not node.complete):
            own = [*(output.name for output in reading.outputs), *node.adds]
            if reading.outputs_complete:
                return Known(tuple(own), True)
        else:
            own = list(node.columns)
            if node.complete:
                return Known(tuple(own), True)
        have = {name.lower() for name in own}
        return Known((*own, *(c for c in self._used.get(key, ()) if c.lower() not in have)), False)

    def learn(self) -> None:
        """Take down which columns of open relations are named, back to where a star took them from."""
        project = self.project
        for node_id in reversed(project.order):
            reading = project.readings.get(node_id)
            if reading is None or reading.unknown:
                continue
            for key, column in reading.named:
                self._use(key, column)
            if not reading.outputs_complete and len(reading.stars) == 1:
                node = project.nodes[node_id]
                own = {name.lower() for name in (*(o.name for o in reading.outputs), *node.adds)}
                for column in (*node.columns, *self._used.get(project.key_of[node_id], ())):
                    if column.lower() not in own:
                        self._use(reading.stars[0], column)
        for key in self._used.keys() - project.makers.keys():
            project.known[key] = Known(tuple(self._used[key]))

    def _use(self, key: str, column: str) -> None:
        if not self.project.known.get(key, OPEN).complete:
            self._used.setdefault(key, {}).setdefault(column)


def _merged(nodes: list[Node]) -> Node:
    """What several declarations of one table say together: all there is, where one of them knows that."""
    whole = next((node for node in nodes if node.complete), None)
    return whole or replace(nodes[0], columns=tuple(dict.fromkeys(c for node in nodes for c in node.columns)))


def matters(reading: Reading, key: str, was: Known, now: Known) -> bool:
    """Whether a statement could come out otherwise, now that a relation is known otherwise."""
    if was == now:
        return False
    grown = not was.complete and not now.complete and set(was.columns) <= set(now.columns)
    if not grown:
        return True
    return key in reading.stars or any(key in of or not of for _, of in reading.unresolved)


def _finish(project: Project, built: _Build) -> None:
    project.place = {node_id: at for at, node_id in enumerate(project.order)}
    for node_id, told in built.circles.items():
        project.readings[node_id] = Reading(unknown=f"it is on a circle: {told}")
    for node_id, node in project.nodes.items():
        if node_id not in project.readings and node.why:
            project.readings[node_id] = Reading(unknown=node.why)
    for node_id in project.order:
        for key in project.reads(node_id):
            project.readers.setdefault(key, []).append(node_id)
        for parent in built._parents(node_id):
            project.children.setdefault(parent, []).append(node_id)
    project.spellings = names.Spellings({*project.makers, *project.readers})
    project.troubles += [f"a circle: {told}" for told in dict.fromkeys(built.circles.values())]
    project.troubles += _mismatches(project)


def _mismatches(project: Project) -> Iterable[str]:
    """Where a statement and what is declared of it disagree: what it reads beyond its declared parents."""
    for node_id in project.order:
        node, reading = project.nodes[node_id], project.readings.get(node_id)
        if reading is None or reading.unknown or node.kind == "query":
            continue
        declared = {project.key_of.get(parent, "") for parent in _through_ephemeral(project, node)}
        beyond = [k for k in project.reads(node_id) if k not in declared and k in project.makers]
        if beyond:
            yield f"{node_id}: its SQL reads {', '.join(beyond)}, which its declaration does not name"


def _through_ephemeral(project: Project, node: Node) -> set[str]:
    found: set[str] = set()
    waiting = list(node.parents)
    while waiting:
        parent = waiting.pop()
        if parent not in found and parent in project.nodes:
            found.add(parent)
            if project.nodes[parent].kind == "ephemeral":
                waiting += project.nodes[parent].parents
    return found
