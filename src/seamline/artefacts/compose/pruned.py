"""A compose service as it may be kept: names, keys, numbers, addresses; no value that could be a secret."""

from collections.abc import Mapping
from typing import Any

from seamline.analysis.manifests.plain import is_scalar, table, word, words
from seamline.analysis.manifests.secrets import kept, kept_words

_WHOLE = frozenset(
    {"image", "container_name", "hostname", "ports", "expose", "networks", "profiles", "restart", "platform", "scale",
     "depends_on", "links", "env_file", "network_mode", "cpus", "mem_limit", "mem_reservation", "extends"}
)  # fmt: skip
_OF_DEPLOY = frozenset({"replicas", "mode", "resources"})
_DEPTH = 20


def pruned(content: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept of a service. Builds, volumes, health checks and labels are left out."""
    out = {key: _plain(value, _DEPTH) for key, value in table(content).items() if key in _WHOLE}
    if deploy := table(content, "deploy"):
        out["deploy"] = {key: _plain(value, _DEPTH) for key, value in deploy.items() if key in _OF_DEPLOY}
    if env := _environment(content):
        out["environment"] = env
    if command := words(content, "command"):
        out["command"] = kept_words(command)
    return out


def _environment(content: Mapping[str, Any]) -> dict[str, str]:
    """Variables in the form of a table; None becomes "", as what comes from outside has no value here."""
    said = table(content, "environment")
    pairs = list(said.items()) or [
        (k, v) for k, _, v in (w.partition("=") for w in words(content, "environment"))
    ]
    return {key: kept(key, word(value)) if is_scalar(value) else "" for key, value in pairs}


def _plain(value: Any, depth: int) -> Any:
    if depth == 0:
        return None
    if isinstance(value, Mapping):
        return {key: _plain(inner, depth - 1) for key, inner in table(value).items()}
    if isinstance(value, list):
        return [_plain(inner, depth - 1) for inner in value]
    return (
        value
        if not isinstance(value, str) or (len(value) < 500 and "@" not in value.partition("@sha256:")[0])
        else ""
    )
