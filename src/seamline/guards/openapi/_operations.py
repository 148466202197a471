"""The operations of a document as they count: references followed, parameters of the path joined in."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from seamline.guards.json_schema._references import References

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_NAME = re.compile(r"\{[^{}]*\}")


class Operation(Struct, frozen=True):
    """One operation. `outbound`: the API calls its consumer (webhook, callback), so both directions turn round."""

    method: str  # upper case
    path: str  # as written; of a webhook or callback, its name
    said: Mapping[str, Any]  # the operation object itself
    parameters: Mapping[
        tuple[str, str], Mapping[str, Any]
    ]  # (in, name); path parameters by position: ("path", "0")
    body: Mapping[str, Any] | None
    responses: Mapping[str, Mapping[str, Any]]
    security: Any  # in force, also where the document as a whole says it; None: nothing said
    outbound: bool = False

    @property
    def label(self) -> str:
        """`POST /visits`."""
        return f"{self.method} {self.path}"


Key = tuple[str, str]  # method or kind, path with its parameters' names taken out


def operations(root: Any) -> dict[Key, Operation]:
    """Every operation of a document: paths, then webhooks, then the callbacks of both."""
    if not isinstance(root, Mapping):
        return {}
    references = References(root)
    found: dict[Key, Operation] = {}
    for path, item in mapping(root.get("paths")).items():
        for operation in _of_item(path, item, root, references):
            found[operation.method, pattern(path)] = operation
            found.update(_callbacks(operation, root, references))
    for name, item in mapping(root.get("webhooks")).items():
        for operation in _of_item(name, item, root, references, outbound=True):
            found[f"webhook {operation.method}", name] = operation
    return found


def paths(root: Any) -> dict[str, str]:
    """Pattern of each path -> the path as written."""
    return {pattern(p): p for p in mapping(mapping(root).get("paths"))}


def pattern(path: str) -> str:
    """A path without the names of its parameters: renaming one changes nothing on the wire.

    >>> pattern("/visits/{id}/notes/{note}")
    '/visits/{}/notes/{}'
    """
    return _NAME.sub("{}", path)


def mapping(value: Any) -> Mapping[str, Any]:
    """The value where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def followed(value: Any, references: References) -> Mapping[str, Any]:
    """A parameter, body, response, header or path item, behind at most ten references."""
    for _ in range(10):
        ref = mapping(value).get("$ref")
        if not isinstance(ref, str):
            break
        value = references.find(ref)
    return mapping(value)


def _of_item(
    path: str, item: Any, root: Mapping[str, Any], references: References, *, outbound: bool = False
) -> Iterator[Operation]:
    whole = followed(item, references)
    for method in METHODS:
        said = followed(
            whole.get(method), references
        )  # not by the specification, and done in large documents
        if said or isinstance(whole.get(method), Mapping):
            yield _operation(method, path, said, whole, root, references, outbound)


def _operation(
    method: str, path: str, said: Mapping[str, Any], whole: Mapping[str, Any], root: Mapping[str, Any],
    references: References, outbound: bool,
) -> Operation:  # fmt: skip
    body = followed(said.get("requestBody"), references)
    return Operation(
        method=method.upper(),
        path=path,
        said=said,
        parameters=_parameters(path, (whole.get("parameters"), said.get("parameters")), references),
        body=body or None,
        responses={status: followed(r, references) for status, r in mapping(said.get("responses")).items()},
        security=said.get("security", root.get("security")),
        outbound=outbound,
    )


def _parameters(
    path: str, lists: tuple[Any, ...], references: References
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The operation's own parameters stand over those of its path."""
    positions = {name[1:-1]: str(i) for i, name in enumerate(_NAME.findall(path))}
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for parameters in lists:
        for written in parameters if isinstance(parameters, list) else ():
            parameter = followed(written, references)
            place, name = parameter.get("in"), parameter.get("name")
            if not isinstance(place, str) or not isinstance(name, str):
                continue
            if place == "path":
                name = positions.get(name, name)
            elif place == "header":
                name = name.lower()
            found[place, name] = parameter
    return found


def _callbacks(
    operation: Operation, root: Mapping[str, Any], references: References
) -> Iterator[tuple[Key, Operation]]:
    for name, callback in mapping(operation.said.get("callbacks")).items():
        for expression, item in followed(callback, references).items():
            for found in _of_item(
                f"{operation.label} callback {name}", item, root, references, outbound=True
            ):
                yield (f"callback {found.method}", f"{operation.label} {name} {expression}"), found
