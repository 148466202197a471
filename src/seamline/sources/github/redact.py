"""What is personal in a GitHub delivery: accounts of people, authors of commits, e-mails, mentions.

A person's object shrinks to a pseudonym and its type (ids, avatars and links lead back to the person), and
its names are replaced wherever else they stand. Organisations and bots are not people. A repository in a
personal account keeps its full name, which is its identity.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from seamline.model.payload import EMAIL, is_pseudonym, replacer, rewrite
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
_MACHINE = "web-flow"  # the account that commits what people do in the browser


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The delivery without people; a form-encoded body comes back as its JSON."""
    return rewrite(json_of(body), lambda document: _redacted(document, pseudonym))


def _redacted(document: Any, pseudonym: Pseudonym) -> Any:
    replace = replacer(
        pseudonym,
        patterns=(EMAIL, _MENTION),
        words=set(_names(document, "")),
        keep=_own_names(document),
    )
    return _without_people(document, "", replace, pseudonym)


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


def _names(value: Any, field: str) -> Iterator[str]:
    """Every name that people go by in the document."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item, field)
    elif isinstance(value, dict):
        if _is_person(value, field):
            yield from (name for name in _spelled(value).values() if len(name) > 1)
        for inner, item in value.items():
            yield from _names(item, inner)


def _without_people(value: Any, field: str, replace: Callable[[str], str], pseudonym: Pseudonym) -> Any:
    if isinstance(value, str):
        return value if field in _PLAIN else replace(value)
    if isinstance(value, list):
        return [_without_people(item, field, replace, pseudonym) for item in value]
    if not isinstance(value, dict):
        return value
    if _is_person(value, field):
        return _nobody(value, pseudonym)
    return {inner: _without_people(item, inner, replace, pseudonym) for inner, item in value.items()}


def _spelled(person: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a person's object that hold a name which redaction has not met yet."""
    fields = {field: person.get(field) for field in ("login", "name", "username")}
    return {
        field: name
        for field, name in fields.items()
        if isinstance(name, str) and name and not is_pseudonym(name)
    }


def _nobody(person: Mapping[str, Any], pseudonym: Pseudonym) -> dict[str, Any]:
    """What is left of a person's object: its pseudonyms and its type."""
    kept = {field: person[field] for field in ("login", "name", "username", "type") if field in person}
    return kept | {field: pseudonym(name) for field, name in _spelled(person).items()}
