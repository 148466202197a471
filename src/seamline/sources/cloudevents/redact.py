"""What is personal in a CloudEvent: people in the fields that name them, their names elsewhere, e-mail addresses.

Events of unknown types may hold anything: there, too, what stands in a field that usually names a person goes, with every
address. Data that can't be looked into (base64, a binary format) makes the whole unreadable, so that it is sealed.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seamline.model.errors import Unreadable
from seamline.model.payload import is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym
from seamline.sources.cloudevents.envelope import is_binary

_PEOPLE = frozenset(
    {"actor", "assignee", "assignees", "author", "committer", "creator", "reporter", "requester", "reviewer"}
    | {"reviewers", "sender", "updatedBy", "user", "approver", "approvers"}
)
_NAMES = frozenset({"name", "displayName", "fullName", "login", "username", "userName", "id"})
# What an event is known by stays, but for addresses; a service may be called like a person.
_KEPT = frozenset(
    {"artifactId", "id", "source", "specversion", "specVersion", "type", "time", "timestamp", "group"}
    | {"labels", "priority", "schemaUri", "dataschema", "datacontenttype"}
)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:
    """The events without people. Raises Unreadable for data that can't be looked into."""
    if is_binary(headers) and (not body.strip() or not _is_json(headers)):
        return _text(body, pseudonym)
    return rewrite(body, lambda document: _redacted(document, pseudonym))


def _is_json(headers: Mapping[str, str]) -> bool:
    """Whether binary data says to be JSON; data without a type is, by the specification."""
    kind = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json"))


def _text(body: bytes, pseudonym: Pseudonym) -> bytes:
    try:
        return replacer(pseudonym)(body.decode()).encode()
    except UnicodeDecodeError:
        raise Unreadable("data of a binary format can't be looked into") from None


def _redacted(document: Any, pseudonym: Pseudonym) -> Any:
    events = document if isinstance(document, list) else [document]
    if any(isinstance(event, dict) and event.get("data_base64") is not None for event in events):
        raise Unreadable("data in base64 can't be looked into")
    addresses = replacer(pseudonym)
    names = replacer(pseudonym, words=set(_names(document, "")))
    return _without_people(document, "", addresses, names, pseudonym)


def _names(value: Any, field: str) -> Iterator[str]:
    """Every name in a field that names people, and its parts, by which they go alone."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item, field)
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from _names(item, field if field in _PEOPLE and inner in _NAMES else inner)
    elif isinstance(value, str) and field in _PEOPLE and not is_pseudonym(value):
        yield from (part for part in (value, *value.split()) if len(part) > 2)


def _without_people(
    value: Any,
    field: str,
    addresses: Callable[[str], str],
    names: Callable[[str], str],
    pseudonym: Pseudonym,
) -> Any:
    """The value of a field; fields of a person's object are read as the person's own."""
    if isinstance(value, str):
        if field in _PEOPLE:
            return value if not value or is_pseudonym(value) else pseudonym(value)
        return addresses(value) if field in _KEPT else names(value)
    if isinstance(value, list):
        return [_without_people(item, field, addresses, names, pseudonym) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        inner: _without_people(
            item, field if field in _PEOPLE and inner in _NAMES else inner, addresses, names, pseudonym
        )
        for inner, item in value.items()
    }
