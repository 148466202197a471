"""One request as its CloudEvents: binary (attributes in headers), structured, or a batch; or CDEvents as they are.

Contract: https://github.com/cloudevents/spec, "HTTP Protocol Binding" and "JSON Event Format". What decides is the
shape of what came, not the declared content type: senders get the latter wrong.
"""

from collections.abc import Mapping
from urllib.parse import unquote

from msgspec import Raw, Struct

from seamline.model.errors import Unreadable
from seamline.model.payload import Stamp, decode

_NONE = Raw(b"")
_FORMAT = "application/cloudevents"  # "+json", "-batch+json", and binary formats that are not read


class Attributes(Struct, frozen=True):
    """A CloudEvent in JSON. A bare CDEvent has `context` in the place of the attributes."""

    specversion: str | None = None
    id: str | None = None
    source: str | None = None
    type: str | None = None
    time: Stamp = None
    data: Raw = _NONE
    context: Raw = _NONE


class Occurrence(Struct, frozen=True):
    """One CloudEvent. `data` is what it carries, b"" for nothing; of a bare CDEvent it is the whole."""

    type: str
    source: str
    id: str
    time: Stamp
    data: bytes


class Origin(Struct, frozen=True):
    """The part of a CDEvent's context that makes it a CloudEvent."""

    id: str
    source: str
    type: str
    timestamp: Stamp = None


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether the attributes are in the headers and the body is the data alone."""
    return "ce-type" in headers or "ce-specversion" in headers


def occurrences(headers: Mapping[str, str], body: bytes | None) -> list[Occurrence]:
    """The CloudEvents of a request, in their order.

    Elements of a batch that are none are passed over. Raises Unreadable where nothing is one.
    """
    if body is not None and is_binary(headers):
        return [_of_headers(headers, body)]
    declared = headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared.startswith(_FORMAT) and not declared.endswith("json"):
        raise Unreadable(f"the event format {declared[:60]} is not read", hint="send JSON")
    if body is None or not body.lstrip().startswith(b"["):
        return [_of_json(body)]
    found: list[Occurrence] = []
    why: Unreadable | None = None
    for element in decode(body, list[Raw]):
        try:
            found.append(_of_json(element))
        except Unreadable as error:
            why = why or error
    if why is not None and not found:
        raise why
    return found


def _of_headers(headers: Mapping[str, str], body: bytes) -> Occurrence:
    said = {field: unquote(headers.get(f"ce-{field}", "")) for field in ("type", "source", "id", "time")}
    _check(said)
    return Occurrence(said["type"], said["source"], said["id"], said["time"], body)


def _of_json(raw: bytes | Raw | None) -> Occurrence:
    said = decode(raw, Attributes)
    if said.context:
        origin = decode(said.context, Origin)
        return Occurrence(origin.type, origin.source, origin.id, origin.timestamp, bytes(raw or b""))
    _check({"type": said.type, "source": said.source, "id": said.id})
    return Occurrence(said.type or "", said.source or "", said.id or "", said.time, bytes(said.data))


def _check(said: Mapping[str, str | None]) -> None:
    missing = [field for field in ("id", "source", "type") if not said[field]]
    if missing:
        raise Unreadable(f"not a CloudEvent: it lacks {', '.join(missing)}")
