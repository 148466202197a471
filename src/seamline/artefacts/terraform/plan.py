"""The resources of a plan or a state, whichever of the JSON forms a file has.

https://developer.hashicorp.com/terraform/internals/json-format (format_version 0.x and 1.x: `terraform show -json`), and
the state file itself (version 4). Values marked as sensitive are dropped before anything else looks.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from seamline.analysis.manifests.plain import entries, part, rows, table, text, words

_DEEPEST = 20  # modules in modules


class Resource(Struct, frozen=True):
    """One resource as it is, or as it will be. `path` is where it stands in the document."""

    address: str
    type: str
    values: Mapping[str, Any]
    path: tuple[str | int, ...]
    actions: tuple[str, ...] = ()  # of a plan: create, read, update, delete, no-op, forget
    why: str = ""  # action_reason
    replaces: tuple[str, ...] = ()  # fields that force a replacement


def is_terraform(content: Any) -> bool:
    """Whether a JSON document is a plan or a state."""
    shown = text(content, "format_version")[:2] in ("0.", "1.") and any(
        isinstance(part(content, key), Mapping | list)
        for key in ("planned_values", "values", "resource_changes", "prior_state")
    )
    return shown or _is_state_file(content)


def _is_state_file(content: Any) -> bool:
    return bool(text(content, "terraform_version")) and isinstance(part(content, "resources"), list)


def resources(content: Any) -> Iterator[Resource]:
    """Managed resources: of a plan what will be with what is done to each, of a state what is."""
    if _is_state_file(content):
        yield from _of_state_file(content)
        return
    changes = {
        text(c, "address"): (n, c) for n, c in enumerate(entries(content, "resource_changes")) if _changes(c)
    }
    seen: set[str] = set()
    for root in ("planned_values", "values"):
        for resource in _of_module(table(content, root, "root_module"), (root, "root_module"), 0):
            if resource.address not in seen:
                seen.add(resource.address)
                change = changes.get(resource.address, (0, {}))[1]
                yield _with_change(resource, change) if change else resource
    for address, (n, change) in changes.items():
        if address not in seen:  # deleted: it has no planned values
            yield _of_change(address, change, ("resource_changes", n))


def _changes(change: Any) -> bool:
    return bool(text(change, "address")) and text(change, "mode") in ("", "managed")


def _of_module(module: Mapping[str, Any], path: tuple[str | int, ...], depth: int) -> Iterator[Resource]:
    for n, row in enumerate(entries(module, "resources")):
        if text(row, "mode") in ("", "managed") and text(row, "type"):
            values = without_sensitive(table(row, "values"), part(row, "sensitive_values"))
            yield Resource(text(row, "address"), text(row, "type"), values, (*path, "resources", n))
    if depth < _DEEPEST:
        for n, child in enumerate(entries(module, "child_modules")):
            yield from _of_module(table(child), (*path, "child_modules", n), depth + 1)


def _with_change(resource: Resource, change: Any) -> Resource:
    told = _of_change(resource.address, change, resource.path)
    values = {**told.values, **{k: v for k, v in resource.values.items() if v is not None}}
    sensitive = part(change, "change", "after_sensitive")
    return Resource(
        resource.address, resource.type, without_sensitive(values, sensitive), resource.path, told.actions,
        told.why, told.replaces,
    )  # fmt: skip


def _of_change(address: str, change: Any, path: tuple[str | int, ...]) -> Resource:
    before = without_sensitive(table(change, "change", "before"), part(change, "change", "before_sensitive"))
    after = without_sensitive(table(change, "change", "after"), part(change, "change", "after_sensitive"))
    replaces = [str(p[0]) for p in entries(change, "change", "replace_paths") if isinstance(p, list) and p]
    return Resource(
        address, text(change, "type"), {**before, **{k: v for k, v in after.items() if v is not None}}, path,
        tuple(words(change, "change", "actions")), text(change, "action_reason"), tuple(replaces),
    )  # fmt: skip


def _of_state_file(content: Any) -> Iterator[Resource]:
    for n, row in enumerate(rows(content, "resources")):
        if text(row, "mode") != "managed" or not text(row, "type"):
            continue
        prefix = f"{text(row, 'module')}." if text(row, "module") else ""
        for m, instance in enumerate(rows(row, "instances")):
            hidden = {
                text(step, "value")
                for path in entries(instance, "sensitive_attributes")
                for step in _steps(path)
            }
            values = {k: v for k, v in table(instance, "attributes").items() if k not in hidden}
            key = part(instance, "index_key")
            address = f"{prefix}{text(row, 'type')}.{text(row, 'name')}" + (
                "" if key is None else f"[{key!r}]"
            )
            yield Resource(address, text(row, "type"), values, ("resources", n, "instances", m))


def _steps(path: Any) -> list[Any]:
    """The first step of a sensitive path: the whole attribute is dropped."""
    return list(path[:1]) if isinstance(path, list) else []


def without_sensitive(values: Mapping[str, Any], sensitive: Any) -> dict[str, Any]:
    """Top-level fields no part of which is marked as sensitive.

    >>> without_sensitive({"name": "a", "password": "b", "tags": {"x": 1}}, {"password": True, "tags": {}})
    {'name': 'a', 'tags': {'x': 1}}
    """
    if sensitive is True:
        return {}
    return {key: value for key, value in values.items() if not _marked(part(sensitive, key), 0)}


def _marked(mark: Any, depth: int) -> bool:
    if depth > _DEEPEST:
        return True
    if isinstance(mark, Mapping):
        return any(_marked(inner, depth + 1) for inner in mark.values())
    if isinstance(mark, list):
        return any(_marked(inner, depth + 1) for inner in mark)
    return mark is True
