"""The inbox of a real server: what is taken, what is refused, and what is kept of it."""

import gzip
import json
import socket
import zlib
from collections.abc import Iterator

import cramjam
import pytest

from .conftest import SECRET, Server, StartServer, peak_kb, sign

DEPLOYMENT = {
    "action": "created",
    "deployment": {
        "id": 7,
        "sha": "a" * 40,
        "ref": "main",
        "task": "deploy",
        "environment": "production",
        "created_at": "2026-11-20T12:00:00Z",
        "updated_at": "2026-11-20T12:00:00Z",
        "payload": {},
    },
    "repository": {"full_name": "clinic/booking", "owner": {"login": "clinic", "type": "Organization"}},
    "sender": {"login": "mira", "type": "User"},
}


def bearer(secret: str = SECRET) -> str:
    return f"Bearer {secret}"


def test_a_signed_delivery_is_stored_without_its_signature(server: Server) -> None:
    """The answer gives its position; the log has the body and no proof of the sender."""
    reply = server.github(b'{"zen": "x"}', x_github_event="ping", x_github_delivery="d-1", cookie="a=b")
    assert (reply.status, reply.json) == (
        202,
        {"seq": server.after + 1, "duplicate": False, "parsed": True},
    )
    (stored,) = server.stored()
    assert (stored.source, stored.key, stored.body) == ("github", "d-1", b'{"zen": "x"}')
    assert dict(stored.headers) == {"x-github-event": "ping", "x-github-delivery": "d-1"}


def test_a_repeat_is_answered_with_the_first_position(server: Server) -> None:
    """A sender that sends again is told where its delivery is; nothing is stored twice."""
    replies = [server.github(b"{}", x_github_event="ping", x_github_delivery="d-2") for _ in range(3)]
    assert [r.json["duplicate"] for r in replies] == [False, True, True]
    assert {r.json["seq"] for r in replies} == {server.after + 1}
    assert len(server.stored()) == 1


def test_both_secrets_of_a_rotation_are_good(server: Server) -> None:
    """The old secret is valid as long as it is listed."""
    assert server.github(b"{}", secret="old", x_github_event="ping").status == 202


@pytest.mark.parametrize("proof", ["", "sha256=", "sha256=" + "0" * 64, "sha1=zz", "é", sign(b"{} ")])
def test_a_wrong_signature_is_refused(server: Server, proof: str) -> None:
    """401, counted, nothing kept, and the secret is nowhere in the answer."""
    counter = b'seamline_deliveries_total{source="github",outcome="unauthenticated"}'
    before = _count(server, counter)
    reply = server.post("/in/github", b"{}", x_hub_signature_256=proof, x_github_event="ping")
    assert reply.status == 401
    assert SECRET.encode() not in reply.body
    assert server.stored() == []
    assert _count(server, counter) == before + 1


def _count(server: Server, counter: bytes) -> int:
    lines = server.get("/metrics").body.splitlines()
    return next((int(line.rpartition(b" ")[2]) for line in lines if line.startswith(counter)), 0)


def test_a_source_without_a_secret_is_shut(server: Server) -> None:
    """Nothing is taken from a sender that nobody gave a secret."""
    assert server.post("/in/zendesk", b"{}").status == 401


def test_unknown_paths_and_methods(server: Server) -> None:
    """404 for a source that is not installed, 405 for anything but POST."""
    assert server.post("/in/nagios").status == 404
    assert server.post("/in/").status == 404
    assert server.get("/in/github").status == 405


