"""The wait for a name is measured end to end, in a short run."""

from seamline.bench._fleet import Fleet
from seamline.bench.live import run


def test_what_a_fleet_sends_is_whole() -> None:
    """Scrapes, commits, occurrences: each request says how long it is, and goes where its tool sends it."""
    fleet = Fleet(2, 1)
    posts = [fleet.scrape(1.7e9), *(fleet.background(1.7e9 + n) for n in range(200))]
    assert {post.path for post in posts} >= {"/api/v1/write", "/in/github", "/in/kubernetes"}
    assert all(f"content-length: {len(post.body)}".encode() in post.on_wire() for post in posts)


def test_its_settings_have_defaults() -> None:
    """`seamline bench live` alone runs it."""
    assert run.__defaults__ is not None
    assert len(run.__defaults__) == run.__code__.co_argcount
