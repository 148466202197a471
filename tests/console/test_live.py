"""What follows by itself: the stream of news, and the page that listens to it."""

import http.client
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from seamline.console.events import MOST_FOLLOWERS

from .conftest import Served, Tab


class Stream:
    """One connection to /events, read line by line."""

    def __init__(
        self, server: Served, path: str = "/events", headers: Mapping[str, str] | None = None
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        self._connection.request("GET", path, headers=dict(headers or {}))
        self.answer = self._connection.getresponse()
        self.status = self.answer.status

    def next(self) -> int:
        """The id of the next news."""
        while not (line := self.answer.readline()).startswith(b"id: "):
            assert line, "the stream ended"
        return int(line[4:])

    def close(self) -> None:
        self.answer.close()
        self._connection.close()


def change(n: int, title: str = "Release") -> dict[str, object]:
    at = f"{datetime.now(UTC) - timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "action": "created",
        "deployment": {
            "id": n, "sha": f"{n:040x}", "ref": f"v{n}", "task": "deploy", "environment": "production",
            "description": f"{title} {n}", "created_at": at, "updated_at": at,
        },
        "repository": {"id": 2, "name": "ferry", "full_name": "tidewater/ferry"},
    }  # fmt: skip


def deploy(server: Served, n: int) -> int:
    return server.deliver("github", change(n), x_github_event="deployment", x_github_delivery=str(n))


def test_news_come_by_log_position_and_nothing_is_missed(own: Callable[..., Served]) -> None:
    """A delivery makes news; who comes back with the last id hears only what is later."""
    server = own()
    stream = Stream(server)
    first = deploy(server, 1)
    assert stream.next() >= first
    stream.close()
    second = deploy(server, 2)
    again = Stream(server, headers={"last-event-id": str(first)})
    assert again.next() >= second
    again.close()


def test_the_number_of_followers_is_bounded(own: Callable[..., Served]) -> None:
    """One too many is told to come again later; a place that is left is free."""
    server = own()
    streams = [Stream(server) for _ in range(MOST_FOLLOWERS)]
    for each in streams:
        each.answer.readline()
    late = Stream(server)
    assert late.status == 503
    assert late.answer.headers["retry-after"]
    late.close()
    for each in streams:
        each.close()
    assert deploy(server, 1)
    for _ in range(200):
        late = Stream(server)
        late.close()
        if late.status == 200:
            break
    assert late.status == 200


def test_open_streams_end_with_the_server(own: Callable[..., Served]) -> None:
    """SIGTERM does not wait for pages that follow."""
    server = own()
    stream = Stream(server)
    stream.answer.readline()
    began = time.monotonic()
    assert server.stop() == 0
    stream.close()
    assert time.monotonic() - began < 15  # the server's patience with answers under way is longer


def test_an_open_page_shows_what_comes_in(own: Callable[..., Served], tab: Callable[..., Tab]) -> None:
    """From the empty page to the lanes, then a new sign in list and lanes, without a hand on the page."""
    server, found = own(), tab()
    found.open(server.url + "/")
    page = found.page
    page.wait_for_selector("#pulse:not(.lost)")
    deploy(server, 1)
    page.wait_for_selector("#lanes.quick")
    page.locator("summary", has_text="As a list").click()
    page.evaluate("window.stayed = true")
    deploy(server, 2)
    page.wait_for_selector("#listed tr:has-text('Release 2')")
    assert page.locator("#listed").get_attribute("open") is not None  # as it was
    assert page.evaluate("window.stayed")
    assert found.trouble == []
