"""Bursts of alike tickets at a desk.

For each ticket and each window that ends with it: how many tickets of distinct requesters with alike wording
came in the window, against what the Gamma-Poisson predictive distribution expects from the alike tickets
before. Alike is by words in common after stop words are gone; two words of one stem are one word. Three
tickets at once that speak of different things are no burst, a flood of one sort is.
Causal: a burst is found by the ticket that makes it one, and its signature is that of its first tickets, so
its identity does not move when more arrive. O(tickets x tickets in the longest window) per desk.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from seamline.analysis.detect.eps import HISTORY, clock, eps
from seamline.analysis.detect.indicators import environment_of
from seamline.analysis.detect.naming import observable_id
from seamline.analysis.detect.series import LINGER_S, MAX_STRENGTH, few
from seamline.model.event import Ticket
from seamline.model.symptom import Observable, Symptom

WINDOWS_S = (60.0, 120.0, 300.0, 900.0, 3600.0)
MIN_TICKETS = 3
_NEAR_S = 300.0  # tickets of one burst are no further apart, unless its window is longer
_MAX_CHANCE = 1e-3
_PRIOR_N, _PRIOR_S = 0.5, 600.0  # half a ticket in ten minutes is believed before anything was seen
_STEM = 7  # letters that stand for a word: appointment, appointments
_IN_COMMON = 2  # words that make two tickets alike
_N_WORDS = 3  # words in a signature
_STOP_WORDS = """
a about again all also am an and any are as at back be been but by can cannot cant could day dear did do does
doesnt dont email for from get getting gets go good got had has have hello help her here hi him his how i if im in
into is isnt it its ive just keep know last let like mail me more my need no not now of off on one only or our out over
phone please pm regards said saying says she should since so some still team thank thanks that the their them then
there they this to today too tried try trying up us very was we were what when where which while who why will with
wont would yesterday you your yours
"""
_STOP = frozenset(_STOP_WORDS.split())

_Key = tuple[str, str]


class _Said(Struct, frozen=True):
    """A ticket with what it says, as stems."""

    at_ts: float
    ticket: Ticket
    stems: frozenset[str]


class Burst:
    """Alike tickets of one burst, oldest first, and the window in which it was found."""

    def __init__(self, said: Sequence[_Said], window_s: float, chance: float) -> None:
        self.said: list[_Said] = []
        self.window_s = window_s
        self.chance = chance
        self._counted: Counter[str] = Counter()
        self.shared: set[str] = set()  # stems that two or more of its tickets say
        for one in said:
            self.add(one)
        self.words = _signature(self._counted)

    def add(self, said: _Said) -> None:
        """Take one more ticket; the signature stays that of the first ones."""
        self.said.append(said)
        self._counted.update(said.stems)
        self.shared.update(stem for stem in said.stems if self._counted[stem] > 1)


def observe(
    tickets: Iterable[Ticket],
    canonical: Callable[[str], str],
    since: datetime,
    as_of: datetime,
    environment: str,
) -> list[Observable]:
    """Per desk one observable per burst that is on or just over, else one silent one."""
    desks: dict[_Key, list[Ticket]] = {}
    for ticket in tickets:
        if as_of - HISTORY <= ticket.at <= as_of:
            where = environment_of(dict(ticket.dims), environment)
            desks.setdefault((canonical(ticket.desk), where), []).append(ticket)
    found: list[Observable] = []
    for (desk, where), came in sorted(desks.items()):
        said = [_Said(t.at.timestamp(), t, stems(f"{t.subject} {t.text}")) for t in came]
        said.sort(key=lambda s: (s.at_ts, s.ticket.id))
        found += _observables(desk, where, said, since, as_of, environment)
    return found


def stems(text: str) -> frozenset[str]:
    """The content words of a text, cut to their stems.

    >>> sorted(stems("Booking fails: I can't book, error 500"))
    ['500', 'book', 'error', 'fail']
    """
    words = re.findall(r"[^\W_]+", text.lower().replace("'", "").replace("’", ""))
    return frozenset(_stem(word) for word in words if len(word) > 2 and word not in _STOP)


def _stem(word: str) -> str:
    for ending in ("ings", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    return word[:_STEM]


def alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two tickets speak of the same thing: two words in common, one where a ticket has no more."""
    return len(one & other) >= min(_IN_COMMON, max(1, len(one)), max(1, len(other)))


