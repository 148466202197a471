"""What is personal in dbt's artefacts: owners named without a URN, e-mail addresses, the machine it ran on.

Artefacts are large, and nearly all of it is code: only those fields are taken apart whose bytes can hold something
personal, so that twenty megabytes take less than a second. Names in prose can't be told from other words and stay.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from seamline.model.errors import Unreadable
from seamline.model.payload import decode, is_pseudonym, replacer
from seamline.model.ports import Pseudonym
from seamline.sources.dbt.shape import artefacts

_OWNERS = frozenset({"owner", "owners", "maintainer", "maintainers"})
_PERSONAL = frozenset({"user_id", "name", "email"})
_PLACES = frozenset({"root_path"})  # of a checkout, often below somebody's home
# Of what an invocation was called with, the rest holds paths and variables of the machine it ran on.
_ARGUMENTS = frozenset({"which", "target", "select", "exclude", "full_refresh", "selector", "resource_types"})
_MARKS = re.compile(rb'@|owner|maintainer|"user_id"|"root_path"|"args"|\\u00[46]')  # \u0040 is an @ as well
_URN = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*:\S")
_MARKED = frozenset({"args", "user_id"}) | _OWNERS | _PLACES
_DEPTH = 4  # of a delivery's objects that are opened without being read: artefact, section, node, field

Text = Callable[[str], str]


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The artefacts without people and their machines; the same bytes where there are none."""
    artefacts(body)
    addresses = replacer(pseudonym)

    def owner(text: str) -> str:
        if not text or _URN.match(text) or is_pseudonym(text):
            return addresses(text)
        return pseudonym(text)

    changed = _opened(body, "", _DEPTH, addresses, owner)
    return body if changed is None else changed


def _opened(raw: bytes, field: str, depth: int, addresses: Text, owner: Text) -> bytes | None:
    """The value of a field with its personal parts replaced, and other bytes as they were; None: nothing changed."""
    is_marked = field in _MARKED
    if not is_marked and _MARKS.search(raw) is None:
        return None
    if is_marked or depth == 0 or not raw.lstrip().startswith(b"{"):
        value = decode(raw, object)
        changed = _redacted(value, field, addresses, owner)
        return None if changed == value else msgspec.json.encode(changed)
    members = decode(raw, dict[str, Raw])
    opened = {
        name: _opened(bytes(member), name, depth - 1, addresses, owner) for name, member in members.items()
    }
    if all(member is None for member in opened.values()):
        return None
    kept = {name: members[name] if new is None else Raw(new) for name, new in opened.items()}
    return msgspec.json.encode(kept)


def _redacted(value: Any, field: str, addresses: Text, owner: Text) -> Any:
    """The value of a field, read. Raises Unreadable when it is nested too deeply."""
    try:
        return _rewritten(value, field, addresses, owner, in_owner=False)
    except RecursionError:
        raise Unreadable("the JSON is nested too deeply") from None


def _rewritten(value: Any, field: str, addresses: Text, owner: Text, *, in_owner: bool) -> Any:
    named = field in _OWNERS or field == "user_id" or (in_owner and field in _PERSONAL)
    if isinstance(value, str):
        return "" if field in _PLACES else owner(value) if named else addresses(value)
    if isinstance(value, list):
        return [_rewritten(item, field, addresses, owner, in_owner=in_owner) for item in value]
    if not isinstance(value, dict):
        return value
    kept: Collection[str] = _ARGUMENTS & value.keys() if field == "args" else value.keys()
    inside = in_owner or field in _OWNERS
    return {
        name: _rewritten(item, name, addresses, owner, in_owner=inside)
        for name, item in value.items()
        if name in kept
    }
