"""Objects as they may be kept: names, keys, numbers, addresses; no value that could be a secret."""

import re
from collections.abc import Mapping
from typing import Any

from seamline.analysis.manifests.objects import ROUTES, WORKLOADS, Manifest
from seamline.analysis.manifests.plain import is_scalar, table, texts, word
from seamline.analysis.manifests.secrets import kept, kept_words, sounds_secret

_WHOLE = WORKLOADS | ROUTES | {
    "Service", "Ingress", "HorizontalPodAutoscaler", "ScaledObject", "PodDisruptionBudget", "NetworkPolicy",
    "PersistentVolumeClaim", "StorageClass", "ServiceAccount", "Namespace", "Gateway",
}  # fmt: skip
_KEYS_ONLY = ("data", "binaryData", "stringData")
_COMMANDS = frozenset({"command", "args"})
_SPECIFIED = frozenset(
    {"spec", "type", "immutable", "automountServiceAccountToken", "allowVolumeExpansion", "provisioner"}
)
# Fields that sound like secrets and hold names of objects, or switches.
_REFERS = frozenset(
    {"automountServiceAccountToken", "existingSecret", "key", "name", "secret", "secretName", "topologyKey"}
)
_LABELS = frozenset({"labels", "matchLabels", "selector", "nodeSelector", "namespaceSelector", "podSelector"})
_USER = re.compile(r"(?<=://)[^/@\s]+@")
_LONGEST = 1_000
_DEPTH = 60


def pruned(one: Manifest) -> dict[str, Any]:
    """What is kept of an object. Of kinds that no rule speaks of, what it is and is called."""
    out: dict[str, Any] = {"apiVersion": one.api_version, "kind": one.kind, "metadata": _metadata(one)}
    for field in _KEYS_ONLY:
        if one.kind in ("ConfigMap", "Secret") and (found := table(one.content, field)):
            out[field] = dict.fromkeys(sorted(found), "")
    if one.kind in _WHOLE:
        out |= {k: _of(k, v, _DEPTH) for k, v in table(one.content).items() if k in _SPECIFIED}
    return out


def _metadata(one: Manifest) -> dict[str, Any]:
    out: dict[str, Any] = {"name": one.name}
    if one.namespace:
        out["namespace"] = one.namespace
    if one.labels:
        out["labels"] = one.labels
    return out


def _of(key: str, value: Any, depth: int) -> Any:
    """A field's value without secrets; what is nested beyond `depth` is left out."""
    if depth == 0:
        return None
    if key in _COMMANDS and isinstance(value, list):
        return kept_words([word(v) for v in value if is_scalar(v)], program=key == "command")
    if key in ("env", "httpHeaders") and isinstance(value, list):
        return [_variable(v, depth - 1) for v in value if isinstance(v, Mapping)]
    if key == "annotations":
        return {}
    if key == "metadata" and isinstance(value, Mapping):
        return {k: _named(k, v) for k, v in table(value).items() if k == "labels" or is_scalar(v)}
    if isinstance(value, Mapping):
        return {
            k: v if key in _LABELS and is_scalar(v) else _of(k, v, depth - 1) for k, v in table(value).items()
        }
    if isinstance(value, list):
        return [_of(key, v, depth - 1) for v in value]
    return _scalar(key, value)


def _named(key: str, value: Any) -> Any:
    """What is kept of the metadata of something inside an object: its names, and figures of a trigger."""
    if key == "labels":
        return texts({key: value}, key)
    return word(value) if key in ("name", "namespace") else kept(key, word(value))


def _variable(row: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """One of `env`: its name, where its value comes from, and of a literal what may be kept."""
    out = {k: _of(k, v, depth) for k, v in table(row).items() if k != "value"}
    value = row.get("value")
    if is_scalar(value):
        out["value"] = kept(word(row.get("name", "")), word(value))
    return out


def _scalar(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if sounds_secret(key) and key not in _REFERS:
        return ""
    return _USER.sub("", value) if len(value) <= _LONGEST and "\n" not in value else ""