def _observables(
    desk: str, where: str, said: Sequence[_Said], since: datetime, as_of: datetime, default: str
) -> list[Observable]:
    bursts = _bursts(said, since.timestamp())
    ends = [(burst, _ended_at(burst, as_of)) for burst in bursts]
    told = [(burst, end) for burst, end in ends if end is None or (as_of - end).total_seconds() <= LINGER_S]
    chance = eps(len(bursts) - len(told), (as_of - since).total_seconds())

    def watch(slice_: str, symptom: Symptom | None) -> Observable:
        id_ = observable_id("ticket_burst", desk, slice_, where, default)
        return Observable(id_, desk, "ticket_burst", chance, since, as_of, symptom, slice_, where)

    latest = {burst.words: (burst, end) for burst, end in told}
    return [watch(words, _symptom(*latest[words])) for words in sorted(latest)] or [watch("", None)]


def _bursts(said: Sequence[_Said], since_ts: float) -> list[Burst]:
    """Every burst, oldest first. A ticket belongs to the first burst that it is alike to and near to."""
    bursts: list[Burst] = []
    for i, newest in enumerate(said):
        home = next((b for b in reversed(bursts) if _belongs(newest, b)), None)
        if home is not None:
            home.add(newest)
            continue
        found = _burst_at(said, i, since_ts)
        if found is not None:
            bursts.append(found)
    return bursts


def _belongs(said: _Said, burst: Burst) -> bool:
    """Whether a ticket came soon enough and says two of the words that the burst's tickets share."""
    near = said.at_ts - burst.said[-1].at_ts <= max(burst.window_s, _NEAR_S)
    return near and len(said.stems & burst.shared) >= _IN_COMMON


def _burst_at(said: Sequence[_Said], i: int, since_ts: float) -> Burst | None:
    """The burst that the i-th ticket makes, in the window where it is least likely by chance."""
    newest = said[i]
    same = [other for other in said[: i + 1] if alike(newest.stems, other.stems)]
    best: Burst | None = None
    for window_s in WINDOWS_S:
        start_ts = newest.at_ts - window_s
        inside = [other for other in same if other.at_ts > start_ts]
        n = len({other.ticket.requester or other.ticket.id for other in inside})
        n_seconds = len({int(other.at_ts) for other in inside})  # in one second writes a machine: an import
        if min(n, n_seconds) < MIN_TICKETS or start_ts - since_ts < window_s:
            continue
        chance = _chance(n, len(same) - len(inside), start_ts - since_ts, window_s)
        if chance < min(_MAX_CHANCE, best.chance if best else 1.0):
            best = Burst(inside, window_s, chance)
    return best


def _chance(n: int, n_before: int, before_s: float, window_s: float) -> float:
    """Chance of n or more tickets in a window, given the trailing rate: the negative binomial's tail."""
    shape = _PRIOR_N + n_before
    stays = (_PRIOR_S + before_s) / (_PRIOR_S + before_s + window_s)
    mass, below = stays**shape, 0.0
    for k in range(n):
        below += mass
        mass *= (shape + k) / (k + 1) * (1.0 - stays)
    return max(0.0, 1.0 - below)


def _signature(counted: Counter[str]) -> str:
    """The stems that most of these tickets share, sorted."""
    top = sorted(counted, key=lambda stem: (-counted[stem], stem))[:_N_WORDS]
    return " ".join(sorted(top))


def _ended_at(burst: Burst, as_of: datetime) -> datetime | None:
    """When its last ticket came, if it has been quiet for longer than its tickets would explain."""
    last = burst.said[-1].ticket.at
    quiet_s = (as_of - last).total_seconds()
    return last if quiet_s > max(3 * burst.window_s, _NEAR_S) else None


def _symptom(burst: Burst, ended_at: datetime | None) -> Symptom:
    first = burst.said[0].ticket
    n = len({one.ticket.requester or one.ticket.id for one in burst.said})
    return Symptom(
        onset_at=first.at,
        healthy_at=first.at - timedelta(seconds=burst.window_s),
        strength=round(min(MAX_STRENGTH, 4.0 + 2.0 * (n - MIN_TICKETS)), 2),
        detail=f"{len(burst.said)} alike tickets from {n} people ({burst.words}), since {clock(first.at)}",
        seqs=few({one.ticket.seq for one in burst.said}),
        ended_at=ended_at,
        confirmed_by=n,
    )
