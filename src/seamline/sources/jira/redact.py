"""What is personal in a Jira delivery: users, mentions, e-mails, telephone numbers, what the history says of people.

A user's object shrinks to pseudonyms of its ids and names; avatars and addresses go. The names, whole and in parts,
are replaced wherever else they stand. Apps are not people. A third person's bare name in running text can't be told
from other words and stays. A `comment_*` delivery is not read and lacks the reporter's name: its texts go.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

from seamline.model.payload import EMAIL, is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym

_IDS = ("accountId", "key", "name")
_NAMES = ("displayName", "name")
_KEPT = ("accountId", "accountType", "active", "displayName", "key", "name")
_GIVEN_TO = frozenset({"approvers", "assignee", "creator", "reporter", "request participants"})
_HISTORY_IDS = ("from", "to", "tmpFromAccountId", "tmpToAccountId")
_HISTORY_NAMES = ("fromString", "toString")
_WRITTEN = frozenset({"body", "description", "renderedBody", "summary"})
# What is chosen from a list: no words of people's.
_CHOSEN = frozenset({"issuetype", "priority", "resolution", "status", "statusCategory", "issueLinkType"})
# Fields that the reading depends on, or that are no text of a person's.
_PLAIN = frozenset(
    {
        "created",
        "field",
        "fieldId",
        "fieldtype",
        "id",
        "issue_event_type_name",
        "key",
        "lastViewed",
        "resolutiondate",
        "statuscategorychangedate",
        "timestamp",
        "type",
        "updated",
        "webhookEvent",
    }
)

_STAND_IN = r"p_[a-z2-7]{12}\]"
_MENTION = (
    rf"(?<=\[~accountid:)(?!{_STAND_IN})[^\]\n]{{1,128}}(?=\])"
    rf"|(?<=\[~)(?!accountid:|{_STAND_IN})[^\]\n]{{1,128}}(?=\])"
)
_DATE = r"(?:\d{4}-\d\d-\d\d|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d))(?!\d)"
# International (+), national (0 or an area code in brackets) and North American numbers; not dates or ids.
_PHONE = (
    rf"(?<![\w.+-])(?!{_DATE})(?=(?:[ ./()+-]{{0,2}}\d){{7}})"
    r"(?:\+\d|\(\d{1,5}\)|0\d|\d{3}[ .-]\d{3}[ .-]\d{4}(?!\d))"
    r"(?:[ ./()-]{0,2}\d){0,14}"
)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The delivery without what leads back to a person; the issue's own key stays."""
    return rewrite(body, lambda document: _redacted(document, pseudonym))


def _redacted(document: Any, pseudonym: Pseudonym) -> Any:
    if isinstance(document, dict) and str(document.get("webhookEvent")).startswith("comment_"):
        document = _without_texts(document)
    names = [name for name in _names(document) if _is_name(name)]
    words = {part for name in names for part in (name, *_parts(name))}
    replace = replacer(pseudonym, patterns=(EMAIL, _MENTION, _PHONE), words=words)
    return _without_people(document, "", replace, pseudonym)


def _without_texts(value: Any) -> Any:
    """The same without what people wrote."""
    if isinstance(value, list):
        return [_without_texts(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {field: _without_texts(item) for field, item in value.items() if field not in _WRITTEN}


def _parts(name: str) -> Iterator[str]:
    """First and family names, which people also go by alone."""
    return (part for part in name.split() if len(part) > 2 and part[0].isupper())


def _is_name(word: Any) -> TypeGuard[str]:
    return isinstance(word, str) and len(word) > 1 and not is_pseudonym(word)


def _is_person(value: Mapping[str, Any]) -> bool:
    if value.get("accountType") == "app":
        return False
    return isinstance(value.get("accountId"), str) or isinstance(value.get("displayName"), str)


def _is_of_person(item: Mapping[str, Any]) -> bool:
    """Whether an item of the history says who had a field and who has it now."""
    field = item.get("field")
    given = isinstance(field, str) and field.lower() in _GIVEN_TO
    return "fromString" in item and (given or "tmpFromAccountId" in item or "tmpToAccountId" in item)


def _is_mention(node: Mapping[str, Any]) -> bool:
    """Whether a node of a document speaks of a person."""
    return node.get("type") == "mention" and isinstance(node.get("attrs"), dict)


def _names(value: Any) -> Iterator[Any]:
    """Every name that the delivery holds of a person, and ids that texts may mention."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        if _is_person(value):
            yield from map(value.get, ("accountId", *_NAMES))
        elif _is_of_person(value):
            yield from map(value.get, _HISTORY_NAMES)
        elif _is_mention(value):
            said = value["attrs"].get("text")
            yield said.removeprefix("@") if isinstance(said, str) else None
        for item in value.values():
            yield from _names(item)


def _without_people(value: Any, field: str, replace: Callable[[str], str], pseudonym: Pseudonym) -> Any:
    if field in _CHOSEN:
        return value
    if isinstance(value, str):
        return value if field in _PLAIN else replace(value)
    if isinstance(value, list):
        return [_without_people(item, field, replace, pseudonym) for item in value]
    if not isinstance(value, dict):
        return value
    if _is_person(value):
        return _pseudonyms(
            {word: value[word] for word in _KEPT if word in value}, (*_IDS, *_NAMES), pseudonym
        )
    changed = {inner: _without_people(item, inner, replace, pseudonym) for inner, item in value.items()}
    if _is_of_person(value):
        return _pseudonyms(changed, (*_HISTORY_IDS, *_HISTORY_NAMES), pseudonym)
    if _is_mention(value):
        return changed | {"attrs": _pseudonyms(changed["attrs"], ("id",), pseudonym)}
    return changed


def _pseudonyms(value: Mapping[str, Any], fields: tuple[str, ...], pseudonym: Pseudonym) -> dict[str, Any]:
    """The object with pseudonyms in these of its fields."""
    said = {field: value[field] for field in fields if field in value}
    return dict(value) | {field: pseudonym(word) if _is_name(word) else word for field, word in said.items()}
