"""What an expression of Python says, without running it: constants, displays and calls; the rest is UNKNOWN.

Migrations of Django and Alembic are programs, but what they do to tables is written with literals almost throughout.
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from seamline.model.artefact import Artefact, Place, Unread

Value = Any  # str | int | float | bool | None | bytes | list | tuple | dict | Call | Name | UNKNOWN
_DEEPEST = 60  # nested expressions that are followed
_WIDTH = re.compile(r"%(?:\(\w*\))?[-+ #]*[\d*.]")
_LONGEST = 1_000_000  # characters of a text that is put together


class _Unknown:
    """What only running the code could tell. It is false."""

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()


class Name(Struct, frozen=True):
    """A dotted name that is not a value known here: `settings.AUTH_USER_MODEL`, `models.CASCADE`."""

    dotted: str

    @property
    def last(self) -> str:
        return self.dotted.rpartition(".")[2]


class Call(Struct, frozen=True):
    """A call: `sa.String(50)` is Call("sa.String", (50,), {})."""

    name: str
    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]
    line: int

    @property
    def last(self) -> str:
        return self.name.rpartition(".")[2]

    def get(self, position: int, keyword: str, default: Value = None) -> Value:
        """An argument by its keyword, else by its position."""
        if keyword in self.kwargs:
            return self.kwargs[keyword]
        return self.args[position] if 0 <= position < len(self.args) else default


def module(artefact: Artefact) -> ast.Module | Unread:
    """The syntax tree of a file of Python. Never raises."""
    place = Place(artefact.repository, artefact.path)
    try:
        return ast.parse(artefact.data)
    except SyntaxError as error:
        where = Place(artefact.repository, artefact.path, error.lineno or 0)
        return Unread(where, f"no Python 3: {error.msg}", "mend the syntax, or leave the file out")
    except (ValueError, RecursionError, MemoryError, LookupError):
        return Unread(place, "no text of Python", "mend the file, or leave it out")


def constants(body: Sequence[ast.stmt], known: Mapping[str, Value] | None = None) -> dict[str, Value]:
    """The names that these statements bind to values that are known, the last binding of each."""
    names = dict(known or {})
    for statement in body:
        targets: list[ast.expr] = []
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign) and statement.value:
            targets = [statement.target]
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(statement, ast.Assign | ast.AnnAssign):
                names[target.id] = value(statement.value, names)
    return names


def value(node: ast.expr | None, names: Mapping[str, Value], depth: int = 0) -> Value:
    """What an expression is, as far as its text tells. Never raises."""
    if depth > _DEEPEST or node is None:
        return UNKNOWN
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name | ast.Attribute):
        return _named(node, names)
    if isinstance(node, ast.Call):
        return _call(node, names, depth)
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        items = list(_items(node.elts, names, depth))
        return tuple(items) if isinstance(node, ast.Tuple) else items
    if isinstance(node, ast.Dict):
        return _dict(node, names, depth)
    if isinstance(node, ast.BinOp):
        return _joined(node, names, depth)
    if isinstance(node, ast.JoinedStr):
        return _formatted(node, names, depth)
    if isinstance(node, ast.Subscript):
        return _looked_up(node, names, depth)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = value(node.operand, names, depth + 1)
        return -number if isinstance(number, int | float) else UNKNOWN
    return UNKNOWN


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of attributes; calls and subscripts within are left out; "" when it begins with neither."""
    parts: list[str] = []
    while True:
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        elif isinstance(node, ast.Subscript):
            node = node.value
        else:
            break
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))


def _named(node: ast.Name | ast.Attribute, names: Mapping[str, Value]) -> Value:
    name = dotted(node)
    if isinstance(node, ast.Name) and name in names:
        return names[name]
    return Name(name)


def _call(node: ast.Call, names: Mapping[str, Value], depth: int) -> Value:
    args = tuple(_items(node.args, names, depth))
    kwargs = {k.arg: value(k.value, names, depth + 1) for k in node.keywords if k.arg is not None}
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if method in _TEXT and isinstance(node.func, ast.Attribute):
        text = value(node.func.value, names, depth + 1)
        if isinstance(text, str):
            return _TEXT[method](text, args, kwargs)
    return Call(dotted(node.func), args, kwargs, node.lineno)


def _items(nodes: Sequence[ast.expr], names: Mapping[str, Value], depth: int) -> Iterator[Value]:
    for node in nodes:
        if isinstance(node, ast.Starred):
            spread = value(node.value, names, depth + 1)
            yield from spread if isinstance(spread, list | tuple) else (UNKNOWN,)
        else:
            yield value(node, names, depth + 1)


def _dict(node: ast.Dict, names: Mapping[str, Value], depth: int) -> dict[Value, Value]:
    out: dict[Value, Value] = {}
    for key, item in zip(node.keys, node.values, strict=True):
        name = value(key, names, depth + 1) if key is not None else UNKNOWN
        if isinstance(name, str | int | tuple):
            try:
                out[name] = value(item, names, depth + 1)
            except TypeError:  # a tuple that holds a list
                continue
    return out


def _joined(node: ast.BinOp, names: Mapping[str, Value], depth: int) -> Value:
    left, right = value(node.left, names, depth + 1), value(node.right, names, depth + 1)
    if isinstance(node.op, ast.Add):
        for kind in (str, list, tuple):
            if isinstance(left, kind) and isinstance(right, kind) and len(left) + len(right) < _LONGEST:
                return left + right
    if isinstance(node.op, ast.Mod) and isinstance(left, str):
        return _percent(left, right)
    return UNKNOWN


def _percent(text: str, values: Value) -> Value:
    if _WIDTH.search(text):
        return UNKNOWN  # a width may ask for any amount of memory
    plain = values if isinstance(values, tuple | dict) else (values,)
    items = plain.values() if isinstance(plain, dict) else plain
    if not all(isinstance(item, str | int) for item in items):
        return UNKNOWN
    try:
        return text % plain
    except (TypeError, ValueError, KeyError, OverflowError, MemoryError):
        return UNKNOWN


def _formatted(node: ast.JoinedStr, names: Mapping[str, Value], depth: int) -> Value:
    parts: list[str] = []
    for part in node.values:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        text = value(inner, names, depth + 1)
        if not isinstance(text, str | int):
            return UNKNOWN
        parts.append(str(text))
        if sum(map(len, parts)) > _LONGEST:
            return UNKNOWN
    return "".join(parts)


def _looked_up(node: ast.Subscript, names: Mapping[str, Value], depth: int) -> Value:
    held, key = value(node.value, names, depth + 1), value(node.slice, names, depth + 1)
    try:
        return held[key] if isinstance(held, list | tuple | dict) else UNKNOWN
    except (KeyError, IndexError, TypeError):
        return UNKNOWN


def _format(text: str, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
    """`"...".format(...)` for plain fields: no attributes, widths or conversions."""
    if not all(isinstance(item, str | int) for item in (*args, *kwargs.values())):
        return UNKNOWN
    fields = {**{str(i): item for i, item in enumerate(args)}, **kwargs}
    for name, item in fields.items():
        text = text.replace("{" + name + "}", str(item))
    for item in args:
        text = text.replace("{}", str(item), 1)
    return UNKNOWN if "{" in text else text


def _stripped(text: str, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
    return text.strip() if not args and not kwargs else UNKNOWN


def _case(text: str, args: Sequence[Value], kwargs: Mapping[str, Value]) -> Value:
    return text.lower() if not args and not kwargs else UNKNOWN


_TEXT = {"format": _format, "strip": _stripped, "lower": _case}
