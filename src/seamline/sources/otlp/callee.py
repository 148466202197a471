"""Whom a caller speaks to, by the attributes of its spans and of its metrics."""

import re
from collections.abc import Mapping

from msgspec import Struct

from seamline.sources.otlp.attributes import Value, first_text
from seamline.sources.otlp.shape import CONSUMER, PRODUCER

_HOST_KEYS = ("server.address", "net.peer.name", "http.host")
_DATABASE_KEYS = ("db.system.name", "db.system")
_QUEUE_KEYS = ("messaging.destination.template", "messaging.destination.name", "messaging.destination")
_SERVICE_KEYS = ("service.peer.name", "peer.service")
_OPERATION_KEYS = ("messaging.operation.type", "messaging.operation")
_MODEL_KEYS = ("gen_ai.request.model", "gen_ai.response.model")
_OPERATION = "gen_ai.operation.name"
_DATABASE_NAMES = ("db.namespace", "db.name")
_RPC_SERVICE = "rpc.service"
_FLEETING = ("messaging.destination.temporary", "messaging.destination.anonymous")
KEYS = frozenset((*_HOST_KEYS, *_DATABASE_KEYS, *_DATABASE_NAMES, *_SERVICE_KEYS, _RPC_SERVICE))
KEYS |= {*_QUEUE_KEYS, *_OPERATION_KEYS, *_FLEETING, *_MODEL_KEYS, _OPERATION}

_PUBLISHES = frozenset({"publish", "send", "create"})
_CONSUMES = frozenset({"receive", "process", "deliver", "settle"})
# An agent's and a tool's spans stand around those of the model they ask; counting both would count twice.
_ASKS_A_MODEL = frozenset({"", "chat", "generate_content", "text_completion", "embeddings", "completion"})
# Not a name: an address of version 4 or 6, a socket's path, this machine.
_NO_NAME = re.compile(r"[\d.]+|.*:.*:.*|\[.*|/.*|localhost(\.localdomain)?")


class Callee(Struct, frozen=True):
    """The other end of a call. `relation` is "" where it is not told; `name` is its label `peer`."""

    ref: str
    relation: str
    name: str


def callee(found: Mapping[str, Value], kind: int = 0) -> Callee | None:
    """The other end that these attributes name, the most specific first; None when they name none.

    `kind` is the span's. An IP address is no name: the same one is somebody else tomorrow.
    """
    return model_of(found) or _queue(found, kind) or _database(found) or _service(found)


def host_of(found: Mapping[str, Value]) -> str:
    """The host that is called, without its port; "" when it has no name."""
    host = first_text(found, *_HOST_KEYS)
    if host.count(":") == 1:
        host = host.partition(":")[0]
    return "" if _NO_NAME.fullmatch(host) else host.lower()


def model_of(found: Mapping[str, Value], relation: str = "calls") -> Callee | None:
    """The model that is asked; None for what stands around such a call."""
    model = first_text(found, *_MODEL_KEYS)
    if not model or first_text(found, _OPERATION) not in _ASKS_A_MODEL:
        return None
    return Callee(f"model:{model}", relation, model)


def _queue(found: Mapping[str, Value], kind: int) -> Callee | None:
    queue = first_text(found, *_QUEUE_KEYS)
    if not queue or any(found.get(key) for key in _FLEETING):
        return None
    operation = first_text(found, *_OPERATION_KEYS)
    relation = ""
    if operation in _PUBLISHES or (kind == PRODUCER and operation not in _CONSUMES):
        relation = "publishes"
    elif operation in _CONSUMES or kind == CONSUMER:
        relation = "consumes"
    return Callee(f"queue:{queue}", relation, queue)


def _database(found: Mapping[str, Value]) -> Callee | None:
    if not first_text(found, *_DATABASE_KEYS):
        return None
    name = host_of(found) or first_text(found, *_SERVICE_KEYS, *_DATABASE_NAMES)
    return Callee(f"database:{name}", "uses", name) if name else None


def _service(found: Mapping[str, Value]) -> Callee | None:
    if name := first_text(found, *_SERVICE_KEYS):
        return Callee(f"service:{name}", "calls", name)
    name = host_of(found) or first_text(found, _RPC_SERVICE)
    return Callee(f"peer:{name}", "calls", name) if name else None
