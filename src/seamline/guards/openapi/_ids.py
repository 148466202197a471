"""The ids of findings on schemas, by what holds the schema: each step at each place it can be met."""

from seamline.guards.json_schema._said import WHATS

_PROPERTY = (
    "new-required-request-property",
    "new-required-request-property-with-default",
    "request-property-removed",
)
_READ = ("response-required-property-removed", "response-optional-property-removed")
PARAMETER = (*_PROPERTY, *(f"request-parameter-{part}{w}" for part in ("", "property-") for w in WHATS))
BODY = (
    *_PROPERTY,
    *_READ,
    *(f"{word}-body-{w}" for word in ("request", "response") for w in WHATS),
    *(f"{word}-property-{w.removeprefix('property-')}" for word in ("request", "response") for w in WHATS),
)
HEADER = tuple(f"response-header-{part}{w}" for part in ("", "property-") for w in WHATS)