UNREADABLE = {
    "truncated": b'{"action": "created", "deploy',
    "not UTF-8": b'{"action": "\xff\xfe"}',
    "wrong types": json.dumps(DEPLOYMENT | {"deployment": ["no", 1]}).encode(),
    "empty": b"",
    "deep": b"[" * 100_000,
    "a huge number": b'{"deployment": {"id": 1' + b"0" * 5000 + b"}}",
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable_bodies_are_kept_with_their_reason(server: Server, name: str) -> None:
    """An authenticated body is never refused for what it says: 202, not parsed, listed with a reason."""
    reply = server.github(UNREADABLE[name], x_github_event="deployment")
    assert (reply.status, reply.json["parsed"]) == (202, False)
    (listed,) = server.get(f"/api/deliveries?unreadable=true&after={server.after}").json["deliveries"]
    assert listed["unreadable"]
    assert "\n" not in listed["unreadable"]
    assert server.github(b"{}", x_github_event="ping").json["seq"] == server.after + 2


@pytest.mark.parametrize("year", ["1970", "2200"])
def test_odd_event_times_are_the_senders_business(server: Server, year: str) -> None:
    """A clock that is centuries off is read; the log's time is that of receipt."""
    at = f"{year}-01-01T00:00:00Z"
    odd = DEPLOYMENT | {"deployment": {**DEPLOYMENT["deployment"], "created_at": at, "updated_at": at}}  # type: ignore[dict-item]
    assert server.github(json.dumps(odd).encode(), x_github_event="deployment").json["parsed"]
    (stored,) = server.stored()
    assert 2020 < stored.received_at.year < 2150


def test_gzip_is_undone_before_it_is_stored(server: Server) -> None:
    """The signature is that of the bytes as sent; the log has the text and no trace of the packing."""
    packed = gzip.compress(b'{"zen": ') + gzip.compress(b'"x"}')
    assert server.github(packed, x_github_event="ping", content_encoding="gzip").json["parsed"]
    (stored,) = server.stored()
    assert stored.body == b'{"zen": "x"}'
    assert "content-encoding" not in stored.headers


def snappy(body: bytes) -> bytes:
    return bytes(cramjam.snappy.compress_raw(body))


BROKEN = {
    "gzip cut": ("gzip", gzip.compress(b"{}" * 500)[:-9]),
    "gzip flipped": ("gzip", gzip.compress(b"{}" * 500).replace(b"\x1f\x8b", b"\x1f\x8c")),
    "gzip checksum": ("gzip", gzip.compress(b"{}")[:-8] + b"\0" * 8),
    "gzip with a tail": ("gzip", gzip.compress(b"{}") + b"tail"),
    "nothing": ("gzip", b""),
    "snappy cut": ("snappy", snappy(b"abc" * 500)[:-3]),
    "snappy empty": ("snappy", b""),
    "snappy noise": ("snappy", b"\x05\xff\xff\xff"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_transfer_is_the_only_400(server: Server, name: str) -> None:
    """Bytes that were damaged on the way are refused, so that a correct repeat is no duplicate."""
    encoding, body = BROKEN[name]
    reply = server.post("/in/prometheus", body, authorization=bearer(), content_encoding=encoding)
    assert reply.status == 400
    assert server.stored() == []


def test_an_unknown_packing_is_named(server: Server) -> None:
    """415 tells the sender what it may use."""
    reply = server.post("/in/prometheus", b"x", authorization=bearer(), content_encoding="br")
    assert (reply.status, reply.headers["accept-encoding"]) == (415, "gzip, snappy")


def test_bodies_over_the_limit(start: StartServer) -> None:
    """413 whether the length is declared or not; the limit itself is allowed; nothing is kept."""
    server = start("--limit", "100000")
    at_limit = b'"' + b"x" * 99_998 + b'"'
    assert server.github(at_limit, x_github_event="ping").status == 202
    assert server.github(at_limit + b" ", x_github_event="ping").status == 413

    def chunks() -> Iterator[bytes]:
        for _ in range(11):
            yield b"x" * 10_000

    reply = server.request("POST", "/in/github", chunks(), {})
    assert reply.status == 413
    assert len(server.stored()) == 1


def test_a_hundred_megabytes_do_not_grow_the_server(start: StartServer) -> None:
    """A body four times the limit is refused by its declared length; the server's memory stays where it was."""
    server = start()
    before = peak_kb(server)
    reply = server.request(
        "POST", "/in/github", _Zeros(100 * 1024 * 1024), {"content-length": str(100 * 1024**2)}
    )
    assert reply.status == 413
    assert peak_kb(server) - before < 10_000


class _Zeros:
    """A body of zeros that is never in memory as a whole."""

    def __init__(self, n_bytes: int) -> None:
        self._left = n_bytes

    def read(self, n_bytes: int) -> bytes:
        piece = min(n_bytes, self._left)
        self._left -= piece
        return bytes(piece)


def _bomb(n_bytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(1024 * 1024)
    return b"".join([packer.compress(block) for _ in range(n_bytes // len(block))] + [packer.flush()])


def test_zip_bombs_end_at_the_limit(start: StartServer) -> None:
    """A gigabyte in a megabyte is refused while it unpacks, a snappy block by the length it declares."""
    server = start()
    before = peak_kb(server)
    assert server.github(_bomb(1024**3), x_github_event="ping", content_encoding="gzip").status == 413
    declared = b"\xff\xff\xff\xff\x0f" + b"\0" * 100
    reply = server.post("/in/prometheus", declared, authorization=bearer(), content_encoding="snappy")
    assert reply.status == 413
    assert peak_kb(server) - before < 150_000
    assert server.stored() == []


def test_a_sender_that_leaves_in_the_middle(server: Server) -> None:
    """A body that never ends leaves nothing behind and nobody waiting."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(b"POST /in/github HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{")
    assert server.github(b"{}", x_github_event="ping").json["seq"] == server.after + 1


def test_tokens_of_senders_that_cannot_sign(server: Server) -> None:
    """A bearer token or a basic password is proof; a wrong one is not."""
    event = {"metadata": {"uid": "u1"}, "kind": "Event", "apiVersion": "v1"}
    body = json.dumps(event)
    assert server.post("/in/kubernetes", body, authorization=bearer()).status == 202
    assert server.post("/in/kubernetes", body, authorization="Basic eDpzM2NyZXQ=").status == 202
    assert server.post("/in/kubernetes", body, authorization=bearer("no")).status == 401
    assert server.post("/in/kubernetes", body).status == 401


def _field(number: int, payload: bytes) -> bytes:
    """A length-delimited protobuf field."""
    out, length = bytearray([number << 3 | 2]), len(payload)
    while length > 0x7F:
        out.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*out, length]) + payload


def _label(name: str, value: str) -> bytes:
    return _field(1, _field(1, name.encode()) + _field(2, value.encode()))


def test_a_series_of_ten_thousand_labels(server: Server) -> None:
    """Remote write at its standard path with its standard answer, however odd the series; stored as sent."""
    labels = b"".join(_label(f"l{n:05}", "x") for n in range(10_000))
    sample = _field(2, b"\x09" + b"\0" * 8 + b"\x10\x01")
    body = snappy(_field(1, _label("__name__", "up") + labels + sample))
    reply = server.post(
        "/api/v1/write",
        body,
        authorization=bearer(),
        content_encoding="snappy",
        content_type="application/x-protobuf",
    )
    assert (reply.status, reply.body) == (204, b"")
    (stored,) = server.stored()
    assert (stored.source, stored.body, stored.headers["content-encoding"]) == ("prometheus", body, "snappy")


def test_lineage_at_its_standard_path(server: Server) -> None:
    """OpenLineage's own path and its own answer."""
    assert server.post("/api/v1/lineage", b"{}", authorization=bearer()).status == 201
    assert server.stored()[0].source == "openlineage"
