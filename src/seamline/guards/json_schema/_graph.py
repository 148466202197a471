"""Two schemas held against each other all the way down, each pair of referred schemas once.

A schema that is referred to from a thousand places is compared once; where a difference is seen from is then a
question of which places lead to it. Pairs that lead to no difference are not walked at all.
"""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal

from msgspec import Struct
from msgspec.json import encode
from msgspec.structs import replace

from seamline.guards.json_schema._references import References, file_of, leading_to_a_difference, refs_in
from seamline.guards.json_schema._shape import Shape, Union, conjuncts, lone_branch, shape
from seamline.guards.json_schema._steps import ENTERED, Step, steps
from seamline.guards.json_schema._unions import Left, refers, united
from seamline.model.artefact import Place

Side = Literal["senders", "readers"]
_HIDDEN = {"senders": "readOnly", "readers": "writeOnly"}


class Difference(Struct, frozen=True):
    """A step, the way to it from where one started, and where it is written: equal for all ways to one place."""

    step: Step
    path: tuple[str, ...]
    written: tuple[str, ...]  # the last reference on the way, then the path from there

    def place(self, otherwise: Place) -> Place:
        """The file that it is written in, where that is not the document's own."""
        file = file_of(self.written[0])
        return Place(otherwise.repository, file) if file else otherwise


class _Node:
    """A pair of schemas: what differs in them, and the pairs within."""

    __slots__ = ("below", "leads", "left", "name", "steps")

    def __init__(self, name: str) -> None:
        self.name = name  # of the referred schema, "" for one that stands where it is used
        self.steps: tuple[Step, ...] = ()
        self.left: tuple[
            Left, ...
        ] = ()  # branches of which it isn't known yet whether others stand in for them
        self.below: list[tuple[str, _Node]] = []
        self.leads = False


_Pair = tuple[_Node, Any, Any]
_MOST_PAIRS = 64  # of branches that are held against each other when it isn't plain which became which
_MOST_NODES = 20_000  # pairs of schemas: thousands are usual, merging `allOf` can make many more
_MOST_ASKED = 200  # further ones, to find out whether one branch stands in for another
_MOST_QUESTIONS = 300  # of that kind
_MOST_TOLD = 1_000  # differences seen from one place: a schema that was written anew
_TOO_MANY = Step("not-compared", "the schemas are too many to follow", "unsure", "unsure")
_UNENTERED = _Node("")
_UNENTERED.steps = (_TOO_MANY,)
_UNENTERED.leads = True
_NOTHING = shape({}, References({}))


