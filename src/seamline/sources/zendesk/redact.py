"""What is personal in a Zendesk delivery: ids and names of people, e-mails, phone numbers, sign-offs.

Names are found where the delivery says that they are names (a requester's or author's object, `via.source`),
and where people write their own: "my name is ...", "Kind regards, ...", a last line, a line above an address.
A third person's bare name in running text can't be told from other words and stays.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seamline.model.payload import EMAIL, replacer, rewrite
from seamline.model.ports import Pseudonym

_PERSON_IDS = frozenset(
    {"actor_id", "assignee_id", "author_id", "requester_id", "submitter_id", "updated_by_id"}
)
_PERSON_ID_LISTS = frozenset({"collaborator_ids", "email_cc_ids", "follower_ids"})
_PEOPLE = frozenset(
    {
        "actor",
        "assignee",
        "author",
        "collaborator",
        "from",
        "recipient",
        "requester",
        "submitter",
        "to",
        "user",
    }
)
_NAME_FIELDS = frozenset(
    {"name", "display_name", "first_name", "last_name", "full_name", "alias", "author_name", "requester_name"}
)
_CONTACT_FIELDS = frozenset({"email", "phone", "address"})
# Event types whose `current` and `previous` are the ids of people.
_ID_CHANGES = ("agent_assignment_changed", "requester_changed", "submitter_changed")
# Fields that are no text of a person's: ids, kinds, times, addresses of our own.
_PLAIN = frozenset(
    {
        "channel",
        "created_at",
        "id",
        "priority",
        "status",
        "subject_id",
        "tags",
        "time",
        "type",
        "updated_at",
        "url",
    }
)

_NAME = r"[^\W\d_a-z][\w'’-]+(?:[ ][^\W\d_a-z][\w'’.-]*){0,3}"
_DATE = r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d))(?!\d)"
# International (+), national (0 or an area code in brackets) and North American numbers; not dates or ids.
_PHONE = (
    rf"(?<![\w.+-])(?!{_DATE})"
    r"(?:\+\d|\(\d{1,5}\)|0\d|\d{3}[ .-]\d{3}[ .-]\d{4}(?!\d))"
    r"(?:[ ./()-]{0,2}\d){0,14}"
)
_OWN_NAMES = (
    re.compile(rf"(?i:\bmy name is|\bmein name ist|\bthis is)[ ]+({_NAME})"),
    re.compile(
        r"(?i:\bregards|\bthanks|\bthank you|\bcheers|\bsincerely|\bbest wishes|\bgrüßen?)"
        rf"[ ]*[,.!\n-][\s,-]{{0,4}}({_NAME})\s*\Z"
    ),
    re.compile(rf"^[ ]*({_NAME})[ ,]*\n+[ ]*(?:\w+: ?)?(?={EMAIL}|{_PHONE})", re.MULTILINE),
    re.compile(rf"\n[ \t]*\n[ ]*({_NAME})\s*\Z"),
)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The delivery without what leads back to a person; the ticket's own number stays."""
    return rewrite(body, lambda document: _redacted(document, pseudonym))


def _redacted(document: Any, pseudonym: Pseudonym) -> Any:
    names = {part for name in _names(document, "") for part in (name, *_parts(name))}
    replace = replacer(pseudonym, patterns=(EMAIL, _PHONE), words=names)
    rewritten = _without_people(document, "", replace, pseudonym)
    return _with_changed_ids(rewritten, pseudonym)


def _parts(name: str) -> Iterator[str]:
    """First and family names, which people also go by alone."""
    return (part for part in name.split() if len(part) > 2 and part[0].isupper())


def _names(value: Any, field: str) -> Iterator[str]:
    """Every name the delivery holds of a person."""
    if isinstance(value, str):
        yield from (match[1] for own_name in _OWN_NAMES for match in own_name.finditer(value))
    elif isinstance(value, list):
        for item in value:
            yield from _names(item, field)
    elif isinstance(value, dict):
        if field in _PEOPLE or not _CONTACT_FIELDS.isdisjoint(value):
            spelled = (value.get(word) for word in _NAME_FIELDS)
            yield from (name for name in spelled if isinstance(name, str) and len(name) > 1)
        for inner, item in value.items():
            if inner in ("author_name", "requester_name") and isinstance(item, str):
                yield item
            yield from _names(item, inner)


def _without_people(value: Any, field: str, replace: Callable[[str], str], pseudonym: Pseudonym) -> Any:
    if field in _PERSON_IDS or field in _PERSON_ID_LISTS:
        return _id_pseudonym(value, pseudonym)
    if isinstance(value, str):
        return value if field in _PLAIN else replace(value)
    if isinstance(value, list):
        return [_without_people(item, field, replace, pseudonym) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {inner: _without_people(item, inner, replace, pseudonym) for inner, item in value.items()}
    if field in _PEOPLE and "id" in value:
        changed["id"] = _id_pseudonym(value["id"], pseudonym)
    return changed


def _id_pseudonym(value: Any, pseudonym: Pseudonym) -> Any:
    """A person's id as a pseudonym. An id is a number or its digits; anything else was redacted before."""
    if isinstance(value, list):
        return [_id_pseudonym(item, pseudonym) for item in value]
    is_id = isinstance(value, int) and not isinstance(value, bool)
    return pseudonym(str(value)) if is_id or (isinstance(value, str) and value.isdigit()) else value


def _with_changed_ids(document: Any, pseudonym: Pseudonym) -> Any:
    """The document with pseudonyms for the ids in an event that says which person a ticket went to."""
    if not isinstance(document, dict) or not isinstance(document.get("event"), dict):
        return document
    if not str(document.get("type")).endswith(_ID_CHANGES):
        return document
    event = document["event"]
    ids = {side: _id_pseudonym(event[side], pseudonym) for side in ("current", "previous") if side in event}
    return {**document, "event": {**event, **ids}}
