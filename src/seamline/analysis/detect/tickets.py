"""Bursts of alike tickets at a desk.

For each ticket and each window that ends with it: how many tickets of distinct requesters that are alike to one
of them came in the window, against what the Gamma-Poisson predictive distribution expects from the alike
tickets before (a scan over windows, Kulldorff 1997, with a conjugate rate). Three tickets at once that
speak of different things are no burst, a flood of one sort is.
Causal: a burst is found by the ticket that makes it one, and its signature is that of its first tickets, so
its identity does not move when more arrive.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from seamline.analysis.detect.eps import HISTORY, eps
from seamline.analysis.detect.naming import observable_id
from seamline.analysis.detect.series import LINGER_S, MAX_STRENGTH, few
from seamline.analysis.detect.wording import IN_COMMON, neighbours, positions, signature, stems
from seamline.analysis.environment import environment_of
from seamline.model.event import Ticket
from seamline.model.symptom import Observable, Symptom

WINDOWS_S = (60.0, 120.0, 300.0, 900.0, 3600.0)
MIN_TICKETS = 3
_CHANCE_ALIKE = (
    10  # one in so many, and the first, may be alike by chance and older than what the others are about
)
_NEAR_S = 300.0  # tickets of one burst are no further apart, unless its window is longer
_ALIKE = 0.05  # of all earlier tickets this share is believed to be of any one sort
_ALPHA, _ALPHA_N = 0.02, 10  # chance of a false burst: spent over the tickets of a desk, at first over ten
_PRIOR_N, _PRIOR_S = 0.5, 600.0  # half a ticket in ten minutes is believed before anything was seen
_OFTEN = 0.2  # share of a burst's tickets that makes a word one of the burst
_MAX_TICKETS = 500  # latest tickets of a desk that are looked at

_Key = tuple[str, str]


class _Said(Struct, frozen=True):
    """A ticket with what it says, as stems."""

    at_ts: float
    ticket: Ticket
    stems: frozenset[str]


class Burst:
    """Alike tickets of one burst, oldest first, and the window in which it was found."""

    def __init__(self, said: Sequence[_Said], window_s: float) -> None:
        self.said: list[_Said] = []
        self.window_s = window_s
        self._counted: Counter[str] = Counter()
        for one in said:
            self.add(one)
        self.words = signature(self._counted)

    def add(self, said: _Said) -> None:
        """Take one more ticket; the signature stays that of the first ones."""
        self.said.append(said)
        self._counted.update(said.stems)

    def shares(self, said: _Said) -> int:
        """How many words a ticket has in common with a good part of the burst's."""
        often = max(2.0, _OFTEN * len(self.said))
        return sum(self._counted[stem] >= often for stem in said.stems)


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
        came = sorted(came, key=lambda t: (t.at, t.id))[-_MAX_TICKETS:]
        said = [_Said(t.at.timestamp(), t, stems(f"{t.subject} {t.text}")) for t in came]
        from_ = came[0].at if len(came) == _MAX_TICKETS else since
        found += _observables(desk, where, said, from_, as_of, environment)
    return found


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
    """Every burst, oldest first. A ticket belongs to the latest burst that it is alike to and near to."""
    bursts: list[Burst] = []
    alike = neighbours([one.stems for one in said])
    for i, newest in enumerate(said):
        home = next((b for b in reversed(bursts) if _belongs(newest, b)), None)
        if home is not None:
            home.add(newest)
            continue
        found = _burst_at(said, alike, i, since_ts)
        if found is not None:
            bursts.append(found)
    return bursts


def _belongs(said: _Said, burst: Burst) -> bool:
    """Whether a ticket came soon enough and says two of the words that many of the burst's tickets say."""
    near = said.at_ts - burst.said[-1].at_ts <= max(burst.window_s, _NEAR_S)
    return near and burst.shares(said) >= IN_COMMON


def _burst_at(said: Sequence[_Said], alike: Sequence[int], i: int, since_ts: float) -> Burst | None:
    """The burst that the i-th ticket makes, in the window where it is least likely by chance.

    A burst is a ticket of the window with all those in the window that are alike to it, the newest among them.
    """
    upto = (1 << (i + 1)) - 1
    best: Burst | None = None
    least = _ALPHA / (i + _ALPHA_N)
    for window_s in WINDOWS_S:
        start_ts = said[i].at_ts - window_s
        if start_ts - since_ts < window_s:
            break
        before = (1 << bisect_right(said, start_ts, key=lambda one: one.at_ts)) - 1
        inside = upto & ~before
        for centre in positions(alike[i] & inside):
            came = [said[k] for k in positions(alike[centre] & inside)]
            n = _people(came)
            if n < MIN_TICKETS:
                continue
            expected = (alike[centre] & before).bit_count() + _ALIKE * before.bit_count()
            chance = _chance(n, expected, start_ts - since_ts, window_s)
            if chance < least:
                best, least = Burst(came, window_s), chance
    return best


def _people(said: Sequence[_Said]) -> int:
    """How many wrote: distinct requesters, and no more than seconds in which they did.

    What is dated one and the same second was written by a machine: an import, a form sent thrice.
    """
    requesters = {one.ticket.requester or one.ticket.id for one in said}
    return min(len(requesters), len({int(one.at_ts) for one in said}))


def _chance(n: int, n_before: float, before_s: float, window_s: float) -> float:
    """Chance of n or more tickets in a window, given the trailing rate: the negative binomial's tail."""
    shape = _PRIOR_N + n_before
    stays = (_PRIOR_S + before_s) / (_PRIOR_S + before_s + window_s)
    mass, below = stays**shape, 0.0
    for k in range(n):
        below += mass
        mass *= (shape + k) / (k + 1) * (1.0 - stays)
    return max(0.0, 1.0 - below)


def _ended_at(burst: Burst, as_of: datetime) -> datetime | None:
    """When its last ticket came, if it has been quiet for longer than its tickets would explain."""
    last = burst.said[-1].ticket.at
    quiet_s = (as_of - last).total_seconds()
    return last if quiet_s > max(3 * burst.window_s, _NEAR_S) else None


def _symptom(burst: Burst, ended_at: datetime | None) -> Symptom:
    first = burst.said[0].ticket
    n = _people(burst.said)
    surely = burst.said[min(len(burst.said) - 1, 1 + len(burst.said) // _CHANCE_ALIKE)].ticket
    return Symptom(
        onset_at=surely.at,
        healthy_at=first.at - timedelta(seconds=burst.window_s),
        strength=round(min(MAX_STRENGTH, 4.0 + 2.0 * (n - MIN_TICKETS)), 2),
        detail=f"{len(burst.said)} alike tickets from {n} people ({burst.words})",
        seqs=few({one.ticket.seq for one in burst.said}),
        ended_at=ended_at,
        confirmed_by=n,
    )
