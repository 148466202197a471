"""Texts from outside come out as texts."""

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from .conftest import Served, Tab

NASTY = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'{{7*7}}</title>"


def test_tickets_and_refs_come_out_as_text(own: Callable[..., Served], tab: Callable[..., Tab]) -> None:
    """A ticket's subject, a desk's ref, a release's title, a header and an id full of markup run nowhere."""
    server = own()
    ticket = {
        "type": "zen:event-type:ticket.created", "time": "2026-11-23T10:00:00Z",
        "detail": {"id": "7", "subject": NASTY, "description": NASTY, "group_id": NASTY, "created_at": "2026-11-23T10:00:00Z"},
    }  # fmt: skip
    change = {
        "action": "created",
        "deployment": {
            "id": 1, "sha": "5b1f0c9d7e3a4486b2d19c0fe7a58d6634e1b7c2", "ref": NASTY, "task": NASTY,
            "environment": "production", "description": NASTY, "created_at": "2026-11-23T10:00:00Z",
            "updated_at": "2026-11-23T10:00:00Z",
        },
        "repository": {"id": 2, "name": "x", "full_name": f"a/{NASTY}"},
    }  # fmt: skip
    first = server.deliver("zendesk", ticket, x_zendesk_webhook_invocation_id=NASTY, x_nasty=NASTY)
    second = server.deliver("github", change, x_github_event="deployment", x_github_delivery="2")
    found = tab()
    for _ in range(200):
        if server.get("/").text.count("onerror") > 1:
            break
    for path in ("/", "/?span=7d", "/seams", "/deliveries", f"/deliveries/{first}", f"/deliveries/{second}"):
        found.open(server.url + path)
        assert found.page.locator("img, main script").count() == 0
        assert found.page.evaluate("window.violations") == []
        assert found.trouble == []
    found.open(f"{server.url}/deliveries/{first}")
    assert "<img src=x onerror=alert(1)>" in found.page.inner_text("main")


def test_an_address_is_not_believed(friday: Served, guarded: Served) -> None:
    """What a link brings along comes out as text, and leads nowhere else."""
    said = friday.get("/incidents/%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    assert said.status == 404
    assert "<script>alert" not in said.text
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        came = guarded.ask("POST", "/login", {"token": "dario-token", "next": elsewhere}, peer="127.0.2.1")
        assert (came.status, came.headers["location"]) == (303, "/")


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999Z", "253402300799"])
def test_the_ends_of_time_are_refused(friday: Served, at: str) -> None:
    """A time that no zone's clock could show is the asker's mistake, and said so."""
    for path in (
        "/?as_of=",
        "/incidents/I-1?as_of=",
        "/deliveries/3?as_of=",
        "/api/lanes?to=",
        "/api/seams?as_of=",
    ):
        came = friday.get(path + quote(at))
        assert (came.status, "is at the end of time" in came.text) == (400, True)


def test_the_policy_allows_nothing_inline_and_nobody_else(friday: Served) -> None:
    """Every page carries it; no page has an inline script or style."""
    for path in ("/", "/incidents/I-1", "/seams", "/deliveries", "/login", "/incidents/none"):
        came = friday.get(path)
        policy = came.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert "style=" not in came.text
        assert "<style" not in came.text
        assert "<script>" not in came.text


def test_files_are_those_of_the_pages_alone(friday: Served) -> None:
    """No path leads to another file."""
    for path in ("/static/x/../secrets.toml", "/static/x/%2e%2e%2fseamline.toml", "/static/x/now.html"):
        assert friday.get(path).status in (400, 404)


def test_what_a_file_is_is_said_once(friday: Served) -> None:
    """One type and one character set, for pages and for their files."""
    style = re.search(r'href="(/static/[^"]+[.]css)"', friday.get("/").text)
    assert style
    for path, kind in (("/", "html"), (style[1], "css")):
        assert friday.get(path).headers["content-type"] == f"text/{kind}; charset=utf-8"


def test_another_sites_name_for_this_machine_is_refused(friday: Served) -> None:
    """A browser that was sent here under a foreign name reads nothing, not even the form to log in on."""
    for path in ("/", "/login", "/events", "/api/lanes"):
        assert friday.get(path, host="evil.example").status == 400
