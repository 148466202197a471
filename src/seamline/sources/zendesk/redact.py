"""What is personal in a Zendesk delivery: ids and names of people, e-mails, phone numbers, sign-offs.

Names are found where the delivery says that they are names (a requester's or author's object, `via.source`),
and where people write their own: "my name is ...", "Kind regards, ...", a last line, a line above an address.
A third person's bare name in running text can't be told from other words and stays.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seamline.model.payload import EMAIL, is_pseudonym, replacer, rewrite
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
_NAME_FIELDS = frozenset({"name", "display_name", "first_name", "last_name", "full_name", "alias"})
_FLAT_NAMES = ("author_name", "requester_name")
_CONTACT_FIELDS = frozenset({"email", "phone", "address"})
_OF_A_PERSON = "zen:event-type:user."
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

_NAME = r"[^\W\d_a-z][\w'’-]+(?:[ ](?:[^\W\d_a-z]\.|[^\W\d_a-z][\w'’-]+)){0,3}"
_DATE = r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d))(?!\d)"
# International (+), national (0 or an area code in brackets) and North American numbers; not dates or ids.
_PHONE = (
    rf"(?<![\w.+-])(?!{_DATE})(?=(?:[ ./()+-]{{0,2}}\d){{7}})"
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
    found = [name for name in _names(document, "") if len(name) > 1 and not is_pseudonym(name)]
    names = {part for name in found for part in (name, *_parts(name))}
    replace = replacer(pseudonym, patterns=(EMAIL, _PHONE), words=names)
    rewritten = _without_people(document, "", replace, pseudonym)
    return _without_ids(rewritten, pseudonym)


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
            yield from (name for name in map(value.get, sorted(_NAME_FIELDS)) if isinstance(name, str))
        yield from (value[word] for word in _FLAT_NAMES if isinstance(value.get(word), str))
        for inner, item in value.items():
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


def _without_ids(document: Any, pseudonym: Pseudonym) -> Any:
    """The document with pseudonyms where the kind of event decides that an id is a person's."""
    if not isinstance(document, dict):
        return document
    happened = str(document.get("type"))
    if happened.startswith(_OF_A_PERSON):
        subject = str(document.get("subject")).rpartition(":")
        named = "".join((*subject[:2], str(_id_pseudonym(subject[2], pseudonym))))
        return {**document, "subject": named, **_with_ids(document, "detail", ("id",), pseudonym)}
    if happened.endswith(_ID_CHANGES):
        return {**document, **_with_ids(document, "event", ("current", "previous"), pseudonym)}
    return document


def _with_ids(document: Mapping[str, Any], part: str, fields: tuple[str, ...], pseudonym: Pseudonym) -> Any:
    """One part of the document, when it is there, with pseudonyms in these of its fields."""
    inner = document.get(part)
    if not isinstance(inner, dict):
        return {}
    return {
        part: inner | {field: _id_pseudonym(inner[field], pseudonym) for field in fields if field in inner}
    }
