"""What is personal in a CloudEvent: people in the fields that name them, their names elsewhere, e-mail addresses.

Events of unknown types may hold anything: there, too, all that stands in a person's object goes, with every
address. Data that can't be looked into (base64, a binary format) makes the whole unreadable, so that it is sealed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from seamline.model.errors import Unreadable
from seamline.model.payload import is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym
from seamline.sources.cloudevents.envelope import is_binary

_PEOPLE = frozenset(
    {"actor", "assignee", "assignees", "author", "committer", "creator", "reporter", "requester", "reviewer"}
    | {"reviewers", "sender", "updatedBy", "user", "approver", "approvers"}
)
# Fields that hold a person's name or number wherever they stand.
_NAMES = frozenset(
    {"displayName", "firstName", "first_name", "fullName", "full_name", "lastName", "last_name", "login"}
    | {"phone", "phoneNumber", "username", "userName", "user_name"}
)
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
    names = replacer(pseudonym, words=set(_names(document, "", of_person=False)))

    def person(text: str) -> str:
        return text if not text or is_pseudonym(text) else pseudonym(text)

    def without_people(value: Any, field: str, of_person: bool) -> Any:
        if isinstance(value, str):
            if of_person or field in _NAMES:
                return person(value)
            return addresses(value) if field in _KEPT else names(value)
        if isinstance(value, list):
            return [without_people(item, field, of_person) for item in value]
        if not isinstance(value, dict):
            return value
        return {
            inner: without_people(item, inner, of_person or inner in _PEOPLE) for inner, item in value.items()
        }

    return without_people(document, "", False)


def _names(value: Any, field: str, *, of_person: bool) -> Iterator[str]:
    """What people are called, and its parts, by which they go alone."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item, field, of_person=of_person)
    elif isinstance(value, dict):
        for inner, item in value.items():
            yield from _names(item, inner, of_person=of_person or inner in _PEOPLE)
    elif isinstance(value, str) and (field in _NAMES | _PEOPLE or (of_person and field == "name")):
        spelled = () if is_pseudonym(value) else (value, *value.split())
        yield from (part for part in spelled if len(part) > 2)
