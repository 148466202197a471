"""What an exporter reads once its request is stored: the standard's own words, in the encoding it spoke.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

from collections.abc import Mapping

from msgspec.json import encode

from seamline.model.delivery import Reply
from seamline.model.errors import Unreadable
from seamline.sources.otlp import body as request
from seamline.sources.otlp import logs, metrics, traces, wire
from seamline.sources.otlp.shape import Export, Signal

_PROTOBUF = "application/x-protobuf"
_JSON = "application/json"
_REJECTED: Mapping[Signal, str] = {
    "traces": "rejectedSpans",
    "metrics": "rejectedDataPoints",
    "logs": "rejectedLogRecords",
}
_WHY = "without a time"


def reply(path: str, headers: Mapping[str, str], body: bytes) -> Reply | None:
    """200, with how many items say nothing for want of a time; 400, which is not sent again, for what can't be read.

    None at the inbox's own path: whoever posts there reads the inbox's own answer.
    """
    if path.startswith("/in/"):
        return None
    as_json = request.is_json(headers, body)
    content_type = _JSON if as_json else _PROTOBUF
    try:
        export = request.read(headers, body)
        n_rejected = _n_rejected(export)
    except Unreadable as error:
        return Reply(400, _status(str(error), as_json=as_json), content_type)
    said = _partial(export.signal, n_rejected, as_json=as_json)
    # The door names the type of what is there; the standard wants it of an empty message as well.
    return Reply(200, said, content_type, () if said else (("content-type", content_type),))


def _n_rejected(export: Export) -> int:
    match export.signal:
        case "traces":
            return traces.n_without_time(export)
        case "metrics":
            return metrics.n_without_time(export)
        case "logs":
            return logs.n_without_time(export)
        case None:
            return 0


def _partial(signal: Signal | None, n_rejected: int, *, as_json: bool) -> bytes:
    """The response of an export; empty when all was taken."""
    if signal is None or not n_rejected:
        return b"{}" if as_json else b""
    if as_json:
        return encode({"partialSuccess": {_REJECTED[signal]: str(n_rejected), "errorMessage": _WHY}})
    return wire.encoded("Response", partial_success={"rejected": n_rejected, "error_message": _WHY})


def _status(message: str, *, as_json: bool) -> bytes:
    """`google.rpc.Status`, of which exporters log the message."""
    if as_json:
        return encode({"code": 3, "message": message})
    return wire.encoded("RpcStatus", code=3, message=message)
