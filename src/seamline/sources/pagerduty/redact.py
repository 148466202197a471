"""What must not stay of a PagerDuty delivery: people, how to reach them, and the routing key.

A person's object shrinks to pseudonyms of its id and name, and the name is replaced wherever else it stands. In
`custom_details` the fields that usually hold a person are replaced whole. An event without a `dedup_key` keeps
the one it goes by, and was answered with: it is made of the payload as it came.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seamline.model.errors import Unreadable
from seamline.model.payload import EMAIL, is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym
from seamline.sources.pagerduty.envelope import read

_PERSON_TYPES = frozenset({"user", "user_reference", "contact_method", "contact_method_reference"})
_PERSON_FIELDS = frozenset(
    {
        "actor",
        "author",
        "committer",
        "created_by",
        "deployed_by",
        "deployer",
        "email",
        "initiated_by",
        "merged_by",
        "owner",
        "pusher",
        "requested_by",
        "requester",
        "triggered_by",
        "user",
        "user_name",
        "username",
    }
)
_DROPPED = frozenset({"routing_key", "conference_bridge"})  # credentials, the second one to a call
# Fields that the reading depends on, or that are no words of people's.
_PLAIN = frozenset(
    {
        "app",
        "application",
        "commit",
        "created_at",
        "dedup_key",
        "env",
        "environment",
        "event_action",
        "event_type",
        "id",
        "kind",
        "occurred_at",
        "release",
        "repo",
        "repository",
        "resource_type",
        "revision",
        "service",
        "service_name",
        "severity",
        "sha",
        "state",
        "status",
        "timestamp",
        "type",
        "urgency",
        "version",
    }
)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The delivery without people and keys."""
    return rewrite(_with_key(body), lambda document: _redacted(document, pseudonym))


def _with_key(body: bytes) -> bytes:
    """An event without a `dedup_key` with the one that it goes by; anything else as it is."""
    try:
        envelope = read(body)
    except Unreadable:
        return body
    if envelope.is_webhook or envelope.dedup_key:
        return body
    return rewrite(body, lambda document: {**document, "dedup_key": envelope.key})


def _redacted(document: Any, pseudonym: Pseudonym) -> Any:
    replace = replacer(pseudonym, patterns=(EMAIL,), words=set(_names(document)))
    return _without_people(document, "", replace, pseudonym)


def _is_person(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("type"), str) and value["type"] in _PERSON_TYPES


def _names(value: Any) -> Iterator[str]:
    """Every name of a person that the delivery holds as such."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        said = (value.get(field) for field in ("summary", "name") if _is_person(value))
        flat = (item for field, item in value.items() if field in _PERSON_FIELDS)
        yield from (word for word in (*said, *flat) if _is_name(word))
        for item in value.values():
            yield from _names(item)


def _is_name(word: Any) -> bool:
    return isinstance(word, str) and len(word) > 1 and not is_pseudonym(word)


def _without_people(value: Any, field: str, replace: Callable[[str], str], pseudonym: Pseudonym) -> Any:
    if isinstance(value, str):
        if field in _PERSON_FIELDS:
            return pseudonym(value) if _is_name(value) else value
        return value if field in _PLAIN else replace(value)
    if isinstance(value, list):
        return [_without_people(item, field, replace, pseudonym) for item in value]
    if not isinstance(value, dict):
        return value
    if _is_person(value):
        return _nobody(value, pseudonym)
    return {
        inner: _without_people(item, inner, replace, pseudonym)
        for inner, item in value.items()
        if inner not in _DROPPED
    }


def _nobody(person: Mapping[str, Any], pseudonym: Pseudonym) -> dict[str, Any]:
    """What is left of a person's object: pseudonyms of its id and names, and its type."""
    kept = {field: person[field] for field in ("id", "summary", "name", "type") if field in person}
    return kept | {
        field: pseudonym(text) for field, text in kept.items() if field != "type" and _is_name(text)
    }
