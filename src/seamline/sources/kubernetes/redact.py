"""What must not stay of a Kubernetes delivery: e-mails anywhere, and texts of environment variables.

Variables hold credentials as often as settings. A number stays as it is; any other value becomes a pseudonym,
so that a change of it is still seen. kubectl's copy of the whole manifest is dropped.
"""

from collections.abc import Callable, Mapping
from typing import Any

from seamline.model.payload import is_pseudonym, replacer, rewrite
from seamline.model.ports import Pseudonym
from seamline.sources.kubernetes.objects import is_number

_MANIFEST_COPY = "kubectl.kubernetes.io/last-applied-configuration"


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """The delivery without e-mails and without what variables are set to."""
    replace = replacer(pseudonym)
    return rewrite(body, lambda document: _cleared(document, replace, pseudonym))


def _cleared(value: Any, replace: Callable[[str], str], pseudonym: Pseudonym) -> Any:
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, list):
        return [_cleared(item, replace, pseudonym) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        field: _variables(item, pseudonym) if field == "env" else _cleared(item, replace, pseudonym)
        for field, item in value.items()
        if field != _MANIFEST_COPY
    }


def _variables(env: Any, pseudonym: Pseudonym) -> Any:
    """The `env` of a container; any other thing of that name is left as it is."""
    if not isinstance(env, list):
        return env
    return [_variable(item, pseudonym) if isinstance(item, dict) else item for item in env]


def _variable(variable: Mapping[str, Any], pseudonym: Pseudonym) -> dict[str, Any]:
    value = variable.get("value")
    says_itself = not isinstance(value, str) or is_number(value) or is_pseudonym(value)
    return dict(variable) if says_itself else {**variable, "value": pseudonym(str(value))}
