"""People's acts over HTTP and through the home's control socket, over a labelled fake of the verbs."""

import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest

from seamline.app.act import Accept, Acknowledge, Gate
from seamline.http import control
from seamline.http.control import Asked, ask
from seamline.model.errors import Busy, Fix, Stop

from .conftest import TOKEN, Server, StartServer

SEAM = '["service:a", "database:b", "uses"]'
BODIES = {
    "/api/incidents/INC-1/acknowledge": ("", "acknowledge"),
    "/api/incidents/INC-1/hand-over": ('{"to": "sam", "why": "away"}', "hand-over"),
    "/api/incidents/INC-1/correct": ('{"verdict": "confirmed"}', "correct"),
    "/api/seams/hand-down": (
        f'{{"seam": {SEAM}, "to": "sam", "until": "2999-01-01T00:00:00Z"}}',
        "hand-down",
    ),
    "/api/seams/accept": (f'{{"seam": {SEAM}}}', "accept"),
    "/api/seams/decline": (f'{{"seam": {SEAM}}}', "decline"),
    "/api/decisions": ('{"change": "c1", "choice": "pass", "why": "a spike"}', "decide"),
    "/api/checks": (
        '{"verdict": {"change": "c1", "outcome": "hold", "findings": [], "accountable": "ben", "why_person": "",'
        ' "at": "2026-11-24T09:00:00Z", "expires_at": null, "override": ""}}',
        "check",
    ),
    "/api/deliveries/erase": ('{"seqs": [1], "why": "asked for"}', "erase"),
}


@pytest.mark.parametrize("path", BODIES)
def test_every_act_is_the_tokens_person(server: Server, open_server: Server, path: str) -> None:
    """Without a token, with a wrong one, or where none is configured, nobody acts; with one it is their word."""
    body, kind = BODIES[path]
    assert server.post(path, body).status == 401
    assert server.post(path, body, authorization="Bearer no").status == 401
    assert open_server.post(path, body).status == 401
    reply = server.post(path, body, authorization=f"Bearer {TOKEN}")
    assert reply.status == 200
    assert reply.json["said"].startswith("mira: ")
    assert f'"act":"{kind}"' in reply.json["said"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/decisions", '{"change": "c1", "choice": "perhaps", "why": "x"}'),
        (
            "/api/decisions",
            '{"change": "c1", "choice": "pass", "why": "x", "review_at": "2999-01-01T00:00:00"}',
        ),
        ("/api/decisions", '{"change": "c1", "choice": "pass", "why": "x", "by": "ben"}'),
        ("/api/seams/accept", '{"seam": ["service:a", "database:b"]}'),
        ("/api/seams/hand-down", f'{{"seam": {SEAM}, "to": "sam", "until": "tomorrow"}}'),
        ("/api/deliveries/erase", '{"seqs": ["all"], "why": "x"}'),
        ("/api/deliveries/erase", "[]"),
    ],
)
def test_a_body_that_is_no_act(server: Server, path: str, body: str) -> None:
    """What can't be read is the caller's to mend: a choice, a time without offset, a name nobody asked for."""
    assert server.post(path, body, authorization=f"Bearer {TOKEN}").status == 400


def test_a_refusal_has_its_mend(server: Server) -> None:
    """What the verb refuses comes back with its hint and its status."""
    reply = server.post("/api/incidents/INC-9/acknowledge", "", authorization=f"Bearer {TOKEN}")
    assert (reply.status, reply.json["hint"]) == (404, "see /api/incidents")


def test_only_the_homes_owner_may_open_the_socket(server: Server) -> None:
    """It is a socket that nobody but the owner reads or writes."""
    mode = (server.home / control.NAME).stat().st_mode
    assert (stat.S_ISSOCK(mode), stat.S_IMODE(mode)) == (True, 0o600)


def test_the_socket_speaks_for_the_local_command_line(server: Server) -> None:
    """Its acts are those of the whole-stack owner, in whose name others' words are entered."""
    said = ask(server.home, Asked(Accept(("service:a", "database:b", "uses"))))
    assert said is not None
    assert said.said.startswith("local: ")
    entered = ask(server.home, Asked(Gate("c1"), "ben"))
    assert entered is not None
    assert entered.said.startswith("local for ben: ")


