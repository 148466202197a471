"""Avro schemas with every name in full: named types stand in one table and are used by their names.

A normalised schema is a name (primitive or in the table), a list (union), or a dict with `type` (record, enum, fixed,
array, map, or a primitive with its `logicalType`).
"""

from typing import Any

Types = dict[str, dict[str, Any]]
_NAMED = ("record", "error", "enum", "fixed")
_PRIMITIVE = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
_LOGICAL = ("logicalType", "precision", "scale")


def declared(content: Any) -> Types:
    """Every named type that a schema or a protocol defines, by its full name."""
    types: Types = {}
    if isinstance(content, dict) and "protocol" in content:
        namespace = _text(content.get("namespace"))
        for one in _list(content.get("types")):
            normalised(one, namespace, types)
    else:
        normalised(content, "", types)
    return types


def normalised(schema: Any, namespace: str, types: Types) -> Any:
    """The schema with full names; what it defines is added to `types`. What is no schema becomes "null"."""
    if isinstance(schema, str):
        return schema if schema in _PRIMITIVE else _full(schema, namespace)
    if isinstance(schema, list):
        return [normalised(branch, namespace, types) for branch in schema]
    if not isinstance(schema, dict):
        return "null"
    kind = schema.get("type")
    if kind in _NAMED:
        return _defined(schema, str(kind), namespace, types)
    if kind == "array":
        return {"type": "array", "items": normalised(schema.get("items"), namespace, types)}
    if kind == "map":
        return {"type": "map", "values": normalised(schema.get("values"), namespace, types)}
    inner = normalised(kind, namespace, types)
    logical = {key: schema[key] for key in _LOGICAL if key in schema}
    return {"type": inner, **logical} if "logicalType" in logical and isinstance(inner, str) else inner


def _defined(schema: dict[str, Any], kind: str, namespace: str, types: Types) -> str:
    called = _full(_text(schema.get("name")), _text(schema.get("namespace"), namespace))
    within = called.rpartition(".")[0]
    found: dict[str, Any] = {"type": "record" if kind == "error" else kind, "name": called}
    found["aliases"] = [_full(a, within) for a in _list(schema.get("aliases")) if isinstance(a, str)]
    types[called] = found
    if kind == "enum":
        found["symbols"] = [s for s in _list(schema.get("symbols")) if isinstance(s, str)]
        found.update({"default": schema["default"]} if "default" in schema else {})
    elif kind == "fixed":
        found.update({key: schema[key] for key in ("size", *_LOGICAL) if key in schema})
    else:
        found["fields"] = [
            _field(field, within, types) for field in _list(schema.get("fields")) if isinstance(field, dict)
        ]
    return called


def _field(field: dict[str, Any], namespace: str, types: Types) -> dict[str, Any]:
    found = {"name": _text(field.get("name")), "type": normalised(field.get("type"), namespace, types)}
    aliases = [a for a in _list(field.get("aliases")) if isinstance(a, str)]
    return {**found, "aliases": aliases, **({"default": field["default"]} if "default" in field else {})}


def _full(called: str, namespace: str) -> str:
    return called if "." in called or not namespace else f"{namespace}.{called}"


def _text(value: Any, otherwise: str = "") -> str:
    return value if isinstance(value, str) else otherwise


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
