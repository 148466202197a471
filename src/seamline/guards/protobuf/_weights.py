"""Which of buf's rules hold, and what to do about each."""

from typing import Literal

from msgspec import Struct


class Rule(Struct, frozen=True):
    """How much a broken rule counts, and the way round it."""

    outcome: Literal["hold", "note"]
    severity: Literal["low", "medium", "high"]
    do: str


_RESERVE = "reserve both its number and its name, so that neither is ever used for something else"
_NEW_FIELD = (
    "expand: add a field with a new number and fill both; migrate: readers move over; "
    "contract: delete the old one and reserve its number and name"
)
_METHOD = "expand: add a new method or service beside it; migrate: callers move over; contract: remove it when no call arrives"
_CODE = "nothing breaks on the wire; rebuild what is generated from it together with this change"

_HIGH = {
    "FIELD_WIRE_COMPATIBLE_TYPE": _NEW_FIELD,
    "FIELD_WIRE_COMPATIBLE_CARDINALITY": _NEW_FIELD,
    "FIELD_WIRE_JSON_COMPATIBLE_TYPE": _NEW_FIELD,
    "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY": _NEW_FIELD,
    "FIELD_SAME_ONEOF": _NEW_FIELD,
    "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED": _RESERVE,
    "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED": _RESERVE,
    "MESSAGE_SAME_REQUIRED_FIELDS": "make it optional: a required field can't come or go while old and new run side by side",
    "RPC_NO_DELETE": _METHOD,
    "RPC_SAME_REQUEST_TYPE": _METHOD,
    "RPC_SAME_RESPONSE_TYPE": _METHOD,
    "RPC_SAME_CLIENT_STREAMING": _METHOD,
    "RPC_SAME_SERVER_STREAMING": _METHOD,
    "PACKAGE_SERVICE_NO_DELETE": _METHOD,
    "PACKAGE_NO_DELETE": _METHOD,
}
_MEDIUM = {
    "FIELD_NO_DELETE_UNLESS_NAME_RESERVED": _RESERVE,
    "FIELD_SAME_NAME": "keep the old name in JSON with `json_name`, and look for readers of the text form",
    "FIELD_SAME_JSON_NAME": "keep the JSON name until readers of JSON have moved over",
    "FIELD_SAME_DEFAULT": "set the value where it is written, and leave the default as it was",
    "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED": _RESERVE,
    "ENUM_VALUE_SAME_NAME": "add the new name as an alias (`allow_alias`), and keep the old one for JSON",
    "ENUM_SAME_JSON_FORMAT": "leave json_format as it was",
    "MESSAGE_SAME_JSON_FORMAT": "leave json_format as it was",
    "RESERVED_ENUM_NO_DELETE": "leave it reserved: what was written with it is still somewhere",
    "RESERVED_MESSAGE_NO_DELETE": "leave it reserved: what was written with it is still somewhere",
    "RPC_SAME_IDEMPOTENCY_LEVEL": "callers retry by this level: add a new method for another one",
}
GENERATED = (
    "FIELD_NO_DELETE", "FIELD_SAME_TYPE", "FIELD_SAME_CARDINALITY", "FIELD_SAME_JSTYPE", "ENUM_NO_DELETE",
    "ENUM_VALUE_NO_DELETE", "ENUM_SAME_TYPE", "EXTENSION_MESSAGE_NO_DELETE", "FILE_NO_DELETE", "FILE_SAME_SYNTAX",
    "FILE_SAME_CC_ENABLE_ARENAS", "FILE_SAME_CC_GENERIC_SERVICES", "FILE_SAME_CSHARP_NAMESPACE", "FILE_SAME_GO_PACKAGE",
    "FILE_SAME_JAVA_GENERIC_SERVICES", "FILE_SAME_JAVA_MULTIPLE_FILES", "FILE_SAME_JAVA_OUTER_CLASSNAME",
    "FILE_SAME_JAVA_PACKAGE", "FILE_SAME_OBJC_CLASS_PREFIX", "FILE_SAME_OPTIMIZE_FOR", "FILE_SAME_PHP_CLASS_PREFIX",
    "FILE_SAME_PHP_METADATA_NAMESPACE", "FILE_SAME_PHP_NAMESPACE", "FILE_SAME_PY_GENERIC_SERVICES",
    "FILE_SAME_RUBY_PACKAGE", "FILE_SAME_SWIFT_PREFIX", "MESSAGE_NO_DELETE", "ONEOF_NO_DELETE", "PACKAGE_ENUM_NO_DELETE",
    "PACKAGE_MESSAGE_NO_DELETE", "SERVICE_NO_DELETE",
)  # fmt: skip
BY_ID = {
    **{name: Rule("hold", "high", do) for name, do in _HIGH.items()},
    **{name: Rule("hold", "medium", do) for name, do in _MEDIUM.items()},
    **{name: Rule("note", "low", _CODE) for name in GENERATED},
}
