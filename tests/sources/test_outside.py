"""A tool is added from outside: a package that names its module in the entry point group, and nothing else."""

from collections.abc import Iterator
from textwrap import dedent

import pytest

from seamline.sources import GROUP

from .serving import SECRET, Answer, Server, serving

MODULE = '''
"""Ferry departures: a source that lives in a package of its own."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from seamline.model import credential
from seamline.model.delivery import Reply
from seamline.model.event import Change
from seamline.model.payload import decode, moment, rewrite
from seamline.model.refs import event_id

name = "ferry-line"
retention = "record"
paths: Mapping[str, int] = {"/ferry/v1/notices": 204}


class Notice(Struct):
    number: int
    boat: str
    at: str | None = None
    captain: str = ""


def key(headers, body):
    return headers.get("x-notice", "")


def verify(headers, body, secrets, now):
    return credential.proves(headers, secrets)


def redact(headers, body, pseudonym):
    return rewrite(body, lambda d: {**d, "captain": pseudonym(d["captain"])} if "captain" in d else d)


def parse(delivery) -> Iterator[Change]:
    notice = decode(delivery.body, Notice)
    at = moment(notice.at, delivery.received_at)
    yield Change(
        id=event_id(name, str(notice.number)), source=name, seq=delivery.seq, at=at, version_at=at,
        entity=f"service:{notice.boat}", kind="manual", state="done", title=f"notice {notice.number}",
    )


def preflight(headers):
    return Reply(200, headers=(("x-ferry", "welcome"),))
'''
NOTICE = b'{"number": 7, "boat": "hoek-express", "at": "2026-11-23T10:00:00Z", "captain": "Jan de Wit"}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real server on whose path a package was put, as an installer would; ended with the module."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "ferry_line").mkdir()
    (folder / "ferry_line" / "__init__.py").write_text(MODULE)
    record = folder / "ferry_line-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: ferry-line\nVersion: 1.0\n")
    (record / "entry_points.txt").write_text(
        dedent(
            f"""\
            [{GROUP}]
            ferry = ferry_line
            """
        )
    )
    with serving(folder / "home", "ferry-line", {"PYTHONPATH": str(folder)}) as running:
        yield running


def post(server: Server, path: str, notice: str, body: bytes = NOTICE) -> Answer:
    """One notice, proved by the secret that `SEAMLINE_SECRET_FERRY_LINE` holds."""
    return server.ask("POST", path, body, {"Authorization": f"Bearer {SECRET}", "X-Notice": notice})


def test_its_delivery_is_taken_read_and_shown(server: Server) -> None:
    """Accepted at /in/NAME, parsed, in the log under its own key, and its entity is on the map."""
    taken = post(server, "/in/ferry-line", "n-7")
    assert (taken.status, taken.json) == (202, {"seq": taken.json["seq"], "duplicate": False, "parsed": True})
    listed = server.ask("GET", "/api/deliveries").json["deliveries"]
    mine = [d for d in listed if d["source"] == "ferry-line" and d["key"] == "n-7"]
    assert [d["seq"] for d in mine] == [taken.json["seq"]]
    entities = {e["ref"] for e in server.ask("GET", "/api/entities").json["entities"]}
    assert "service:hoek-express" in entities
    assert post(server, "/in/ferry-line", "n-7").json == taken.json | {"duplicate": True}


def test_its_standard_path_and_its_handshake_are_served(server: Server) -> None:
    """Its own path answers with its own status, OPTIONS as it says."""
    assert post(server, "/ferry/v1/notices", "n-8").status == 204
    assert server.ask("OPTIONS", "/ferry/v1/notices").headers["x-ferry"] == "welcome"


def test_its_door_and_its_reasons_are_as_everybodys(server: Server) -> None:
    """No secret, no entry; what it can't read is kept and listed with its reason."""
    assert server.ask("POST", "/in/ferry-line", NOTICE).status == 401
    odd = post(server, "/in/ferry-line", "n-9", b'{"number": "x"}')
    assert (odd.status, odd.json["parsed"]) == (202, False)
    listed = server.ask("GET", "/api/deliveries?unreadable=true").json["deliveries"]
    why = next(d["unreadable"] for d in listed if d["seq"] == odd.json["seq"])
    assert "Expected `int`, got `str`" in why
