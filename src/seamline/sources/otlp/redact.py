"""What is personal in telemetry: who a user is, what was typed, asked and answered, and what logs say.

Attributes of persons are dropped, addresses of pages keep what stands before the query, texts lose their e-mail
addresses. The body of a log record goes as a whole: it may say anything of anybody, and nothing here reads it.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from google.protobuf.message import Message

from seamline.model.payload import replacer, rewrite
from seamline.model.ports import Pseudonym
from seamline.sources.otlp import mapping, wire
from seamline.sources.otlp.attributes import MARKS, URLS, is_personal
from seamline.sources.otlp.body import is_json

Replace = Callable[[str], str]

# The search that most requests end with. More than what is personal and never less: bytes without a match hold none.
_MARKS = b"|".join(re.escape(mark) for mark in MARKS)
_KEY = re.compile(rb"\n.{1,2}(?:" + _MARKS + rb")", re.DOTALL)  # field 1 of a KeyValue: tag, length, text
_JSON_KEY = re.compile(rb'"key"\s*:\s*"(?:' + _MARKS + rb")")
_ADDRESS = re.compile(rb"@(?<=[\w.+%'\x80-\xff-]@)[\w\x80-\xff-]+\.")
_ADDRESSED = re.compile(r"((?:\w+://)?)(?:[^/?#]*@)?([^?#]*).*", re.DOTALL)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:
    """The request without what leads back to a person; the very same bytes when nothing does. Raises Unreadable."""
    replace = replacer(pseudonym)
    if is_json(headers, body):
        # An escape may hide any letter.
        if mapping.read(body).signal == "logs" or rb"\u" in body or _is_suspicious(body, _JSON_KEY):
            return rewrite(body, partial(_rewritten, field="", replace=replace))
        return body
    signal, message = wire.request(body)
    if (signal == "logs" or _is_suspicious(body)) and _clean(message, replace):
        cleaned: bytes = message.SerializeToString()
        return cleaned
    return body


def _is_suspicious(encoded: bytes, key: re.Pattern[bytes] = _KEY) -> bool:
    return key.search(encoded) is not None or _ADDRESS.search(encoded) is not None


def _bare(url: str) -> str:
    """An address of a page without its query, fragment and user."""
    return _ADDRESSED.sub(r"\1\2", url, count=1)


# -- protobuf -------------------------------------------------------------------------------------
def _clean(message: Any, replace: Replace) -> bool:
    """Change the message and all below it; whether there was anything to change."""
    changed = False
    for field, value in message.ListFields():
        if field.name == "body":
            message.ClearField("body")
            changed = True
        elif field.name in ("attributes", "metadata"):
            changed |= _clean_attributes(value, replace)
        elif isinstance(value, str):
            text = replace(value)
            if text != value:
                setattr(message, field.name, text)
                changed = True
        elif field.message_type is not None:
            for each in (value,) if isinstance(value, Message) else value:
                changed |= _clean(each, replace)
    return changed


def _clean_attributes(encoded: Any, replace: Replace) -> bool:
    kept = [left for each in encoded if (left := _left_of(each, replace)) is not None]
    if kept == list(encoded):
        return False
    del encoded[:]
    encoded.extend(kept)
    return True


def _left_of(encoded: bytes, replace: Replace) -> bytes | None:
    """An attribute without what is personal in it; None when all of it is."""
    if not _is_suspicious(encoded):
        return encoded
    told = wire.decoded("KeyValue", encoded)
    if is_personal(told.key):
        return None
    changed = _clean_value(told.value)
    if told.key in URLS and (bare := _bare(told.value.string_value)) != told.value.string_value:
        told.value.string_value = bare
        changed = True
    changed |= _clean(told, replace)
    return told.SerializeToString() if changed else encoded


def _clean_value(value: Any) -> bool:
    """Personal members of a structured value go, at any depth."""
    members = value.kvlist_value.values
    kept = [member for member in members if not is_personal(member.key)]
    changed = len(kept) < len(members)
    if changed:
        del members[:]
        members.extend(kept)
    for below in (*(member.value for member in members), *value.array_value.values):
        changed |= _clean_value(below)
    return changed


# -- JSON -----------------------------------------------------------------------------------------
def _rewritten(value: Any, field: str, replace: Replace) -> Any:
    """The value of a field, or an item of its list."""
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, list):
        return [_rewritten(item, field, replace) for item in value if not is_personal(_key_of(item))]
    if not isinstance(value, dict):
        return value
    if _key_of(value) in URLS:
        value = {**value, "value": _bare_value(value.get("value"))}
    dropped = "body" if field == "logRecords" else None
    return {name: _rewritten(item, name, replace) for name, item in value.items() if name != dropped}


def _key_of(item: Any) -> str:
    """The key of an attribute; "" for whatever is none."""
    key = item.get("key") if isinstance(item, dict) else None
    return key if isinstance(key, str) else ""


def _bare_value(value: Any) -> Any:
    if isinstance(value, dict) and isinstance(value.get("stringValue"), str):
        return {**value, "stringValue": _bare(value["stringValue"])}
    return value
