"""What an opinion asks for is said once in the tools, on record, and never in a replay."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from seamline.app import perform, replay, views
from seamline.app.home import Home
from seamline.app.perform import LATER_S, LONGEST_S, TRIES, Performer, performing
from seamline.app.watch import Watch
from seamline.model import record as rec
from seamline.model.delivery import Appended
from seamline.model.errors import Retry as Busy
from seamline.model.intent import Done, Failed, Intent, Outcome, Retry
from seamline.store.memory import MemoryLog
from tests.app.scene_home import FAILS, at, played, recording


class Tool:
    """An action that notes what it is asked, and answers as it is told; Done when nobody told it."""

    name = "test"

    def __init__(self, *answers: Outcome | Exception) -> None:
        self.answers = list(answers)
        self.said: list[Intent] = []
        self.asked = threading.Semaphore(0)

    def perform(self, intent: Intent) -> Outcome:
        self.said.append(intent)
        self.asked.release()
        answer = self.answers.pop(0) if self.answers else Done()
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    """Seconds that stand still until a test moves them."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with one open incident and six tickets; its clock is behind the recording."""
    return played(tmp_path)


Offered = Callable[..., Performer]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def offered(home: Home, clock: Clock) -> Offered:
    """A performer with these tools that was offered the home's opinion."""

    def make(*tools: Tool) -> Performer:
        performer = Performer(home, {tool.name: tool for tool in tools}, clock=clock)
        offer(performer, home)
        return performer

    return make


def offer(performer: Performer, home: Home) -> None:
    performer.offer(views.opinion(home), views.facts_of(home).tickets)


def links(home: Home) -> list[rec.Linked]:
    return [r for r in views.records(home) if isinstance(r, rec.Linked)]


def test_each_ticket_is_answered_once_and_on_record(home: Home, offered: Offered) -> None:
    """Six tickets, six calls, six records with what was said; the same opinion again asks for nothing."""
    tool = Tool()
    performer = offered(tool)
    assert performer.run_due() is None
    offer(performer, home)
    assert performer.run_due() is None
    assert len(tool.said) == 6
    assert [(r.outcome, r.text) for r in links(home)] == [("done", i.text) for i in tool.said]
    assert {r.by for r in links(home)} == {rec.SELF}


def test_an_opinion_from_before_the_record_asks_in_vain(home: Home, offered: Offered) -> None:
    """The next opinion may have been formed while we spoke: what is settled is not said again."""
    before = views.opinion(home), views.facts_of(home).tickets
    tool = Tool()
    performer = offered(tool)
    performer.run_due()
    performer.offer(*before)
    performer.run_due()
    assert len(tool.said) == 6


def test_a_restart_goes_on_where_it_ended(home: Home, offered: Offered) -> None:
    """What is on record is not said again; what isn't, is."""
    performer = offered(first := Tool(Done(), Done(), Failed("gone")))
    first.answers += [Retry("away")] * 3
    performer.run_due()
    offered(second := Tool()).run_due()
    assert len(second.said) == 3
    assert [r.outcome for r in links(home)] == ["done", "done", "failed", "done", "done", "done"]


def test_without_an_action_it_is_on_record_what_would_have_been_said(home: Home, offered: Offered) -> None:
    """Held, with the text, once; switched on later, it is said while the incident is open."""
    performer = offered()
    performer.run_due()
    offer(performer, home)
    performer.run_due()
    assert [(r.outcome, r.why) for r in links(home)] == [("held", "actions are off")] * 6
    assert all("I-1" in r.text for r in links(home))
    offered(tool := Tool()).run_due()
    assert len(tool.said) == 6


def test_a_refusal_is_final(home: Home, offered: Offered) -> None:
    """On record with its reason; the others are answered."""
    performer = offered(tool := Tool(Failed("the ticket is closed")))
    performer.run_due()
    offer(performer, home)
    performer.run_due()
    assert len(tool.said) == 6
    assert next((r.outcome, r.why) for r in links(home)) == ("failed", "the ticket is closed")


def test_a_tool_that_is_away_is_left_alone_longer_each_time(offered: Offered, clock: Clock) -> None:
    """1, 2, 4 ... seconds, never more than a minute; one success and it is answered at full pace."""
    performer = offered(tool := Tool(*[Retry("away")] * 8))
    pauses = []
    for _ in range(8):
        wait_s = performer.run_due()
        assert wait_s is not None
        pauses.append(wait_s)
        clock.now_s += wait_s
    assert pauses == [1, 2, 4, 8, 16, 32, LONGEST_S, LONGEST_S]
    assert performer.run_due() is None
    assert len(tool.said) == 8 + 6


def test_a_tool_says_how_long_to_wait(offered: Offered, clock: Clock) -> None:
    """Not a call before that, for any ticket."""
    performer = offered(tool := Tool(Retry("is busy (429)", 93.0)))
    assert performer.run_due() == 93.0
    clock.now_s = 92.0
    assert performer.run_due() == 1.0
    assert len(tool.said) == 1
    clock.now_s = 93.0
    assert performer.run_due() is None


