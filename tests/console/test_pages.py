"""Every page, in both widths and both schemes, as a browser and as axe-core see it."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Served, Tab

PAGES = (
    "/",
    "/?span=1h",
    "/incidents/I-1",
    "/seams",
    "/deliveries",
    "/deliveries/217",
    "/login",
    "/incidents/none",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wrong_with_it(
    friday: Served, tab: Callable[..., Tab], axe: str, path: str, width: int, scheme: str
) -> None:
    """No serious or critical finding of axe-core, no complaint of the browser, nothing wider than the screen."""
    looked_at(tab(width, scheme), friday.url + path, axe, missing=path.endswith("none"))


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("path", ["/", "/seams", "/deliveries"])
def test_nothing_is_wrong_when_there_is_nothing(
    empty: Served, tab: Callable[..., Tab], axe: str, path: str, width: int
) -> None:
    """An empty home's pages hold to the same."""
    looked_at(tab(width), empty.url + path, axe)


def test_nothing_is_wrong_for_somebody_who_may_act(
    guarded: Served, tab: Callable[..., Tab], axe: str
) -> None:
    """The forms of an incident's page hold to the same."""
    found = tab()
    name, _, value = guarded.log_in().partition("=")
    found.page.context.add_cookies([{"name": name, "value": value, "url": guarded.url}])
    looked_at(found, guarded.url + "/incidents/I-1", axe)
    assert found.page.get_by_role("button", name="Put it on record").is_visible()


def looked_at(found: Tab, url: str, axe: str, *, missing: bool = False) -> None:
    found.open(url)
    page = found.page
    # the browser itself says on its console that a page was not found
    assert [t for t in found.trouble if not (missing and "404" in t)] == []
    assert page.evaluate("window.violations") == []
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    page.evaluate(axe)
    said: Any = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    bad = [
        (v["id"], [n["target"] for n in v["nodes"]][:3])
        for v in said["violations"]
        if v["impact"] in ("serious", "critical")
    ]
    assert bad == []


def test_a_first_visitor_is_told_what_to_do(empty: Served) -> None:
    """The empty page has the server's own address and a command that would be a first delivery."""
    said = empty.get("/").text
    assert f"http://127.0.0.1:{empty.port}/in/github" in said
    assert "secrets.toml" in said
    assert "seamline demo" in said


def test_times_are_the_organisations_with_utc_on_hover(friday: Served) -> None:
    """The zone of the clinic is one hour ahead of what hovering says."""
    said = friday.get("/incidents/I-1").text
    times = re.findall(r'title="2026-11-23 ([0-9:]{8}) UTC">([0-9:]{8})</time>', said)
    assert len(times) > 5
    assert [
        (utc, local) for utc, local in times if (int(utc[:2]) + 1, utc[2:]) != (int(local[:2]), local[2:])
    ] == []


def test_an_earlier_time_shows_what_was_known_then(friday: Served) -> None:
    """Before the incident opened there is none, and the page says that it looks back."""
    said = friday.get("/?as_of=2026-11-23T19:36:00Z").text
    assert "Nothing is open" in said
    assert "You look back" in said
    assert friday.get("/?as_of=2026-11-23T19:36:00").status == 400
    assert friday.get("/incidents/I-1?as_of=2026-11-23T19:36:00Z").status == 404


def test_what_was_told_stays_at_hand(own: Callable[..., Served]) -> None:
    """When the opinion moves on after an incident was told, its page says so and leads to the story as it was told."""
    server = own("demo")
    at = "2026-11-23T20:39:00Z"
    ticket = {
        "type": "zen:event-type:ticket.created", "time": at,
        "detail": {"id": "1", "subject": "x", "group_id": "36000101", "created_at": at},
    }  # fmt: skip
    server.deliver(
        "zendesk", ticket, x_zendesk_webhook_invocation_id="late"
    )  # hours later, by the server's clock
    said = until(lambda: server.get("/incidents/I-1").text, lambda text: "the story as it was told" in text)
    then = said.partition("as_of=")[2].partition('"')[0]
    assert "A collision of changes" in server.get(f"/incidents/I-1?as_of={then}").text


def test_deliveries_that_could_not_be_read_come_first(own: Callable[..., Served]) -> None:
    """With their reason, and a link to their envelope."""
    server = own()
    seq = server.deliver("zendesk", {"no": "ticket"}, x_zendesk_webhook_invocation_id="1")
    server.deliver("github", {"zen": "hi"}, x_github_event="ping", x_github_delivery="2")
    said = until(lambda: server.get("/deliveries").text, lambda text: "Could not be read" in text)
    assert said.index("Could not be read") < said.index("Latest")
    assert f"/deliveries/{seq}" in said
    assert "It could not be read" in server.get(f"/deliveries/{seq}").text


def until(ask: Callable[[], str], fine: Callable[[str], bool]) -> str:
    """Ask until the answer is fine; live triage looks at a delivery after its sender was answered."""
    for _ in range(200):
        if fine(said := ask()):
            return said
    raise AssertionError(said)
