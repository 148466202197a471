"""What is personal in lineage: owners named without a URN, and e-mail addresses in prose and error messages.

A URN (`team:data`) is a claim and stays. So do names of jobs, datasets and columns, which are identities, and
SQL, which is a program; an address in those (a notebook under somebody's home) stays as well.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from seamline.model.payload import EMAIL, is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym

_KEPT = frozenset(
    {"namespace", "name", "field", "column", "runId", "eventTime", "eventType", "key"}  # identities
    | {
        "uri",
        "url",
        "repoUrl",
        "path",
        "location",
        "producer",
        "schemaURL",
        "_producer",
        "_schemaURL",
    }  # places
    | {"query", "sourceCode", "content"}  # programs
)
_OWNERS = frozenset({"owner", "owners"})
_URN = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*:\S")
# In `abfss://container@account.dfs.core.windows.net` it is a place.
_ADDRESS = r"(?<!//)" + EMAIL


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The events without people's names and addresses."""
    replace = replacer(pseudonym, patterns=(_ADDRESS,))

    def owner(text: str) -> str:
        if not text or _URN.match(text) or is_pseudonym(text):
            return replace(text)
        return pseudonym(text)

    return rewrite(body, lambda document: _redacted(document, "", replace, owner))


def _redacted(value: Any, field: str, replace: Callable[[str], str], owner: Callable[[str], str]) -> Any:
    """The value of a field. `replace` takes addresses out of a text, `owner` spells an owner without a person."""
    if isinstance(value, str):
        if field in _OWNERS:
            return owner(value)
        return value if field in _KEPT else replace(value)
    if isinstance(value, list):
        return [_redacted(item, field, replace, owner) for item in value]
    if not isinstance(value, dict):
        return value
    names_owner = _owner_member(value, field)
    return {
        member: owner(item)
        if member == names_owner and isinstance(item, str)
        else _redacted(item, member, replace, owner)
        for member, item in value.items()
    }


def _owner_member(value: Mapping[str, Any], field: str) -> str:
    """The member that spells an owner: `name` in facet `ownership`, `value` in a tag `owner`; else ""."""
    if field in _OWNERS:
        return "name"
    return "value" if value.get("key") in ("owner", "owners") else ""
