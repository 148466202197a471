"""What templates may spend: every step and every character that a template can make is paid for before it is made.

Jinja's sandbox keeps templates away from Python, not from loops in loops, texts that double and powers of powers. Here
each loop, call, filter, operator and comparison spends of a budget, of one template and of all of a project; what
multiplies (`*`, `center`, `replace`, formats) is refused by the product of what it is given. So no template takes longer
than seconds, however it is written, and none needs much memory.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from functools import wraps
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.visitor import NodeTransformer

MOST_STEPS = 300_000  # of one template
MOST_STEPS_OF_ALL = 8_000_000  # of a project's templates together
STEP = 16  # characters that cost as much as a step
_COMPILING = 500  # steps that a template within a template costs beside its own
DEEPEST = 50  # levels of lists in lists
_MOST_PRODUCT = 4_000_000  # characters or items that one operation may come to
_OF_A_GENERATOR = 50_000  # items that one may have
_MOST_BITS = 4_000  # of a whole number

EACH, WEIGHED = "seamline_each", "seamline_weighed"
# What gives more than it is given: texts that are filled up, numbers as texts, lists of themselves.
_MULTIPLIES = frozenset({
    "batch", "center", "expandtabs", "extend", "format", "format_map", "indent", "join", "ljust", "replace", "rjust",
    "round", "slice", "to_bytes", "tojson", "translate", "truncate", "wordwrap", "zfill",
})  # fmt: skip
# A width in a format that is large, or given elsewhere.
_WIDE = re.compile(
    r"%(?:\([^)]{0,200}\))?[-+ #0-9.]{0,50}(?:\*|\d{4})|\{[^{}]{0,200}:[^{}:]{0,50}(?:\{|\d{4})"
)


class TooMuch(jinja2.TemplateRuntimeError):
    """A template does more than any that is meant does."""


class Meter:
    """The budget of one template, and of the project that it is of."""

    def __init__(self) -> None:
        self._all = MOST_STEPS_OF_ALL
        self._left = MOST_STEPS
        self._depth = 0

    @contextmanager
    def template(self) -> Iterator[None]:
        """One template; those that are rendered within it spend of its budget."""
        if self._depth:
            self.spend(_COMPILING)
        else:
            self._left = min(MOST_STEPS, self._all)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def spend(self, n_steps: int) -> None:
        """Pay. Raises TooMuch, also at every step after the first that was too many."""
        self._all -= min(n_steps, max(0, self._left) + 1)  # the rest is not done
        self._left -= n_steps
        if self._left < 0:
            whose = "the project's templates take" if self._all < 0 else "it takes"
            raise TooMuch(f"{whose} more steps than are made here")

    def weigh(self, value: Any) -> Any:
        """The value, paid for as if it was printed."""
        self.spend(weight(value, self._left))
        return value

    def each(self, values: Any, n_characters: int) -> Any:
        """What a loop runs over, each item paid for with the text around it."""
        cost = 1 + n_characters // STEP
        if isinstance(values, Sized):
            self.spend(cost * len(values))
            return values
        return self._one_by_one(values, cost)

    def _one_by_one(self, values: Iterable[Any], cost: int) -> Iterator[Any]:
        for value in values:
            self.spend(cost)
            yield value

    def operation(self, operator: str, left: Any, right: Any) -> None:
        """Pay for an operator, or refuse it."""
        if isinstance(left, int | float) and isinstance(right, int | float):
            if isinstance(left, int) and isinstance(right, int) and _bits(operator, left, right) > _MOST_BITS:
                raise TooMuch("a number of a thousand digits")
        elif operator == "*" or (operator == "%" and isinstance(left, str | bytes)):
            self.product("format" if operator == "%" else "", [left, right])
        self.spend(1 + weight(left, self._left) + weight(right, self._left))

    def call(self, name: str, given: Iterable[Any]) -> None:
        """Pay for a call, or refuse it."""
        values = list(given)
        if name in _MULTIPLIES:
            self.product(name, values)
        self.spend(1 + sum(weight(value, self._left) for value in values))

    def method(self, whose: Any, name: str, given: Iterable[Any]) -> None:
        """Pay for a method of a plain value, or refuse it. What only adds to a list or asks a dict sees no part of it."""
        if isinstance(whose, dict) or (isinstance(whose, list) and name in ("append", "insert", "pop")):
            self.spend(len(whose) // STEP)
            self.call("", given)
        else:
            self.call(name, (whose, *given))

    def product(self, name: str, values: Iterable[Any]) -> None:
        """Refuse what would come to more than texts of models come to."""
        found = list(values)
        if name.startswith("format") and any(_WIDE.search(v) for v in found if isinstance(v, str)):
            raise TooMuch("a format of thousands of characters")
        sizes = sorted(size for value in found for size in _sizes(value))
        if sizes and sizes[-1] * (sizes[-2] if len(sizes) > 1 else 1) > _MOST_PRODUCT:
            raise TooMuch("a text or list of millions")


def weight(value: Any, most: int) -> int:
    """Steps to print or compare a value: what is in it twice counts twice. More than `most` as soon as it is.

    >>> weight("abc", 100), weight(["a", ["b", "c"]], 100)
    (1, 5)
    """
    level, n_steps = [value], 0
    for _ in range(DEEPEST):
        below: list[Any] = []
        for one in level:
            n_steps += 1 + (len(one) // STEP if isinstance(one, str | bytes) else 0)
            if isinstance(one, dict):
                below += [*one.keys(), *one.values()]
            elif isinstance(one, list | tuple | set | frozenset):
                below += one
            if n_steps + len(below) > most:
                return most + 1
        if not below:
            return n_steps
        level = below
    return most + 1


def _bits(operator: str, left: int, right: int) -> int:
    """The most bits that a whole number may come to."""
    if operator == "**":
        return left.bit_length() * max(1, right)
    return left.bit_length() + right.bit_length() if operator == "*" else 0


def _sizes(value: Any) -> Iterator[int]:
    """How much a value can multiply another by; of a list also its longest text, of a generator what it may come to."""
    if isinstance(value, int | float):
        yield int(min(abs(value), _MOST_PRODUCT + 1)) if value == value else 1
    elif isinstance(value, str | bytes):
        yield max(1, len(value))
    elif isinstance(value, Iterator):
        yield _OF_A_GENERATOR
    elif isinstance(value, Sized):
        yield max(1, len(value))
        parts = (*value.keys(), *value.values()) if isinstance(value, dict) else value
        texts = parts if isinstance(parts, Iterable) else ()
        yield max((len(v) for v in texts if isinstance(v, str | bytes)), default=1)


_RUNTIME = (jinja2.Environment, jinja2.runtime.Context, nodes.EvalContext)  # what filters ask for beside data


def metered(meter: Meter, name: str, filter_: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that pays for what it is given, and for what it gives."""

    @wraps(filter_)
    def call(*args: Any, **kwargs: Any) -> Any:
        data = [a for a in args if not isinstance(a, _RUNTIME)]
        meter.call(name, (*data, *kwargs.values()))
        return meter.weigh(filter_(*args, **kwargs))

    return call