def test_one_ticket_that_never_goes_through(home: Home, offered: Offered, clock: Clock) -> None:
    """The others don't wait for it; after some tries it is on record as given up for now, and tried again later."""
    performer = offered(tool := Tool(Retry("in trouble (500)")))
    poison: list[str] = []

    def hear(intent: Intent) -> Outcome:
        poison[:] = poison or [intent.ticket]
        tool.said.append(intent)
        return Retry("in trouble (500)") if intent.ticket == poison[0] else Done()

    tool.perform = hear  # type: ignore[method-assign]
    waits = []
    while (wait_s := performer.run_due()) is not None and wait_s < LATER_S:
        waits.append(wait_s)
        clock.now_s += wait_s
    assert wait_s == LATER_S
    assert sum(i.ticket == poison[0] for i in tool.said) == TRIES
    assert [r.outcome for r in links(home)] == ["done"] * 5 + ["retry"]


def test_what_is_no_longer_asked_for_is_dropped(home: Home, offered: Offered) -> None:
    """The incident was closed while its tool was away: nothing is said any more."""
    performer = offered(tool := Tool(*[Retry("away", 50.0)]))
    performer.run_due()
    home.log.append([rec.to_received(rec.Closed(rec.SELF, at(400), "I-1", "over"), at(400))])
    offer(performer, home)
    assert performer.run_due() is None
    assert len(tool.said) == 1


def test_an_action_with_a_defect_stops_nothing(offered: Offered, clock: Clock) -> None:
    """It counts as a retry; the thread lives on."""
    performer = offered(tool := Tool(RuntimeError("boom")))
    assert performer.run_due() == 1.0
    clock.now_s = 1.0
    assert performer.run_due() is None
    assert len(tool.said) == 7


def test_a_log_that_is_full_loses_no_word(
    home: Home, offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said but not recorded: it is asked for again, and the tool tells that it stands there."""
    performer = offered(tool := Tool())
    append = MemoryLog.append

    def full(*_: object) -> list[Appended]:
        monkeypatch.setattr(MemoryLog, "append", append)
        raise Busy("the disk is full", hint="make room")

    monkeypatch.setattr(MemoryLog, "append", full)
    with pytest.raises(Busy):
        performer.run_due()
    performer.run_due()
    assert len(tool.said) == 7
    assert len(links(home)) == 6


def test_a_log_that_is_full_is_not_asked_without_end(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread rests until there may be room again, and ends at once when it is told to."""
    tool = Tool()
    monkeypatch.setattr(Performer, "_append", _refuse)
    with performing(home, {"test": tool}) as performer:
        offer(performer, home)
        assert tool.asked.acquire(timeout=10)
        offer(performer, home)
        assert not tool.asked.acquire(timeout=0.2)
    assert not performer._thread.is_alive()


def _refuse(*_: object) -> None:
    raise Busy("the disk is full", hint="make room")


def test_a_word_is_never_dated_before_what_it_answers(home: Home, offered: Offered) -> None:
    """The home's clock is behind: the record's time is the opinion's."""
    offered(Tool()).run_due()
    assert {r.at for r in links(home)} == {views.opinion(home).as_of}
    assert home.clock() < views.opinion(home).as_of


def test_a_replay_performs_nothing(
    home: Home, offered: Offered, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Records are read back: rebuilt as often as you like, exported and played on, nothing is said again."""
    offered(tool := Tool()).run_due()
    assert len(tool.said) == 6
    monkeypatch.setattr(perform.Performer, "__init__", None)  # nobody may make one
    first, second = list(replay.export(home)), list(replay.export(home))
    replay.play(home, recording(FAILS.replace("now 400", "now 420"), tmp_path / "more.jsonl"))
    assert first == second
    assert sum("seamline/linked/v1" in row for row in first) == 6
    assert len(tool.said) == 6


def test_a_slow_tool_never_holds_an_opinion_up(home: Home) -> None:
    """While a call hangs, opinions are taken at once; the end waits for the call no longer than it must."""
    tool, go = Tool(), threading.Event()
    answer = tool.perform

    def hang(intent: Intent) -> Outcome:
        outcome = answer(intent)
        go.wait(10)
        return outcome

    tool.perform = hang  # type: ignore[method-assign]
    with performing(home, {"test": tool}) as performer:
        offer(performer, home)
        assert tool.asked.acquire(timeout=10)
        for _ in range(100):
            offer(performer, home)
        assert len(tool.said) == 1
        go.set()
    assert 1 <= len(links(home)) <= 6


def test_a_live_watch_offers_each_opinion_once(
    home: Home, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each batch what triage thinks is offered, if it is new; what the watch answers is handed on."""
    watch = Watch(replace(home, clock=lambda: at(401)))
    performer = Performer(home, {"test": (tool := Tool())}, clock=clock)
    offers: list[object] = []
    offer_ = performer.offer
    monkeypatch.setattr(performer, "offer", lambda o, t: (offers.append(o), offer_(o, t)))
    follow = performer.after(lambda _: 1.5, watch.triage)
    assert [follow(()), follow(())] == [1.5, 1.5]
    assert offers == [watch.triage.opinion]
    performer.run_due()
    assert len(tool.said) == 6


def test_the_thread_answers_what_it_is_offered(home: Home) -> None:
    """An opinion is enough to wake it."""
    tool = Tool()
    with performing(home, {"test": tool}) as performer:
        offer(performer, home)
        assert all(tool.asked.acquire(timeout=10) for _ in range(6))
    assert len(tool.said) == 6
