"""The wait for a name is measured end to end, in a short run."""

from datetime import UTC, datetime

from msgspec.structs import replace

from seamline.bench._fleet import Fleet, owner_of
from seamline.bench.live import Course, is_true
from seamline.model import record as rec

START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_what_a_fleet_sends_is_whole() -> None:
    """Scrapes, commits, occurrences: each request says how long it is, and goes where its tool sends it."""
    fleet = Fleet(2, 1)
    posts = [fleet.scrape(1.7e9), *(fleet.background(1.7e9 + n) for n in range(200))]
    assert {post.path for post in posts} >= {"/api/v1/write", "/in/github", "/in/kubernetes"}
    assert all(f"content-length: {len(post.body)}".encode() in post.on_wire() for post in posts)


def test_a_bad_release_fails_three_in_ten() -> None:
    """From its moment on, and at no other service."""
    fleet = Fleet(2, 1)
    bad, good = fleet.services
    bad.broken_from = 1.7e9
    for n in range(20):
        fleet.scrape(1.7e9 + 3 * n)
    assert 0.25 < bad.failed / (bad.ok + bad.failed) < 0.35
    assert good.failed / (good.ok + good.failed) < 0.02


def test_only_the_release_and_its_owner_are_true() -> None:
    """An incident that names another kind of cause, another service or another person is not counted."""
    (one,) = Fleet(1, 1).services
    course = Course(broken={f"service:{one.name}": one})
    told = rec.Opened(
        "", START, "I-1", owner_of(one), "", "change", "c", f"service:{one.name}", (), None, 0.9, (), 0.0
    )
    assert is_true(told, course)
    for other in ({"accountable": "root"}, {"cause_kind": "latent"}, {"cause_entity": "service:other"}):
        assert not is_true(replace(told, **other), course)
