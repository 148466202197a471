"""`custom_details`: what the sending team says in its own words, of any shape; the usual words have a meaning."""

import re
from collections.abc import Mapping
from typing import Any

Details = Mapping[str, float | str]

_DIMS = {
    "environment": ("environment", "env", "deployment_environment"),
    "region": ("region",),
    "cluster": ("cluster",),
    "tenant": ("tenant",),
}
_SERVICE = ("service", "service_name", "application", "app")
_REPOSITORY = ("repository", "repo")
_CLONE_ADDRESS = re.compile(r"(?:[a-z+]+://(?:[^/@]*@)?[^/]+/|[\w.-]+@[\w.-]+:)(?P<path>.+?)(?:\.git)?/?")


def facts(details: Any) -> dict[str, float | str]:
    """The scalar fields, numbers and booleans as floats; none when it is no object."""
    if not isinstance(details, dict):
        return {}
    return {field: fact for field, value in details.items() if (fact := _scalar(value)) is not None}


def text(said: Details, *fields: str) -> str:
    """The first of these fields that says something, as text."""
    value = next((said[field] for field in fields if said.get(field) not in (None, "")), "")
    return f"{value:g}" if isinstance(value, float) else value


def entity(said: Details, source: str) -> str:
    """What the details name: the service, else the repository; else the place that the event came from.

    >>> entity({"repo": "https://git.example/clinic/booking.git"}, "ci-7")
    'repo:clinic/booking'
    """
    if text(said, *_SERVICE):
        return f"service:{text(said, *_SERVICE)}"
    repository = text(said, *_REPOSITORY)
    if repository:
        address = _CLONE_ADDRESS.fullmatch(repository)
        return f"repo:{address['path'] if address else repository}"
    return f"host:{source or 'unknown'}"


def dims(said: Details) -> dict[str, str]:
    """The dimensions that the details name."""
    found = {dim: text(said, *fields) for dim, fields in _DIMS.items()}
    return {dim: value for dim, value in found.items() if value}


def _scalar(value: Any) -> float | str | None:
    if isinstance(value, str):
        return value
    if not isinstance(value, bool | int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return str(value)
