"""What must not stay of a notification: who started a sync, e-mail addresses, and configuration with its credentials.

A template may send the whole Application. Helm values, plugin environments and kubectl's copies of manifests hold
credentials as often as settings, and are not read.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeGuard

from seamline.model.payload import is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym

_DROPPED = frozenset({"helm", "kubectl.kubernetes.io/last-applied-configuration", "managedFields", "plugin"})
_PERSON_FIELDS = frozenset(
    {
        "actor",
        "author",
        "committer",
        "deployed_by",
        "deployedBy",
        "email",
        "initiated_by",
        "initiatedBy",
        "triggered_by",
        "triggeredBy",
        "user",
        "username",
    }
)
# Fields that the reading depends on: a person may be called like an application.
_PLAIN = frozenset(
    {
        "app",
        "application",
        "chart",
        "cluster",
        "environment",
        "finishedAt",
        "health",
        "lastTransitionTime",
        "name",
        "namespace",
        "path",
        "phase",
        "project",
        "repoURL",
        "revision",
        "revisions",
        "server",
        "startedAt",
        "status",
        "targetRevision",
        "uid",
    }
)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The notification without people and configuration."""
    return rewrite(body, lambda document: _redacted(document, pseudonym))


def _redacted(document: Any, pseudonym: Pseudonym) -> Any:
    return _cleared(document, "", replacer(pseudonym, words=set(_names(document))), pseudonym)


def _names(value: Any) -> Iterator[str]:
    """Whoever stands in a field for a person."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif isinstance(value, dict):
        for field, item in value.items():
            if field in _PERSON_FIELDS and _is_name(item):
                yield item
            yield from _names(item)


def _is_name(word: Any) -> TypeGuard[str]:
    return isinstance(word, str) and len(word) > 1 and not is_pseudonym(word)


def _cleared(value: Any, field: str, replace: Callable[[str], str], pseudonym: Pseudonym) -> Any:
    if isinstance(value, str):
        if field in _PERSON_FIELDS:
            return pseudonym(value) if _is_name(value) else value
        return value if field in _PLAIN else replace(value)
    if isinstance(value, list):
        return [_cleared(item, field, replace, pseudonym) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        inner: _cleared(item, inner, replace, pseudonym)
        for inner, item in value.items()
        if inner not in _DROPPED
    }
