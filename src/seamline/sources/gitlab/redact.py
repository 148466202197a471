"""What is personal in a GitLab delivery: users, authors of commits, their ids, e-mails, mentions.

A person's object shrinks to pseudonyms of its names; its ids, avatars and addresses lead back and go. The names are
replaced wherever else they stand. GitLab doesn't say which user is a bot, so bots go too. A project in a personal
namespace keeps its full path, which is its identity.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

from seamline.model.payload import EMAIL, is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym

_MENTION = r"(?<![\w/@.])@[A-Za-z0-9_][\w.-]{0,254}(?<![.-])(?![\w/-])"

# Fields that may hold a person without a user name: authors of commits have a name and an address.
_PEOPLE = frozenset({"approver", "assignee", "assignees", "author", "owners", "reviewers", "user"})
_FLAT_NAMES = frozenset(
    {
        "author_name",
        "owner_name",
        "user_name",
        "user_username",
        "username",
    }
)
_IDS = frozenset(
    {
        "assignee_id",
        "assignee_ids",
        "author_id",
        "closed_by_id",
        "confirmed_by_id",
        "dismissed_by_id",
        "last_edited_by_id",
        "merge_user_id",
        "owner_id",
        "resolved_by_id",
        "reviewer_ids",
        "updated_by_id",
        "user_id",
    }
)
_DROPPED = frozenset({"author_email", "owner_email", "user_avatar", "user_email", "user_url"})
# Fields that the reading depends on: a person may be called "production" or "root".
_PLAIN = frozenset(
    {
        "action",
        "closed_at",
        "created_at",
        "default_branch",
        "environment",
        "environment_slug",
        "environment_tier",
        "event_name",
        "event_type",
        "id",
        "object_kind",
        "path_with_namespace",
        "ref",
        "severity",
        "sha",
        "short_sha",
        "state",
        "status",
        "status_changed_at",
        "type",
        "updated_at",
    }
)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The delivery without people."""
    return rewrite(body, lambda document: _redacted(document, pseudonym))


def _redacted(document: Any, pseudonym: Pseudonym) -> Any:
    replace = replacer(
        pseudonym,
        patterns=(EMAIL, _MENTION),
        words=set(_names(document, "")),
        keep=sorted(set(_paths(document))),
    )
    return _without_people(document, "", replace, pseudonym)


def _paths(document: Any) -> Iterator[str]:
    """The full paths of the projects that the delivery is about."""
    if not isinstance(document, dict):
        return
    for field in ("project", "source", "target"):
        project = document.get(field)
        if isinstance(project, dict) and isinstance(project.get("path_with_namespace"), str):
            yield project["path_with_namespace"]
    yield from _paths(document.get("object_attributes"))


def _is_person(value: Mapping[str, Any], field: str) -> bool:
    if isinstance(value.get("username"), str):
        return True
    return isinstance(value.get("name"), str) and (isinstance(value.get("email"), str) or field in _PEOPLE)


def _names(value: Any, field: str) -> Iterator[str]:
    """Every name that people go by in the document."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item, field)
    elif isinstance(value, dict):
        said = ("name", "username") if _is_person(value, field) else sorted(_FLAT_NAMES)
        yield from (name for name in map(value.get, said) if _is_name(name))
        for inner, item in value.items():
            yield from _names(item, inner)


def _is_name(word: Any) -> TypeGuard[str]:
    return isinstance(word, str) and len(word) > 1 and not is_pseudonym(word)


def _without_people(value: Any, field: str, replace: Callable[[str], str], pseudonym: Pseudonym) -> Any:
    if field in _IDS:
        return _id_pseudonym(value, pseudonym)
    if isinstance(value, str):
        return value if field in _PLAIN else replace(value)
    if isinstance(value, list):
        return [_without_people(item, field, replace, pseudonym) for item in value]
    if not isinstance(value, dict):
        return value
    if _is_person(value, field):
        return _nobody(value, pseudonym)
    return {
        inner: _without_people(item, inner, replace, pseudonym)
        for inner, item in value.items()
        if inner not in _DROPPED
    }


def _id_pseudonym(value: Any, pseudonym: Pseudonym) -> Any:
    """A person's id, several of them, or what they were and are, as pseudonyms."""
    if isinstance(value, list):
        return [_id_pseudonym(item, pseudonym) for item in value]
    if isinstance(value, dict):
        return {side: _id_pseudonym(item, pseudonym) for side, item in value.items()}
    is_id = isinstance(value, int) and not isinstance(value, bool)
    return pseudonym(str(value)) if is_id or (isinstance(value, str) and value.isdigit()) else value


def _nobody(person: Mapping[str, Any], pseudonym: Pseudonym) -> dict[str, Any]:
    """What is left of a person's object."""
    kept = {field: person[field] for field in ("name", "username") if field in person}
    return {field: pseudonym(name) if _is_name(name) else name for field, name in kept.items()}