def test_a_refusal_comes_back_through_the_socket(server: Server) -> None:
    """With its mend, as if it had been refused here."""
    with pytest.raises(Fix, match="no incident 'INC-9'") as refused:
        ask(server.home, Asked(Acknowledge("INC-9")))
    assert refused.value.hint == "see /api/incidents"


@pytest.mark.parametrize(
    "line",
    [
        b"no json\n",
        b'{"act": {"act": "dance"}}\n',
        b"[" * 50_000 + b"\n",
        b"\n",
        b'{"x":' + b"[" * 100_000 + b"\n",
    ],
)
def test_a_line_that_is_no_act(server: Server, line: bytes) -> None:
    """Is answered with one line; the server goes on."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(str(server.home / control.NAME))
        connection.sendall(line)
        answer = connection.makefile("rb").readline()
    assert b"doesn't know this act" in answer
    assert ask(server.home, Asked(Gate("c1"))) is not None


def test_no_server_is_no_answer(tmp_path: Path) -> None:
    """Neither without a file nor with one that a killed server left."""
    assert ask(tmp_path, Asked(Gate("c1"))) is None
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / control.NAME))
    assert ask(tmp_path, Asked(Gate("c1"))) is None


def test_a_server_that_ends_before_it_answers(tmp_path: Path) -> None:
    """Who asked is told to look whether it is on record."""
    with socket.socket(socket.AF_UNIX) as dying:
        dying.bind(str(tmp_path / control.NAME))
        dying.listen()
        dying.settimeout(0)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(control, "ANSWER_S", 0.2)
            with pytest.raises(Stop, match="before it answered"):
                ask(tmp_path, Asked(Gate("c1")))


def test_a_dead_servers_socket_is_taken_over(start: StartServer, tmp_path: Path) -> None:
    """What kill -9 left is replaced at the next start, and removed at an orderly end."""
    (tmp_path / "home").mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "home" / control.NAME))
    server = start()
    assert ask(server.home, Asked(Gate("c1"))) is not None
    server.stop()
    assert not (server.home / control.NAME).exists()


def test_a_long_path_has_a_socket_too(start: StartServer) -> None:
    """A home may lie deeper than a socket's address is long."""
    server = start(home="h" * 120)
    assert ask(server.home, Asked(Gate("c1"))) is not None


def test_many_act_at_once(server: Server) -> None:
    """Each is answered; a crowd is never taken for a server that is not there."""
    with ThreadPoolExecutor(60) as people:
        found = list(people.map(lambda _: ask(server.home, Asked(Gate("c1"))), range(60)))
    assert all(found)


def test_a_crowd_at_the_door_is_told_so(tmp_path: Path) -> None:
    """A server that lets nobody in for the moment is busy, not absent."""
    with socket.socket(socket.AF_UNIX) as full, socket.socket(socket.AF_UNIX) as other:
        full.bind(str(tmp_path / control.NAME))
        full.listen(0)
        other.connect(str(tmp_path / control.NAME))
        with pytest.raises(Busy, match="too many acts at once"):
            ask(tmp_path, Asked(Gate("c1")))


def test_half_a_request_holds_up_no_end(start: StartServer) -> None:
    """The server ends although somebody connected and said nothing, or not all."""
    server = start()
    with socket.socket(socket.AF_UNIX) as silent, socket.socket(socket.AF_UNIX) as slow:
        for each in (silent, slow):
            each.connect(str(server.home / control.NAME))
        slow.sendall(b'{"act"')
        assert ask(server.home, Asked(Gate("c1"))) is not None
        began = monotonic()
        assert server.stop()[0] == 0
        assert monotonic() - began < control.READ_S / 2


def test_an_act_that_is_too_long(server: Server) -> None:
    """Is refused before it is sent, and says so."""
    with pytest.raises(Fix, match="too long for one act"):
        ask(server.home, Asked(Gate("c" * control.MAX_LINE)))
