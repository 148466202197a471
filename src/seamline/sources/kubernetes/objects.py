"""What Kubernetes objects are set to, and what two versions of one differ in.

A setting is what a person or a controller may change and production feels: images, replicas, environment
variables, resources, an autoscaler's bounds, a forced restart. Status and annotations are not settings.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from seamline.model.errors import Unreadable
from seamline.model.event import ChangeKind
from seamline.model.payload import Stamp, decode, moment

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
AUTOSCALER = "HorizontalPodAutoscaler"

Value = float | str
Settings = Mapping[tuple[ChangeKind, str], Value]  # what changing it is, and its name -> what it is set to

# A change of several kinds is named after the first of these.
_FIRST: tuple[ChangeKind, ...] = ("deploy", "config", "scale", "manual")
_NUMBER = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?")


class Managed(Struct, frozen=True):
    """When somebody last wrote some fields of an object; `subresource` is set for status and the like."""

    time: Stamp = None
    subresource: str | None = None


class Meta(Struct, frozen=True, rename="camel"):
    """The part of an object's metadata we read."""

    name: str = ""
    namespace: str | None = None
    uid: str | None = None
    generation: int | str | None = None
    resource_version: int | str | None = None
    creation_timestamp: Stamp = None
    deletion_timestamp: Stamp = None
    managed_fields: tuple[Managed, ...] | None = None


class Variable(Struct, frozen=True, rename="camel"):
    """An environment variable. In the log, a `value` that is no number is a pseudonym of it."""

    name: str
    value: str | int | float | None = None
    value_from: Any = None


class Container(Struct, frozen=True):
    """The part of a container we read."""

    name: str = ""
    image: str | None = None
    env: tuple[Variable, ...] | None = None
    resources: Any = None


class Pod(Struct, frozen=True):
    """The part of a pod's specification we read."""

    containers: tuple[Container, ...] | None = None


class Template(Struct, frozen=True):
    """A pod template; `metadata` keeps the annotation that `kubectl rollout restart` writes."""

    spec: Pod | None = None
    metadata: dict[str, Any] | None = None


class Target(Struct, frozen=True):
    """What an autoscaler scales."""

    kind: str
    name: str


class Spec(Struct, frozen=True, rename="camel"):
    """The part of a workload's or an autoscaler's specification we read."""

    replicas: int | None = None
    template: Template | None = None
    min_replicas: int | None = None
    max_replicas: int | None = None
    metrics: Any = None
    scale_target_ref: Target | None = None


class Object(Struct, frozen=True):
    """A workload or an autoscaler."""

    metadata: Meta
    spec: Spec | None = None

    def changed_at(self, default: datetime) -> datetime:
        """When it was deleted, else when somebody last wrote more than its status."""
        written = [m.time for m in self.metadata.managed_fields or () if not m.subresource and m.time]
        times = [moment(time, default) for time in written]
        return moment(self.metadata.deletion_timestamp, max(times, default=default))


class Difference(Struct, frozen=True):
    """What changed from one version of an object to the next."""

    kind: ChangeKind
    facts: Mapping[str, Value]  # numbers, images and restarts by name; `changed` lists every name
    image: str = ""  # the new one, when it changed


def read(raw: msgspec.Raw) -> Object:
    """The object. Raises Unreadable, also when it has no name."""
    read = decode(raw, Object)
    if not read.metadata.name:
        raise Unreadable("a Kubernetes object without a name")
    return read


def difference(old: Object, new: Object) -> Difference | None:
    """What the two are set to differently; None when that is nothing."""
    was, now = _settings(old.spec), _settings(new.spec)
    changed = sorted(key for key in was.keys() | now.keys() if was.get(key) != now.get(key))
    if not changed:
        return None
    facts: dict[str, Value] = {"changed": ", ".join(setting for _, setting in changed)}
    for key in changed:
        facts |= _facts(key, was, now)
    images = [str(now[key]) for key in changed if key[0] == "deploy" and key in now]
    kind = min((kind for kind, _ in changed), key=_FIRST.index)
    return Difference(kind, facts, images[0] if images else "")


def _facts(key: tuple[ChangeKind, str], was: Settings, now: Settings) -> dict[str, Value]:
    """One setting's facts. Texts of configuration are left out: they may be credentials."""
    kind, setting = key
    if kind == "scale":
        sides = {f"{setting}_from": was.get(key), f"{setting}_to": now.get(key)}
        return {side: value for side, value in sides.items() if value is not None}
    value = now.get(key)
    return {} if value is None or (kind == "config" and isinstance(value, str)) else {setting: value}


def _settings(spec: Spec | None) -> Settings:
    if spec is None:
        return {}
    found: dict[tuple[ChangeKind, str], Value] = {}
    for kind, setting, number in (
        ("scale", "replicas", spec.replicas),
        ("config", "min_replicas", spec.min_replicas),
        ("config", "max_replicas", spec.max_replicas),
    ):
        if number is not None:
            found[kind, setting] = _value(number)  # type: ignore[index]
    if spec.metrics is not None:
        found["config", "metrics"] = _text(spec.metrics)
    return found | dict(_of_template(spec.template or Template()))


def _of_template(template: Template) -> Iterator[tuple[tuple[ChangeKind, str], Value]]:
    for annotation, value in _annotations(template.metadata):
        if annotation.endswith("restartedAt"):
            yield ("manual", "restarted_at"), str(value)
    containers = (template.spec.containers if template.spec else None) or ()
    for container in containers:
        suffix = "" if len(containers) == 1 else f".{container.name}"
        if container.image:
            yield ("deploy", f"image{suffix}"), container.image
        if container.resources:
            yield ("config", f"resources{suffix}"), _text(container.resources)
        for variable in container.env or ():
            yield ("config", f"{variable.name.lower()}{suffix}"), _of_variable(variable)


def _annotations(metadata: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    annotations = (metadata or {}).get("annotations")
    return sorted(annotations.items()) if isinstance(annotations, dict) else []


def _of_variable(variable: Variable) -> Value:
    if variable.value is not None:
        return _value(variable.value)
    return _text(variable.value_from)


def _value(said: str | float) -> Value:
    """A number where the text is one, so that "12" and 12 are the same setting."""
    text = str(said).strip()
    return float(text) if _NUMBER.fullmatch(text) else text


def _text(value: Any) -> str:
    return msgspec.json.encode(value, order="deterministic").decode()


def is_number(text: str) -> bool:
    """Whether a variable's value says nothing but a number."""
    return _NUMBER.fullmatch(text.strip()) is not None