class Metering(NodeTransformer):
    """Makes a template pay for its loops, and for what it compares and joins."""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """Each item pays for the text that it repeats."""
        n_characters = sum(len(text.data) for text in node.find_all(nodes.TemplateData))
        self.generic_visit(node)
        node.iter = _filter(node.iter, EACH, [nodes.Const(n_characters)])
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """`~`."""
        self.generic_visit(node)
        node.nodes = [_filter(part, WEIGHED) for part in node.nodes]
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:
        """Also `in`."""
        self.generic_visit(node)
        node.expr = _filter(node.expr, WEIGHED)
        for operand in node.ops:
            operand.expr = _filter(operand.expr, WEIGHED)
        return node

    def visit_Test(self, node: nodes.Test) -> nodes.Node:
        """What `is defined` asks is a name and not its value."""
        self.generic_visit(node)
        node.args = [_filter(given, WEIGHED) for given in node.args]
        if node.args:
            node.node = _filter(node.node, WEIGHED)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        """A slice copies, a key is hashed."""
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _filter(node.node, WEIGHED)
        elif not isinstance(node.arg, nodes.Const):
            node.arg = _filter(node.arg, WEIGHED)
        return node

    def visit_Pair(self, node: nodes.Pair) -> nodes.Node:
        """Keys are hashed."""
        self.generic_visit(node)
        node.key = _filter(node.key, WEIGHED)
        return node


def _filter(node: nodes.Node, name: str, args: list[nodes.Expr] | None = None) -> nodes.Filter:
    return nodes.Filter(node, name, args or [], [], None, None, lineno=node.lineno)
