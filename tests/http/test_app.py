"""The JSON views over a labelled fake of the verbs."""

import pytest

from .conftest import TOKEN, Server, StartServer

LISTS = ["incidents", "seams", "entities", "loose-ends", "deliveries", "decisions"]


@pytest.mark.parametrize("name", LISTS)
def test_lists(server: Server, name: str) -> None:
    """Each list has its time and its rows."""
    reply = server.get(f"/api/{name}?as_of=2026-11-20T13:00:00%2B01:00")
    assert reply.status == 200
    assert set(reply.json) >= {"as_of", name.replace("-", "_")}
    assert reply.json["as_of"] == "2026-11-20T13:00:00+01:00"


def test_incidents_have_the_documented_form(server: Server) -> None:
    """The list of incidents is the one that the command line prints."""
    (incident,) = server.get("/api/incidents").json["incidents"]
    assert incident == {
        "id": "INC-1",
        "opened_at": "2026-11-20T12:00:00Z",
        "state": "open",
        "accountable": "mira",
        "told": [{"person": "mira", "at": "2026-11-20T12:00:00Z"}],
        "causes": [
            {
                "kind": "change",
                "changes": ["c1"],
                "entity": "service:booking",
                "seam": None,
                "probability": 0.9,
            }
        ],
        "entities": ["service:booking"],
        "domains": ["dev"],
        "tickets": {"tied": 0, "carry": 0, "refused": 0, "held": False},
    }


def test_as_of_reaches_the_verbs(server: Server) -> None:
    """A time before the incident shows none."""
    assert server.get("/api/incidents?as_of=2026-11-19T12:00:00Z").json["incidents"] == []


@pytest.mark.parametrize("as_of", ["2026-11-20T12:00:00", "yesterday"])
def test_a_time_without_an_offset(server: Server, as_of: str) -> None:
    """A time that could mean two things is refused with the form to use."""
    assert server.get(f"/api/seams?as_of={as_of}").status == 400


def test_one_incident(server: Server) -> None:
    """The story of an incident, or 404 with a hint."""
    assert server.get("/api/incidents/INC-1").json["person"] == "Mira Koch"
    reply = server.get("/api/incidents/INC-9")
    assert (reply.status, reply.json["hint"]) == (404, "see /api/incidents")


def test_a_path_that_is_not_there(server: Server) -> None:
    """404, and where to look."""
    reply = server.get("/nosuch")
    assert (reply.status, "/schema" in reply.json["hint"]) == (404, True)


def test_deliveries_come_in_pages(server: Server) -> None:
    """`next` leads to the following page and is null on the last."""
    for n in range(5):
        server.github(b"{}", x_github_event="ping", x_github_delivery=f"page-{n}")
    first = server.get(f"/api/deliveries?limit=3&after={server.after}").json
    second = server.get(f"/api/deliveries?limit=3&after={first['next']}").json
    assert [d["seq"] for d in first["deliveries"] + second["deliveries"]] == [
        server.after + n for n in range(1, 6)
    ]
    assert (first["next"], second["next"]) == (server.after + 3, None)


WRITES = {"/gate": b'{"id": "c1"}'}


@pytest.mark.parametrize("path", WRITES)
def test_writes_need_a_person(server: Server, open_server: Server, path: str) -> None:
    """Without a token, with a wrong one, or where none is configured, nobody can write; with one it is theirs."""
    assert server.post(path, WRITES[path]).status == 401
    assert server.post(path, WRITES[path], authorization="Bearer no").status == 401
    assert server.post(path, WRITES[path], authorization=f"Bearer {TOKEN}").status == 200
    assert open_server.post(path, WRITES[path]).status == 401


def test_the_person_is_who_wrote(server: Server) -> None:
    """The token's person becomes the record's `by`."""
    reply = server.post("/gate", WRITES["/gate"], authorization=f"Bearer {TOKEN}")
    assert reply.json["accountable"] == "mira"


def test_a_word_that_is_none_of_the_five(server: Server) -> None:
    """A correction outside the list is refused with what was wrong."""
    path = "/api/incidents/INC-1/correct"
    reply = server.post(path, b'{"verdict": "maybe"}', authorization=f"Bearer {TOKEN}")
    assert reply.status == 400
    assert "verdict" in reply.body.decode()


def test_reads_need_a_token_once_there_is_one(server: Server, open_server: Server) -> None:
    """With people configured, reading takes one's token; on loopback without any, it doesn't."""
    for path in ("/api/seams", "/metrics"):
        assert server.get(path, token=None).status == 401
        assert server.get(path, token="no").status == 401
        assert open_server.get(path, token=None).status == 200


def test_open_reads_answer_to_this_machines_names_only(open_server: Server) -> None:
    """A page on the web that rebinds its name to loopback can't read an open server."""
    assert open_server.request("GET", "/api/seams", b"", {"host": "localhost:80"}).status == 200
    assert open_server.request("GET", "/api/seams", b"", {"host": "evil.example"}).status == 400


def test_a_failing_verb_tells_the_log_only(start: StartServer) -> None:
    """The caller is told that it failed; the log says where, and neither shows the error's text."""
    server = start()
    reply = server.post(
        "/api/incidents/INC-1/correct", b'{"verdict": "confirmed"}', authorization="Bearer oops-token"
    )
    assert (reply.status, b"s3cret" in reply.body) == (500, False)
    _, said = server.stop()
    assert "RuntimeError at" in said
    assert "s3cret" not in said


def test_health_needs_no_token(server: Server) -> None:
    """Liveness and readiness are open to whoever watches the process."""
    assert server.get("/healthz", token=None).json == {"alive": True}
    assert server.get("/readyz", token=None).json["ready"] is True


def test_a_position_past_every_log(server: Server) -> None:
    """A number too large for any log is the caller's slip, not a defect."""
    assert server.get(f"/api/deliveries?after={2**63}").status == 400


def test_a_body_nested_without_end(server: Server) -> None:
    """Brackets in brackets are refused, whatever they mean."""
    body = b'{"a":' * 50_000 + b"1" + b"}" * 50_000
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
    assert server.request("POST", "/gate", body, headers).status == 400


def test_the_schema_names_every_view(server: Server) -> None:
    """OpenAPI is at /schema and lists every path and its answer."""
    schema = server.get("/schema").json
    assert {f"/api/{name}" for name in LISTS} | {"/gate", "/api/seams/accept"} <= set(schema["paths"])
    assert "person" in schema["components"]["securitySchemes"]
