"""The wrappers that Kubernetes objects come in: bare, as a list, as a watch event, as kubewatch's old and new."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from msgspec import Raw, Struct

from seamline.model.errors import Unreadable
from seamline.model.payload import Stamp, decode, moment

_NOTHING = Raw(b"")
_DELETED = frozenset({"DELETED", "delete"})
_NEWS = frozenset({"ADDED", "MODIFIED", "DELETED"})  # a BOOKMARK or an ERROR is about the watch itself


class Sent(Struct, frozen=True):
    """One object as the sender has it now, and as it was where the sender says so."""

    kind: str
    new: Raw
    old: Raw | None
    sent_at: datetime | None  # when the wrapper says it happened
    deleted: bool


class Wrapper(Struct, frozen=True, rename="camel"):
    """The fields that tell the wrappers apart."""

    kind: str | None = None
    items: list[Raw] | None = None
    type: str | None = None
    watched: Raw = msgspec.field(default=_NOTHING, name="object")
    operation: str | None = None
    obj: Raw = _NOTHING
    old_obj: Raw = _NOTHING
    specversion: str | None = None
    time: Stamp = None
    data: Raw = _NOTHING


class Head(Struct, frozen=True):
    """What an object is."""

    kind: str | None = None


def unwrap(body: bytes | None, received_at: datetime) -> Sequence[Sent]:
    """The objects of a delivery in its order. Raises Unreadable when it has none of the known shapes."""
    wrapper, whole, sent_at = decode(body, Wrapper), Raw(body or b""), None
    if wrapper.specversion is not None:  # a CloudEvent around it, as kubewatch sends
        whole, sent_at = wrapper.data, moment(wrapper.time, received_at)
        wrapper = decode(whole, Wrapper)
    if _is_object(wrapper.obj):
        old = wrapper.old_obj if _is_object(wrapper.old_obj) else None
        kind = wrapper.kind or _kind(wrapper.obj)
        return [Sent(kind, wrapper.obj, old, sent_at, wrapper.operation in _DELETED)]
    if _is_object(wrapper.watched) and wrapper.kind is None:
        if wrapper.type not in _NEWS:
            return []
        deleted = wrapper.type in _DELETED
        return [Sent(_kind(wrapper.watched), wrapper.watched, None, sent_at, deleted)]
    if wrapper.kind is None:
        raise Unreadable("neither a Kubernetes object nor a list, watch event or change of one")
    if wrapper.kind.endswith("List") and wrapper.items is not None:
        of = wrapper.kind.removesuffix("List")
        return [Sent(_kind(item, of), item, None, sent_at, False) for item in wrapper.items]
    return [Sent(wrapper.kind, whole, None, sent_at, False)]


def _is_object(raw: Raw) -> bool:
    return bytes(raw).lstrip().startswith(b"{")


def _kind(raw: Raw, default: str = "") -> str:
    """The object's own kind; items of a typed list leave it out."""
    kind = decode(raw, Head).kind or default
    if not kind:
        raise Unreadable("a Kubernetes object without a kind")
    return kind
