# ruff: noqa: ARG002  a source takes what the port gives, used or not
"""A small source of the test's own, an inbox that knows it, and recordings."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec
import pytest

from seamline.app.ingest import Inbox
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Change, Event
from seamline.model.ports import Pseudonym, Source
from seamline.model.refs import event_id
from seamline.store.keyring import Keyring

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Bell:
    """A tool that sends `{"who", "what"}`: one deploy each. `{"break": true}` makes its parser fail."""

    name = "bell"
    retention: Literal["record", "telemetry"] = "record"
    paths: Mapping[str, int] = {}

    def key(self, headers: Mapping[str, str], body: bytes) -> str:
        return headers.get("x-bell-id", "")

    def verify(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: datetime
    ) -> bool:
        return headers.get("x-bell-proof", "").encode() in secrets

    def redact(self, headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:
        said = self._said(body)
        if "who" not in said:
            return body
        return msgspec.json.encode(said | {"who": pseudonym(str(said["who"]))})

    def parse(self, delivery: Delivery) -> Iterator[Event]:
        assert delivery.body is not None
        said = self._said(delivery.body)
        if said.get("break"):
            raise KeyError("oh")
        at = delivery.received_at
        what = str(said.get("what"))
        yield Change(
            event_id("bell", what), "bell", delivery.seq, at, at, "service:bell", "deploy", "done", what
        )

    def _said(self, body: bytes) -> dict[str, object]:
        try:
            return msgspec.json.decode(body, type=dict[str, object])
        except msgspec.DecodeError as error:
            raise Unreadable(f"not a bell: {error}") from error


@pytest.fixture
def sources() -> dict[str, Source]:
    return {"bell": Bell()}


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys")


@pytest.fixture
def inbox(sources: dict[str, Source], keyring: Keyring) -> Inbox:
    return Inbox(sources, keyring)


def line(body: str = '{"what": "a"}', **changed: object) -> str:
    """One line of a recording."""
    said = {"source": "bell", "received_at": "2026-11-20T12:00:00Z", "headers": {}, "body": body}
    return json.dumps(said | changed)
