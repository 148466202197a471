"""Proofs of a sender, as tools make them, for sending test deliveries to a real server.

No list says which source signs how: each way is tried on the source's own check, so that a new source is
measured like the others. Where none fits, the source is named as unsigned.
"""

import base64
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from seamline.model.ports import Source

SECRET = b"bench"

Way = Callable[[bytes, datetime], dict[str, str]]


def _bearer(body: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    return {"authorization": f"Bearer {SECRET.decode()}"}


def _github(body: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    return {"x-hub-signature-256": "sha256=" + _mac(body).hex()}


def _jira(body: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    return {"x-hub-signature": "sha256=" + _mac(body).hex()}


def _gitlab(body: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    return {"x-gitlab-token": SECRET.decode()}


def _pagerduty(body: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    return {"x-pagerduty-signature": "v1=" + _mac(body).hex()}


def _slack(body: bytes, now: datetime) -> dict[str, str]:
    stamp = str(int(now.timestamp()))
    digest = _mac(b"v0:" + stamp.encode() + b":" + body).hex()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


def _zendesk(body: bytes, now: datetime) -> dict[str, str]:
    stamp = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    proof = base64.b64encode(_mac(stamp.encode() + body)).decode()
    return {"x-zendesk-webhook-signature-timestamp": stamp, "x-zendesk-webhook-signature": proof}


def _none(body: bytes, now: datetime) -> dict[str, str]:  # noqa: ARG001
    return {}


_WAYS: tuple[Way, ...] = (_github, _jira, _gitlab, _pagerduty, _slack, _zendesk, _bearer)


def way_of(source: Source) -> Way:
    """How this source's senders prove themselves; a way without any proof when none of the known ones is taken."""
    now = datetime.now(UTC)
    for way in _WAYS:
        if source.verify({"content-type": "application/json", **way(b"{}", now)}, b"{}", [SECRET], now):
            return way
    return _none


def is_unsigned(way: Way) -> bool:
    """Whether it proves nothing."""
    return way is _none


def write_secrets(home: Path, ways: Mapping[str, Way]) -> None:
    """`secrets.toml` of a home: the one secret for every source, and the names of those that can't be signed."""
    unsigned = _listed(name for name, way in ways.items() if is_unsigned(way))
    signed = "".join(f'"{name}" = "{SECRET.decode()}"\n' for name in sorted(ways))
    file = home / "secrets.toml"
    file.touch(mode=0o600)
    file.write_text(f"allow_unsigned = [{unsigned}]\n[sources]\n{signed}", encoding="utf-8")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(names))


def _mac(said: bytes) -> bytes:
    return hmac.digest(SECRET, said, "sha256")
