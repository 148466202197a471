"""Swagger 2.0 in the words of OpenAPI 3, so that one set of rules reads both.

Definitions stay where they are, references to them stay true. What has no counterpart (collectionFormat beyond lists in
commas, the order of schemes) is left as it is.
"""

from collections.abc import Mapping
from typing import Any

_JSON = ["application/json"]
_OF_PARAMETER = ("name", "in", "required", "description", "schema", "allowEmptyValue", "deprecated")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
_STYLES = {"multi": ("form", True), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False)}
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}


def converted(root: Mapping[str, Any]) -> dict[str, Any]:
    """The document as OpenAPI 3 would say it; what is not as 2.0 wants it is passed over."""
    base = root.get("basePath")
    servers = [{"url": base}] if isinstance(base, str) else []
    whole = {k: v for k, v in root.items() if k not in ("swagger", "paths", "securityDefinitions")}
    paths = {path: _item(item, root) for path, item in _mapping(root.get("paths")).items()}
    schemes = {
        n: _scheme(s) for n, s in _mapping(root.get("securityDefinitions")).items() if isinstance(s, Mapping)
    }
    return {
        **whole,
        "openapi": "3.0.3",
        "servers": servers,
        "paths": paths,
        "components": {"securitySchemes": schemes},
    }


def _item(item: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    shared = _list(_mapping(item).get("parameters"))
    return {
        method: _operation(said, shared, root)
        for method, said in _mapping(item).items()
        if method in _METHODS and isinstance(said, Mapping)
    }


def _operation(said: Mapping[str, Any], shared: list[Any], root: Mapping[str, Any]) -> dict[str, Any]:
    parameters = [_followed(p, root) for p in (*shared, *_list(said.get("parameters")))]
    plain = [_parameter(p) for p in parameters if p.get("in") in ("path", "query", "header")]
    body = _body(parameters, _list(said.get("consumes", root.get("consumes"))) or _JSON)
    produces = _list(said.get("produces", root.get("produces"))) or _JSON
    responses = {s: _response(r, produces, root) for s, r in _mapping(said.get("responses")).items()}
    rest = {k: v for k, v in said.items() if k not in ("parameters", "responses", "consumes", "produces")}
    return {**rest, "parameters": plain, "responses": responses, **({"requestBody": body} if body else {})}


def _parameter(said: Mapping[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in said.items() if k in _OF_PARAMETER}
    style = _STYLES.get(
        str(said.get("collectionFormat")), ("form", False) if said.get("in") == "query" else None
    )
    written = {"style": style[0], "explode": style[1]} if style else {}
    return {**kept, **written, "schema": _schema(said)}


def _schema(said: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in said.items() if k not in (*_OF_PARAMETER, "collectionFormat")}


def _body(parameters: list[Mapping[str, Any]], consumes: list[Any]) -> dict[str, Any] | None:
    whole = next((p for p in parameters if p.get("in") == "body"), None)
    if whole is not None:
        content = {str(media): {"schema": whole.get("schema", {})} for media in consumes}
        return {"required": whole.get("required") is True, "content": content}
    fields = [p for p in parameters if p.get("in") == "formData" and isinstance(p.get("name"), str)]
    if not fields:
        return None
    needed = [p["name"] for p in fields if p.get("required") is True]
    schema = {"type": "object", "properties": {p["name"]: _schema(p) for p in fields}, "required": needed}
    forms = [str(m) for m in consumes if "form" in str(m)] or ["application/x-www-form-urlencoded"]
    return {"required": bool(needed), "content": {media: {"schema": schema} for media in forms}}


def _response(said: Any, produces: list[Any], root: Mapping[str, Any]) -> dict[str, Any]:
    response = _followed(said, root)
    headers = {n: {"schema": h} for n, h in _mapping(response.get("headers")).items()}
    content = {str(m): {"schema": response["schema"]} for m in produces} if "schema" in response else {}
    return {"headers": headers, "content": content}


def _scheme(said: Mapping[str, Any]) -> dict[str, Any]:
    if said.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if said.get("type") == "oauth2":
        flow = str(said.get("flow", ""))
        return {
            "type": "oauth2",
            "flows": {_FLOWS.get(flow, flow): {k: v for k, v in said.items() if k not in ("type", "flow")}},
        }
    return dict(said)


def _followed(said: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter or response behind a reference to the document's own lists."""
    ref = _mapping(said).get("$ref")
    if not isinstance(ref, str):
        return _mapping(said)
    found: Any = root
    for part in ref.removeprefix("#/").split("/"):
        found = _mapping(found).get(part.replace("~1", "/").replace("~0", "~"))
    return _mapping(found)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
