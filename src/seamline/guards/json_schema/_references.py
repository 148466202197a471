"""`$ref`s within one self-contained document: what they point at, and which of them lead to a difference."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

FILES = "#/x-files/"  # where a document that was read with its neighbours keeps them, by path
_ESCAPED = re.compile(r"((?:%[0-9A-Fa-f]{2})+)")
_MISSING = object()


class References:
    """Looks up `#`, `#/pointer`, `#anchor` and the `$id`s of schemas within the document. Others are not known."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self._named: dict[str, Any] | None = None

    def find(self, ref: str) -> Any | None:
        """The value a reference points at; None when it isn't in this document."""
        if ref == "#":
            return self.root
        if ref.startswith("#/"):
            found = _walk(self.root, ref[2:])
            return None if found is _MISSING else found
        return self._find_named(ref)

    def _find_named(self, ref: str) -> Any | None:
        if self._named is None:
            self._named = dict(_names(self.root))
        if ref in self._named:
            return self._named[ref]
        identifier, _, pointer = ref.partition("#/")
        if not pointer or identifier not in self._named:
            return None
        found = _walk(self._named[identifier], pointer)
        return None if found is _MISSING else found


def _walk(value: Any, pointer: str) -> Any:
    for part in pointer.split("/"):
        key = _decoded(part)
        if isinstance(value, Mapping):
            value = value.get(key, _MISSING)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return _MISSING
    return value


def file_of(ref: str) -> str:
    """The file that a reference leads to; "" within the document's own.

    >>> file_of("#/x-files/schemas~1visit.yaml/Visit")
    'schemas/visit.yaml'
    """
    return _decoded(ref.removeprefix(FILES).partition("/")[0]) if ref.startswith(FILES) else ""


def _decoded(part: str) -> str:
    plain = _ESCAPED.sub(lambda m: bytes.fromhex(m[1].replace("%", "")).decode("utf-8", "replace"), part)
    return plain.replace("~1", "/").replace("~0", "~")


def _names(root: Any) -> Iterator[tuple[str, Any]]:
    """Each name a schema has beside its place: `$id`, `id` of draft 4, `$anchor`, `$dynamicAnchor`."""
    for value in every_mapping(root):
        for key in ("$id", "id"):
            if isinstance(value.get(key), str):
                yield value[key].removesuffix("#"), value
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(value.get(key), str):
                yield "#" + value[key], value


def every_mapping(root: Any) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a value, itself included, each object once. Iterative: depth costs no stack."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        value = stack.pop()
        if id(value) in seen:
            continue
        if isinstance(value, Mapping):
            seen.add(id(value))
            yield value
            stack.extend(value.values())
        elif isinstance(value, list):
            seen.add(id(value))
            stack.extend(value)


def refs_in(value: Any) -> set[str]:
    """The references written anywhere in a value."""
    return {m["$ref"] for m in every_mapping(value) if isinstance(m.get("$ref"), str)}


def leading_to_a_difference(before: References, after: References) -> frozenset[str]:
    """References, as written, behind which the two documents differ, directly or further on.

    O(size of both documents). One that neither document can follow leads to no difference.
    """
    behind: dict[str, set[str]] = {}
    waiting = [*refs_in(before.root), *refs_in(after.root)]
    changed: set[str] = set()
    while waiting:
        ref = waiting.pop()
        if ref in behind:
            continue
        was, now = before.find(ref), after.find(ref)
        if was != now:
            changed.add(ref)
        behind[ref] = refs_in(was) | refs_in(now)
        waiting.extend(behind[ref])
    return frozenset(_spread(changed, behind))


def _spread(changed: set[str], behind: Mapping[str, set[str]]) -> set[str]:
    users: dict[str, list[str]] = {}
    for ref, used in behind.items():
        for other in used:
            users.setdefault(other, []).append(ref)
    found, stack = set(changed), list(changed)
    while stack:
        for user in users.get(stack.pop(), ()):
            if user not in found:
                found.add(user)
                stack.append(user)
    return found
