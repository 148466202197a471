"""Says in the tools what an opinion asks for, on a thread of its own: a slow tool never delays an opinion.

State of an intent:  waiting --due--> tried --> done | failed      recorded, and not asked for again
                        ^                |
                        +----retry-------+  its tool is left alone for a while, longer each time; after TRIES on record
                     held                   recorded at once: its action is off

What was done is in the log: after a restart the first opinion asks for the rest. Between saying and recording a
process can end, so a thing may be said again; an `Action` then changes nothing. A replay performs nothing: records are read back.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Literal, TypeVar

from msgspec import Struct

from seamline.analysis.opinion import Opinion
from seamline.app.acting import said_at
from seamline.app.home import Home
from seamline.app.support import intents
from seamline.app.triage import Triage
from seamline.model import record as rec
from seamline.model.delivery import Delivery
from seamline.model.errors import SeamlineError
from seamline.model.event import Ticket
from seamline.model.intent import Done, Failed, Intent, Outcome, Retry
from seamline.model.ports import Action

FIRST_S, LONGEST_S = 1.0, 60.0  # a tool is left alone for so long, doubling from try to try
TRIES = 8  # of one intent; then it is on record that it was given up for now ...
LATER_S = 900.0  # ... and tried again, while the incident asks for it
END_S = 15.0  # for the try under way when the server stops

A = TypeVar("A")
_Key = tuple[str, str, str]
_logger = logging.getLogger("seamline.perform")


class _Waiting(Struct):
    """One intent that is not settled."""

    intent: Intent
    due_s: float
    n_tries: int = 0


class _Pause(Struct):
    """A tool that did not take something: nothing more is tried at it until then."""

    n: int
    until_s: float
    why: str


class Performer:
    """Takes opinions, and carries out what they ask for. `offer` is cheap; all else is `run_due`'s, on one thread."""

    def __init__(
        self, home: Home, actions: Mapping[str, Action], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._home = home
        self._actions = actions
        self._clock = clock
        self._news = threading.Condition()
        self._stopping = False
        self._as_of: datetime | None = None
        self._waiting: dict[_Key, _Waiting] = {}
        self._settled: set[_Key] = set()  # recorded, but the latest opinion is from before
        self._pauses: dict[str, _Pause] = {}
        self._thread = threading.Thread(target=self._run, name="perform", daemon=True)

    def offer(self, opinion: Opinion, tickets: Mapping[str, Ticket]) -> None:
        """Take the latest opinion: what it no longer asks for is dropped, what it newly asks for is due."""
        wanted = {i.key: i for i in intents(opinion, tickets, self._actions)}
        with self._news:
            self._as_of = opinion.as_of
            self._settled &= wanted.keys()
            for key in self._waiting.keys() - wanted.keys():
                del self._waiting[key]
            for key, intent in wanted.items():
                if key not in self._settled and key not in self._waiting:
                    self._waiting[key] = _Waiting(intent, self._clock())
            self._news.notify()

    def after(
        self, on_batch: Callable[[Sequence[Delivery]], A], triage: Triage
    ) -> Callable[[Sequence[Delivery]], A]:
        """`on_batch` with what triage thinks then offered, each opinion once; on the thread that triage runs on."""
        offered: Opinion | None = None

        def follow(deliveries: Sequence[Delivery]) -> A:
            nonlocal offered
            answer = on_batch(deliveries)
            if triage.opinion is not None and triage.opinion is not offered:
                offered = triage.opinion
                self.offer(offered, triage.facts.tickets)
            return answer

        return follow

    def run_due(self) -> float | None:
        """Carry out what is due; seconds until something is, None when nothing waits."""
        while not self._stopping:
            with self._news:
                held = [w.intent for w in self._waiting.values() if w.intent.tool not in self._actions]
                next_ = min(self._waiting.values(), key=self._turn, default=None)
            if held:
                self._record(held, "held", "actions are off")
            elif next_ is None:
                return None
            elif (wait_s := self._due_s(next_) - self._clock()) > 0:
                return wait_s
            else:
                self._settle(next_, self._try(next_.intent))
        return None

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout_s: float = END_S) -> None:
        """End after the try under way."""
        with self._news:
            self._stopping = True
            self._news.notify()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._rest(self.run_due(), self._anything_due)
            except SeamlineError as error:  # the log takes no record: what was said is said again, harmlessly
                _logger.warning("%s (%s)", error, error.hint)
                self._rest(LONGEST_S, lambda: False)

    def _rest(self, seconds: float | None, over: Callable[[], bool]) -> None:
        """Until so many seconds went by (None: for ever), it is over, or the end has come."""
        with self._news:
            self._news.wait_for(lambda: self._stopping or over(), seconds)

    def _anything_due(self) -> bool:
        now_s = self._clock()
        return any(self._due_s(w) <= now_s for w in self._waiting.values())

    def _turn(self, waiting: _Waiting) -> tuple[float, float]:
        """When its turn is; after a pause those that were not refused yet come first."""
        return self._due_s(waiting), waiting.due_s

    def _due_s(self, waiting: _Waiting) -> float:
        pause = self._pauses.get(waiting.intent.tool)
        return max(waiting.due_s, pause.until_s) if pause else waiting.due_s

    def _try(self, intent: Intent) -> Outcome:
        try:
            return self._actions[intent.tool].perform(intent)
        except Exception as error:  # noqa: BLE001  a door: an action from elsewhere may fail in any way
            return Retry(f"the {intent.tool} action failed: {type(error).__name__}")

    def _settle(self, waiting: _Waiting, outcome: Outcome) -> None:
        intent = waiting.intent
        match outcome:
            case Retry(why, after_s):
                waiting.n_tries += 1
                waiting.due_s = self._leave_alone(intent.tool, why, after_s)
                if waiting.n_tries % TRIES == 0:
                    self._append([self._linked(intent, "retry", why)])
                    waiting.due_s = self._clock() + LATER_S
            case Failed(why):
                self._pauses.pop(intent.tool, None)
                self._record([intent], "failed", why)
            case Done():
                self._pauses.pop(intent.tool, None)
                self._record([intent], "done", "")

    def _leave_alone(self, tool: str, why: str, after_s: float) -> float:
        """Pause a tool; until when. Why is logged when it is new."""
        before = self._pauses.get(tool)
        n = before.n + 1 if before else 1
        if before is None or before.why != why:
            _logger.warning("%s: %s; it is tried again", tool, why)
        pause_s = max(after_s, min(LONGEST_S, FIRST_S * 2 ** (n - 1)))
        self._pauses[tool] = _Pause(n, self._clock() + pause_s, why)
        return self._pauses[tool].until_s

    def _record(self, said: list[Intent], outcome: Literal["done", "failed", "held"], why: str) -> None:
        """Put it on record; only then is it settled."""
        self._append([self._linked(intent, outcome, why) for intent in said])
        with self._news:
            for intent in said:
                self._waiting.pop(intent.key, None)
                self._settled.add(intent.key)

    def _linked(self, i: Intent, outcome: Literal["done", "retry", "failed", "held"], why: str) -> rec.Linked:
        at = said_at(self._home, self._as_of)
        return rec.Linked(rec.SELF, at, i.incident, i.ticket, i.tool, i.number, i.step, outcome, i.text, why)

    def _append(self, records: list[rec.Linked]) -> None:
        self._home.log.append([rec.to_received(r, r.at) for r in records])


@contextmanager
def performing(home: Home, actions: Mapping[str, Action]) -> Iterator[Performer]:
    """A performer with its thread, ended at the end."""
    performer = Performer(home, actions)
    performer.start()
    try:
        yield performer
    finally:
        performer.stop()
