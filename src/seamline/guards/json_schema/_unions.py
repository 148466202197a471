"""Branches of `oneOf` and `anyOf`: which of them became which."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from seamline.guards.json_schema._shape import Union
from seamline.guards.json_schema._steps import Step


class Left(Struct, frozen=True):
    """A branch that has no counterpart, and those of the other state that may stand in for it."""

    step: Step
    branch: Any
    went: bool  # gone from the state before; else new in the state after
    others: tuple[Any, ...]


Pairs = list[tuple[str, Any, Any]]  # path segment, before, after


def united(before: Sequence[Union], after: Sequence[Union]) -> tuple[tuple[Left, ...], Pairs]:
    """What is left of the unions of a schema, and the pairs of branches that stayed."""
    left: list[Left] = []
    pairs: Pairs = []
    for i in range(max(len(before), len(after))):
        was = before[i] if i < len(before) else None
        now = after[i] if i < len(after) else None
        if was is not None and now is not None:
            left += _branches(was, now, pairs)
        elif now is not None:
            step = Step(f"{now.kind}-set", f"one of {len(now.branches)} has to fit", "breaks", "")
            left.append(Left(step, {}, True, now.branches))
        elif was is not None:
            step = Step(f"{was.kind}-unset", f"none of {len(was.branches)} has to fit any more", "", "breaks")
            left.append(Left(step, {}, False, was.branches))
    return tuple(left), pairs


def _branches(was: Union, now: Union, pairs: Pairs) -> list[Left]:
    gone, new = _matched(was, now, pairs)
    out = [
        Left(Step(f"{was.kind}-removed", _titled(b), "breaks", ""), b, True, _others(b, now)) for b in gone
    ]
    out += [Left(Step(f"{now.kind}-added", _titled(b), "", "breaks"), b, False, _others(b, was)) for b in new]
    return out


def _others(branch: Any, union: Union) -> tuple[Any, ...]:
    """A branch with a name is a kind of its own to those who tell kinds apart, whatever else its values would fit."""
    return () if _key(branch) else union.branches


def _matched(was: Union, now: Union, pairs: Pairs) -> tuple[list[Any], list[Any]]:
    """Pair branches by text, then by name, by type, then in order where as many are left; returns the rest."""
    gone, new = list(was.branches), list(now.branches)
    word = now.kind.replace("-o", "O")
    for same in (_equal, _namesakes, _of_one_type):
        for a in list(gone):
            b = next((b for b in new if same(a, b)), None)
            if b is not None:
                gone.remove(a)
                new.remove(b)
                pairs.append((f"{word}[{_titled(b)}]", a, b))
    if len(gone) == len(new) and not any(_key(b) for b in (*gone, *new)):
        pairs.extend((word, a, b) for a, b in zip(gone, new, strict=True))
        return [], []
    return gone, new


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b)


def _namesakes(a: Any, b: Any) -> bool:
    return bool(_key(a)) and _key(a) == _key(b)


def _of_one_type(a: Any, b: Any) -> bool:
    if not isinstance(a, Mapping) or not isinstance(b, Mapping) or _key(a) or _key(b):
        return False
    return a.get("type") is not None and a.get("type") == b.get("type")


def _key(schema: Any) -> str:
    """The last part of the name that a branch refers to, else its title; wherever the named schema stands."""
    title = schema.get("title") if isinstance(schema, Mapping) else None
    last = refers(schema).replace("~1", "/").rpartition("/")[2]
    return last if last and not last.isdecimal() else title if isinstance(title, str) else ""


def _titled(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "anything" if schema else "nothing"
    return _key(schema) or str(schema.get("type") or "an unnamed schema")


def refers(schema: Any) -> str:
    """The name of the schema that a schema refers to at its top; "" when it stands by itself."""
    if not isinstance(schema, Mapping):
        return ""
    ref = schema.get("$ref", schema.get("$dynamicRef"))
    if isinstance(ref, str):
        return ref
    parts = schema.get("allOf")
    return next((name for p in parts if (name := refers(p))), "") if isinstance(parts, list) else ""
