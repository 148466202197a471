"""Alertmanager's groups as Alerts, one per alert and start.

Contract: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
A whole group is sent again whenever one of its alerts changes, and at every repeat interval: the same alerts
come many times, in any order, and from every replica. The end of an alert is a later version of it than any
"still firing", because it is dated by its end, which lies behind its start.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

from msgspec import Struct

from seamline.model import credential, refs
from seamline.model.delivery import Delivery
from seamline.model.event import Alert, Event
from seamline.model.payload import Stamp, decode, moment, replacer, rewrite
from seamline.model.ports import Pseudonym

name = "alertmanager"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}

_MOMENT = timedelta(microseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC)
_NEVER = datetime.min.replace(tzinfo=UTC)  # Go's zero time: none was given
_DIMS = {
    "environment": ("environment", "env", "deployment_environment"),
    "region": ("region",),
    "cluster": ("cluster",),
    "version": ("version",),
    "tenant": ("tenant",),
}


class SentAlert(Struct, frozen=True, rename="camel"):
    """One alert of a group as sent. Go writes an empty set of labels as null."""

    status: str | None = None
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    starts_at: Stamp = None
    ends_at: Stamp = None
    fingerprint: str | None = None


class Group(Struct, frozen=True):
    """The part of a webhook body we read."""

    alerts: list[SentAlert]
    status: str | None = None


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """Always "": Alertmanager has no delivery id, so equal bodies count once."""
    return ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  Alertmanager can't sign bodies
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets (`http_config` of the receiver)."""
    return credential.proves(headers, secrets)


def redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    """E-mail addresses in annotations become pseudonyms; labels are the alert's identity and stay."""
    return rewrite(body, partial(_without_addresses, replace=replacer(pseudonym)))


def _without_addresses(value: Any, replace: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [_without_addresses(item, replace) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        field: _replaced(item, replace)
        if field in ("annotations", "commonAnnotations")
        else _without_addresses(item, replace)
        for field, item in value.items()
    }


def _replaced(annotations: Any, replace: Callable[[str], str]) -> Any:
    if not isinstance(annotations, dict):
        return annotations
    return {word: replace(text) if isinstance(text, str) else text for word, text in annotations.items()}


def parse(delivery: Delivery) -> Iterator[Event]:
    """The group's alerts in its own order."""
    group = decode(delivery.body, Group)
    return iter([_alert(delivery, group, sent) for sent in group.alerts])


def _alert(delivery: Delivery, group: Group, sent: SentAlert) -> Alert:
    labels, notes = sent.labels or {}, sent.annotations or {}
    start = moment(sent.starts_at, _NEVER)
    at = delivery.received_at if start == _NEVER else start
    ended_at = None
    if (sent.status or group.status) == "resolved":
        ended_at = max(moment(sent.ends_at, delivery.received_at), at)
    fingerprint = sent.fingerprint or _fingerprint(labels)
    return Alert(
        id=refs.event_id(name, f"{fingerprint}:{start.isoformat()}"),
        source=name,
        seq=delivery.seq,
        at=at,
        version_at=at if ended_at is None else max(ended_at, _just_after(at)),
        name=labels.get("alertname", ""),
        fingerprint=fingerprint,
        entity=refs.from_labels(labels),
        labels=labels,
        firing=ended_at is None,
        ended_at=ended_at,
        summary=notes.get("summary") or notes.get("description") or notes.get("message") or "",
        severity=labels.get("severity", ""),
        dims=_dims(labels),
    )


def _just_after(at: datetime) -> datetime:
    return at + _MOMENT if at < _LAST else _LAST


def _dims(labels: Mapping[str, str]) -> dict[str, str]:
    found = {
        dim: next((labels[label] for label in spellings if labels.get(label)), "")
        for dim, spellings in _DIMS.items()
    }
    return {dim: value for dim, value in found.items() if value}


def _fingerprint(labels: Mapping[str, str]) -> str:
    """The fingerprint Alertmanager itself would give these labels: 64-bit FNV-1a, 16 hex digits.

    Source: LabelSet.Fingerprint of https://github.com/prometheus/common/blob/main/model/signature.go
    """
    digest = 0xCBF29CE484222325
    for byte in b"".join(word.encode() + b"\xff" for label in sorted(labels.items()) for word in label):
        digest = (digest ^ byte) * 0x100000001B3 % (1 << 64)
    return f"{digest:016x}"
