"""Support first, on a recorded Friday: the real client against the labelled fake Zendesk, opinion by opinion."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from lab.clinic import wording
from seamline.actions.zendesk.fake import FakeZendesk
from seamline.actions.zendesk.settings import configured
from seamline.app import replay, views
from seamline.app.home import Home
from seamline.app.perform import Performer
from seamline.app.triage import Triage
from seamline.model import record as rec
from seamline.model.event import Ticket
from tests.acceptance.played import CONFIG, ROOT, new_home

FRIDAY = ROOT / "src" / "seamline" / "demo" / "friday.jsonl.zst"
TOKEN = "s3cret"
TAG = "seamline-i-1"


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeZendesk]:
    """An account in which every ticket is."""
    server = FakeZendesk(f"Bearer {TOKEN}", any_ticket=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def home(fake: FakeZendesk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The Friday, played with an action that is on: after each opinion all that is due is said."""
    folder = tmp_path_factory.mktemp("friday")
    with (
        new_home(folder, CONFIG.read_text(encoding="utf-8")) as home,
        pytest.MonkeyPatch.context() as patch,
    ):
        then = replace(home, clock=lambda: replay.EPOCH)  # records are as of the opinion that asked for them
        action = configured({"fake": fake.url, "token": TOKEN}, {})
        _say_after_each_step(patch, Performer(then, {"zendesk": action}))
        replay.play(home, FRIDAY)
        yield home


def _say_after_each_step(patch: pytest.MonkeyPatch, performer: Performer) -> None:
    step = Triage.step

    def watched(self: Triage):  # type: ignore[no-untyped-def]
        opinion = step(self)
        performer.offer(opinion, self.facts.tickets)
        assert performer.run_due() is None
        return opinion

    patch.setattr(Triage, "step", watched)


def tickets(home: Home) -> list[Ticket]:
    return list(views.facts_of(home).tickets.values())


def is_about_the_failure(ticket: Ticket) -> bool:
    """By the lab's own wording: every kind of letter but those about something else."""
    kinds = [kind for kind, voice in wording.VOICES.items() if ticket.subject in voice.subjects]
    return not any(kind.startswith("unrelated") for kind in kinds)


def test_those_who_wrote_of_the_failure_are_answered_and_nobody_else(home: Home, fake: FakeZendesk) -> None:
    """Of the tickets since the harm began: every one about it carries the number, none about something else does."""
    answered = {str(number) for number, ticket in fake.tickets.items() if TAG in ticket.tags}
    harm_from = views.incidents(home)[0].causes[0].at
    assert harm_from is not None
    since = [t for t in tickets(home) if t.at >= harm_from]
    assert answered == {t.number for t in since if is_about_the_failure(t)}
    assert any(not is_about_the_failure(t) for t in since)


def test_each_is_told_once(home: Home, fake: FakeZendesk) -> None:
    """However many opinions there were."""
    said = [t.comments for t in fake.tickets.values() if TAG in t.tags]
    assert {len(comments) for comments in said} == {1}
    assert {r.outcome for r in views.records(home) if isinstance(r, rec.Linked)} == {"done"}


def test_the_minute_the_incident_opens(home: Home) -> None:
    """Those who had written before are answered with the opinion that opened it, those who come later with the next."""
    records = views.records(home)
    (opened,) = (r for r in records if isinstance(r, rec.Opened))
    by_id = {t.id: t for t in tickets(home)}
    waits = [
        r.at - max(opened.at, by_id[r.ticket].at)
        for r in records
        if isinstance(r, rec.Linked) and r.step == "open"
    ]
    assert max(waits) <= timedelta(seconds=60)


def test_what_each_desk_is_told(home: Home, fake: FakeZendesk) -> None:
    """In words of that desk: booking at the scheduling desk, the report at the other; no person's name in any."""
    texts = {c["body"] for t in fake.tickets.values() for c in t.comments if TAG in t.tags}
    assert any("“booking" in text for text in texts)
    assert any("“report referrals" in text for text in texts)
    names = {p.name.split()[0] for p in views.organisation(home).people}
    assert not [name for name in names for text in texts if name in text]


def test_the_telling_counts_them(home: Home, fake: FakeZendesk) -> None:
    """The support lane says how many tickets carry the number."""
    story = views.why(home, "I-1")
    n = sum(TAG in t.tags for t in fake.tickets.values())
    assert f"{n} tickets carry I-1" in [line.text for line in story.lanes["support"]]


def test_a_rebuild_says_nothing(home: Home, fake: FakeZendesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log with what was said in it is replayed: not one request, and the same export."""
    monkeypatch.setattr(Performer, "offer", None)
    before = len(fake.requests)
    assert list(replay.export(home)) == list(replay.export(home))
    assert len(fake.requests) == before
