"""What is personal in a GitHub delivery: accounts of people, authors of commits, e-mails, mentions.

A person's object shrinks to a pseudonym and its type (ids, avatars and links lead back to the person), and
its names are replaced wherever else they stand. Organisations and bots are not people. A repository in a
personal account keeps its full name, which is its identity.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec.json import encode

from seamline.model.errors import Unreadable
from seamline.model.payload import EMAIL, N_WORDS, decode, is_pseudonym, replacer
from seamline.model.ports import Pseudonym
from seamline.sources.github.parse import json_of

_MENTION = r"(?<![\w/@.])@[A-Za-z0-9][A-Za-z0-9-]{0,38}(?![\w/-])"

# Fields that may hold an account without its `type`.
_PEOPLE = frozenset(
    {
        "sender",
        "creator",
        "user",
        "author",
        "committer",
        "pusher",
        "assignee",
        "actor",
        "triggering_actor",
        "merged_by",
        "approver",
        "reviewer",
        "requested_reviewer",
        "dismissed_by",
        "closed_by",
    }
)
# Fields that the reading depends on: an account may be called "deploy" or "main".
_PLAIN = frozenset(
    {
        "action",
        "conclusion",
        "created_at",
        "default_branch",
        "environment",
        "head_sha",
        "kind",
        "original_environment",
        "release",
        "sha",
        "state",
        "status",
        "task",
        "type",
        "updated_at",
        "version",
    }
)
_NESTED = (dict, list)
_Nested = dict[str, Any] | list[Any]
_NAMED = ("login", "name", "username")
_KEPT = (*_NAMED, "type")
_MACHINE = "web-flow"  # the account that commits what people do in the browser


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The delivery without people; a form-encoded body comes back as its JSON."""
    text = json_of(body)
    whole = [decode(text, object)]
    try:
        names: set[str] = set()
        changed = _take_people_out(whole, "", pseudonym, names)
        plain = encode(whole[0])
        if _may_hold(plain, names):  # most deliveries name people in their own objects only
            keep = _own_names(whole[0])
            replace = replacer(pseudonym, patterns=(EMAIL, _MENTION), words=names, keep=keep)
            changed = _take_names_out(whole, "", replace) or changed
            plain = encode(whole[0])
    except RecursionError:
        raise Unreadable("the JSON is nested too deeply") from None
    return plain if changed else text


def _take_people_out(value: _Nested, field: str, pseudonym: Pseudonym, names: set[str]) -> bool:
    """Shrink the objects of people within `value`, and add what they are called; whether there was something to do."""
    changed = False
    for place, item in _entries(value):
        if not isinstance(item, _NESTED):
            continue
        inner = place if isinstance(place, str) else field
        if isinstance(item, dict) and _is_person(item, inner):
            names.update(_names(item, inner))
            value[place] = nobody = _nobody(item, pseudonym)
            changed = changed or nobody != item
        else:
            changed = _take_people_out(item, inner, pseudonym, names) or changed
    return changed


def _may_hold(plain: bytes, names: set[str]) -> bool:
    """Whether e-mails, mentions or names may stand in JSON whose objects of people are shrunk."""
    if plain.count(b"@") != plain.count(b'"git@'):  # clone addresses begin so
        return True
    return len(names) > N_WORDS or any(encode(name)[1:-1] in plain for name in names)


def _take_names_out(value: _Nested, field: str, replace: Callable[[str], str]) -> bool:
    """Rewrite the texts within `value`, whose people are shrunk; whether there was something to do."""
    changed = False
    for place, item in _entries(value):
        inner = place if isinstance(place, str) else field
        if isinstance(item, str):
            if inner not in _PLAIN and (text := replace(item)) != item:
                value[place], changed = text, True
        elif isinstance(item, _NESTED):
            changed = _take_names_out(item, inner, replace) or changed
    return changed


def _entries(value: _Nested) -> Iterable[tuple[Any, Any]]:
    """What is in an object or a list, each with its place there."""
    return value.items() if isinstance(value, dict) else enumerate(value)


def _own_names(document: Any) -> list[str]:
    """The full name of the repository that the delivery is about."""
    repository = document.get("repository") if isinstance(document, dict) else None
    full_name = repository.get("full_name") if isinstance(repository, dict) else None
    return [full_name] if isinstance(full_name, str) else []


def _is_person(value: Mapping[str, Any], field: str) -> bool:
    """Whether an object is a person's account or the author of a commit."""
    if isinstance(value.get("login"), str):
        kind = value.get("type")
        return kind in ("User", "Mannequin") or (kind is None and field in _PEOPLE)
    is_author = isinstance(value.get("email"), str) or field in _PEOPLE
    return "name" in value and is_author and value.get("username") != _MACHINE


def _names(value: _Nested, field: str) -> Iterator[str]:
    """Every name that people go by within `value`, itself included."""
    if isinstance(value, dict) and _is_person(value, field):
        yield from (name for name in _spelled(value).values() if len(name) > 1)
    for place, item in _entries(value):
        if isinstance(item, _NESTED):
            yield from _names(item, place if isinstance(place, str) else field)


def _spelled(person: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a person's object that hold a name which redaction has not met yet."""
    return {
        field: name
        for field in _NAMED
        if isinstance(name := person.get(field), str) and name and not is_pseudonym(name)
    }


def _nobody(person: Mapping[str, Any], pseudonym: Pseudonym) -> dict[str, Any]:
    """What is left of a person's object: its pseudonyms and its type."""
    kept = {
        field: person[field] for field in _KEPT if field in person and not isinstance(person[field], _NESTED)
    }
    for field, name in _spelled(person).items():
        kept[field] = pseudonym(name)
    return kept
