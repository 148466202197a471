"""CloudEvents: the handshake, what names an event, and the official SDK as the sender."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import Change, Event
from seamline.sources import cloudevents

from .serving import SECRET, Server, serving

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def cdevent(type_: str = "service.deployed.0.3.0", **subject: Any) -> dict[str, Any]:
    """A CDEvent as it is sent by itself."""
    context = {"version": "0.5.0", "id": "e-1", "source": "/ci", "type": f"dev.cdevents.{type_}"}
    return {
        "context": context | {"timestamp": "2026-11-23T10:00:00Z"},
        "subject": {"id": "booking", **subject},
    }


def structured(**attributes: Any) -> bytes:
    """A CloudEvent in JSON."""
    said = {"specversion": "1.0", "id": "e-1", "source": "/ci", "type": "com.example.x"} | attributes
    return json.dumps(said).encode()


def read(body: bytes, **headers: str) -> list[Event]:
    """The events of a request; header names with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return list(cloudevents.parse(Delivery(1, "cloudevents", "", sha256(body).hexdigest(), named, NOW, body)))


def test_one_event_is_one_delivery_however_it_is_packed() -> None:
    """Source and id name an event: binary, structured and bare CDEvents have the same key; batches have none."""
    bare = json.dumps(cdevent()).encode()
    binary = {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "/ci", "ce-type": "dev.cdevents.x"}
    keys = {cloudevents.key({}, structured()), cloudevents.key({}, bare), cloudevents.key(binary, b"")}
    assert keys == {"/ci e-1"}
    assert cloudevents.key({}, b"[" + structured() + b"," + structured(id="e-2") + b"]") == ""


def test_the_same_cdevent_in_any_packing_says_the_same() -> None:
    """Bare, structured and binary CDEvents give equal events."""
    event = cdevent(content={"environment": {"id": "production"}})
    bare = json.dumps(event).encode()
    type_ = event["context"]["type"]
    packed = [
        read(bare),
        read(structured(type=type_, data=event)),
        read(bare, ce_specversion="1.0", ce_id="e-1", ce_source="/ci", ce_type=type_),
    ]
    assert packed[0] == packed[1] == packed[2]
    assert len(packed[0]) == 2


@pytest.mark.parametrize("version", ["0.1.0", "0.4.0-draft", "v1"])
def test_any_version_of_a_type_is_read(version: str) -> None:
    """CDEvents types carry a version, which says nothing to us."""
    change = read(json.dumps(cdevent(f"service.deployed.{version}")).encode())[-1]
    assert isinstance(change, Change)
    assert change.title == "deploy booking in an environment"


@pytest.mark.parametrize(
    ("artifact", "version", "revision"),
    [
        ("pkg:oci/app@sha256%3A" + "ab" * 32, "", "sha256:" + "ab" * 32),
        ("pkg:oci/app@sha256%3A" + "ab" * 32 + "?tag=2.4.0", "2.4.0", "sha256:" + "ab" * 32),
        ("pkg:oci/app?tag=2.4.0", "2.4.0", ""),
        ("pkg:github/clinic/booking@" + "c0" * 20, "", "c0" * 20),
        ("pkg:npm/%40clinic/booking@1.2.3#lib", "1.2.3", ""),
        ("no purl", "", ""),
    ],
)
def test_an_artifact_names_version_and_revision(artifact: str, version: str, revision: str) -> None:
    """A package URL's digest or commit is the revision, its tag or version the release."""
    change = read(json.dumps(cdevent(content={"artifactId": artifact})).encode())[-1]
    assert isinstance(change, Change)
    assert (change.version, change.revision) == (version, revision)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"ce-type": "x", "ce-id": "1"}, "lacks source"),
        ({"content-type": "application/cloudevents+avro"}, "not read"),
        ({"content-type": "application/cloudevents+json"}, "lacks id, source, type"),
    ],
)
def test_what_is_no_event_says_what_it_lacks(headers: dict[str, str], why: str) -> None:
    """The reason names the missing attribute or the foreign format."""
    with pytest.raises(Unreadable, match=why):
        list(cloudevents.parse(Delivery(1, "cloudevents", "", "", headers, NOW, b"{}")))


@pytest.mark.parametrize(
    "body", [structured(data_base64="AAEC"), b"[" + structured(data_base64="AA==") + b"]"]
)
def test_data_that_cannot_be_looked_into_is_not_redacted(body: bytes) -> None:
    """Base64 and binary formats may hold anybody's name: the inbox seals such a body."""
    with pytest.raises(Unreadable):
        cloudevents.redact({}, body, str)
    with pytest.raises(Unreadable):
        cloudevents.redact({"ce-type": "x", "content-type": "application/protobuf"}, b"\xff\x00", str)


def test_an_event_without_data_is_kept() -> None:
    """Binary mode with an empty body is a whole event."""
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/x", "ce-type": "com.example.tick"}
    assert cloudevents.redact(headers, b"", str) == b""
    assert read(b"", **headers) == []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("cloudevents") / "home", "cloudevents") as running:
        yield running


def test_the_handshake_grants_who_asks(server: Server) -> None:
    """OPTIONS is answered with the asking origin and any rate; without an origin nothing is granted."""
    asked = server.ask(
        "OPTIONS", "/in/cloudevents", headers={"WebHook-Request-Origin": "eventemitter.example"}
    )
    assert asked.status == 200
    assert asked.headers["webhook-allowed-origin"] == "eventemitter.example"
    assert asked.headers["webhook-allowed-rate"] == "*"
    assert "POST" in asked.headers["allow"]
    assert "webhook-allowed-origin" not in server.ask("OPTIONS", "/in/cloudevents").headers


def test_the_official_sdk_is_understood(server: Server) -> None:
    """What the CloudEvents SDK for Python writes, binary and structured, is read; the second is the first again."""
    http = pytest.importorskip("cloudevents.core.bindings.http", reason="pip install cloudevents (the SDK)")
    v1 = pytest.importorskip("cloudevents.core.v1.event", reason="pip install cloudevents (the SDK)")
    event = cdevent(content={"environment": {"id": "production"}})
    attributes = {
        "specversion": "1.0",
        "id": "sdk-1",
        "source": "/ci/nächtlich",
        "type": event["context"]["type"],
        "time": NOW,
        "datacontenttype": "application/json",
    }
    sent = v1.CloudEvent(attributes, event)
    said = []
    for message in (http.to_binary_event(sent), http.to_structured_event(sent)):
        headers = {**message.headers, "Authorization": f"Bearer {SECRET}"}
        said.append(server.ask("POST", "/in/cloudevents", message.body, headers).json)
    assert said[0] == {"seq": said[0]["seq"], "duplicate": False, "parsed": True}
    assert said[1] == {"seq": said[0]["seq"], "duplicate": True, "parsed": True}
    assert "service:booking" in {e["ref"] for e in server.ask("GET", "/api/entities").json["entities"]}


def test_a_token_in_the_address_proves_nothing(server: Server) -> None:
    """The specification's `?access_token=` is refused."""
    assert server.ask("POST", f"/in/cloudevents?access_token={SECRET}", structured()).status == 401