class Graph:
    """Pairs of schemas of two documents, for one side: properties that this side never sees are left out."""

    def __init__(self, before: Any, after: Any, side: Side) -> None:
        self.before, self.after, self._side = References(before), References(after), side
        self._differing = leading_to_a_difference(self.before, self.after)
        self._asked: dict[bytes, bool] = {}
        self._n_nodes, self._limit = 0, _MOST_NODES
        self._known: dict[tuple[bytes, bytes], _Node] = {}

    def differences(self, before: Any, after: Any) -> list[Difference]:
        """What changed from one schema to the other, nearest first; each referred pair is entered once."""
        top = self._grown(before, after)
        if top is None or not top.leads:
            return []
        found = list(islice(self._reached(top), _MOST_TOLD))
        return found if len(found) < _MOST_TOLD else [*found, Difference(_TOO_MANY, (), ("",))]

    def _reached(self, top: _Node) -> Iterator[Difference]:
        seen = {id(top)}
        waiting: deque[tuple[_Node, tuple[str, ...], tuple[str, ...]]] = deque([(top, (), (top.name,))])
        while waiting:
            node, path, written = waiting.popleft()
            self._settle(node)
            for step in node.steps:
                at = (f"properties/{step.at}",) if step.at else ()
                yield Difference(step, path + at, (*written, *at))
            for segment, below in node.below:
                if below.leads and id(below) not in seen:
                    seen.add(id(below))
                    origin = (below.name,) if below.name else (*written, segment)
                    waiting.append((below, (*path, segment), origin))

    def _settle(self, node: _Node) -> None:
        """Say of the branches that came or went those for which no other branch stands in."""
        left, node.left = node.left, ()
        for one in left:
            asks = one.others if len(left) * len(one.others) <= _MOST_PAIRS else ()
            if not any(self._stands_in(one, other) for other in asks):
                node.steps += (one.step,)

    def _stands_in(self, one: Left, other: Any) -> bool:
        """Whether this side feels no difference between a branch and another one."""
        pair = (one.branch, other) if one.went else (other, one.branch)
        key = encode(pair, order="sorted")
        if key in self._asked:
            return self._asked[key]
        if len(self._asked) >= _MOST_QUESTIONS:
            return False
        self._asked[key] = False  # while it is being asked: a branch that contains itself
        limit, self._limit = self._limit, min(self._limit, self._n_nodes + _MOST_ASKED)
        self._asked[key] = not any(self._felt(d.step) for d in self.differences(*pair))
        self._limit = limit
        return self._asked[key]

    def _felt(self, step: Step) -> bool:
        return bool(step.senders if self._side == "senders" else step.readers)

    def _grown(self, before: Any, after: Any) -> _Node | None:
        """The node of a pair with all below it; None when the two can't differ."""
        grown: list[_Node] = []
        waiting: list[_Pair] = []
        top = self._node(before, after, waiting)
        while waiting:
            node, was, now = waiting.pop()
            grown.append(node)
            self._fill(node, was, now, waiting)
        _mark(grown)
        return top

    def _node(self, before: Any, after: Any, fresh: list[_Pair]) -> _Node | None:
        before, after = _bare(before), _bare(after)
        if before == after and not (self._differing & refs_in(before)):
            return None
        if not (refers(before) or refers(after)):
            return self._fresh("", before, after, fresh)
        key = (encode(before, order="sorted"), encode(after, order="sorted"))
        if key not in self._known:
            node = self._fresh(refers(after) or refers(before), before, after, fresh)
            if node is _UNENTERED:
                return node
            self._known[key] = node
        return self._known[key]

    def _fresh(self, name: str, before: Any, after: Any, fresh: list[_Pair]) -> _Node:
        if self._n_nodes >= self._limit:
            return _UNENTERED
        self._n_nodes += 1
        fresh.append((_Node(name), before, after))
        return fresh[-1][0]

    def _fill(self, node: _Node, before: Any, after: Any, fresh: list[_Pair]) -> None:
        was, now = shape(before, self.before), shape(after, self.after)
        was, now = _wrapped(before, was, now), _wrapped(after, now, was)
        node.steps = tuple(
            self._seen(step, was, now) for step in steps(was, now) if self._concerns(step, was, now)
        )
        if self._differing.intersection(was.unknown, now.unknown):
            node.steps += (_TOO_MANY,)
        node.left, pairs = united(was.unions, now.unions)
        for segment, a, b in (*self._within(was, now), *pairs):
            below = self._node(a, b, fresh)
            if below is not None:
                node.below.append((segment, below))

    def _within(self, was: Shape, now: Shape) -> Iterator[tuple[str, Any, Any]]:
        """The pairs of schemas in a pair of shapes, where a value can have the type that they are for."""
        shared = was.types & now.types
        if "object" in shared:
            yield from self._properties(was, now)
        if "array" in shared:
            yield "items", was.items, now.items
            for i, (a, b) in enumerate(zip(was.positions, now.positions, strict=False)):
                yield f"prefixItems/{i}", a, b
        for keyword in ENTERED:
            a, b = was.assertions.get(keyword), now.assertions.get(keyword)
            if isinstance(a, Mapping) and isinstance(b, Mapping):
                yield keyword, a, b

    def _properties(self, was: Shape, now: Shape) -> Iterator[tuple[str, Any, Any]]:
        for name, a in was.properties.items():
            if name not in now.properties or self._unseen(a, self.before):
                continue
            if not self._unseen(now.properties[name], self.after):
                yield f"properties/{name}", a, now.properties[name]
        for name, a in was.pattern_properties.items():
            if name in now.pattern_properties:
                yield f"/{name}/", a, now.pattern_properties[name]
        if not (was.closed or now.closed):
            yield "additionalProperties", was.extra, now.extra

    def _concerns(self, step: Step, was: Shape, now: Shape) -> bool:
        """False for a step about a property that this side sees neither before nor after."""
        if not step.at:
            return True
        old, new = was.properties.get(step.at), now.properties.get(step.at)
        if step.what.endswith("-removed"):
            return not self._unseen(old, self.before)
        return not self._unseen(new, self.after)

    def _seen(self, step: Step, was: Shape, now: Shape) -> Step:
        """A property that this side did not see before is new to it."""
        old = was.properties.get(step.at)
        if step.what == "property-became-required" and self._unseen(old, self.before):
            return Step("new-required-property", step.detail, step.senders, step.readers, step.at)
        if step.what == "new-required-property" and _defaulted(now.properties.get(step.at)):
            return Step(
                "new-required-property-with-default", step.detail, step.senders, step.readers, step.at
            )
        return step

    def _unseen(self, schema: Any, references: References) -> bool:
        return any(p.get(_HIDDEN[self._side]) is True for p in conjuncts(schema, references, []))


def _defaulted(schema: Any) -> bool:
    return isinstance(schema, Mapping) and "default" in schema


_SAYING = frozenset({"description", "title", "summary", "example", "examples", "deprecated", "$comment"})


def _bare(schema: Any) -> Any:
    """`allOf: [X]` with nothing but words beside it is X, and so is a reference with a description."""
    while isinstance(schema, Mapping):
        parts, ref = schema.get("allOf"), schema.get("$ref")
        telling = schema.keys() - _SAYING
        if telling == {"$ref"} and len(schema) > 1:
            return {"$ref": ref}
        if telling != {"allOf"} or not isinstance(parts, list) or len(parts) != 1:
            break
        schema = parts[0]
    return schema


def _mark(fresh: Sequence[_Node]) -> None:
    """Say of each node whether a step lies at or below it."""
    above: dict[int, list[_Node]] = {}
    for node in fresh:
        for _, below in node.below:
            above.setdefault(id(below), []).append(node)
    stack = [n for n in fresh if n.steps or n.left or any(b.leads for _, b in n.below)]
    for node in stack:
        node.leads = True
    while stack:
        for node in above.get(id(stack.pop()), ()):
            if not node.leads:
                node.leads = True
                stack.append(node)


def _wrapped(schema: Any, own: Shape, other: Shape) -> Shape:
    """A schema without a union, held against one that is nothing but a union: as its only branch."""
    bare = not (other.typed or other.properties or other.required)
    if own.unions or len(other.unions) != 1 or not bare or own == _NOTHING:
        return own
    lone = lone_branch(schema) if isinstance(schema, Mapping) else None
    branch = lone.schema if lone else schema
    return replace(_NOTHING, unions=(Union(other.unions[0].kind, (branch,)),))
