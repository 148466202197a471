"""What log lines and spans tell against each service: habits that broke, trouble that is new, stalls.

Said of others counts as well: a service whose callers tell of it, or get no answer from it, may tell nothing itself.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import exp, inf, log

from msgspec import Struct

from seamline.analysis.inquiry.case import Case, Term
from seamline.analysis.inquiry.novelty import Break, breaks, one_of
from seamline.analysis.inquiry.traces import Stall, stalls
from seamline.analysis.inquiry.visits import Visits, visits

_SHOWS = 0.6  # faults that show in what a service does or tells, where its lines and spans are seen
_STALLS = 0.25  # faults that show as stalls
_ENOUGH = 5.0  # visits now from which on "nothing new" begins to say something
_WORTH = 0.2  # nats below which a term isn't worth telling
_LOUD = 1.5  # nats from which a service stands out
_LEAST_STEP_S = 60.0
_NEAR = (1, 0, 3)  # steps before what is believed to be the start: samples know it to a step
_BACK = (0, 1, 2, 3, 4, 6)  # steps before the alert where a fault may have begun that nobody knows of
_WORTH_SHARING = 1.0  # nats
_AGAIN = ("", " for a second time", " for a third time")
_MOST_QUOTED = 110  # characters of a line


class Hearsay(Struct, frozen=True):
    """What was told. `terms` holds those services only of which something is known."""

    terms: Mapping[str, tuple[Term, ...]]
    quiet: bool | None  # lines and spans look as before; None: there is nothing to compare
    started_ts: float | None  # what was taken for the start
    notes: tuple[str, ...]


def told(case: Case, started_ts: float | None) -> Mapping[str, tuple[Term, ...]]:
    """Log-odds of each service's guilt in nats, from its lines and spans. Empty where nothing can be compared.

    `started_ts` is where the fault is believed to have begun, None where nobody knows. About a second for 100,000
    lines and spans.
    """
    return hear(case, started_ts).terms


def hear(case: Case, started_ts: float | None) -> Hearsay:
    """As `told`, with whether all is as before, and what was mended on the way."""
    seen = visits(case)
    step_s = max(case.step_s, _LEAST_STEP_S)
    alerted_ts = case.alert.at_ts if case.alert else case.to_ts
    found = None
    if started_ts is not None:
        found = _loudest(seen, case.services(), [started_ts - n * step_s for n in _NEAR], step_s)
    found = found or _loudest(seen, case.services(), [alerted_ts - n * step_s for n in _BACK], step_s)
    return found or Hearsay({}, None, started_ts, seen.notes)


def _loudest(
    seen: Visits, services: Sequence[str], starts: Sequence[float], guard_s: float
) -> Hearsay | None:
    """What is told with the start at which most is told of one service; the earlier listed one of equals.

    What happened shortly before a start is left out: it may belong to either side.
    """
    best, loudest = None, -inf
    names = one_of(services)
    for start_ts in starts:
        sides = [_side(visit.start_ts, start_ts, guard_s) for visit in seen.visits]
        if 0 in sides and 1 in sides:
            terms = _terms(seen, sides, names)
            loud = max((sum(term.nats for term in one) for one in terms.values()), default=0.0)
            if loud > loudest:
                loudest, best = loud, Hearsay(terms, loud < _LOUD, start_ts, seen.notes)
    return best


def _side(at_ts: float, start_ts: float, guard_s: float) -> int:
    if at_ts >= start_ts:
        return 1
    return 0 if at_ts < start_ts - guard_s else -1


def _terms(seen: Visits, sides: Sequence[int], names: re.Pattern[str]) -> Mapping[str, tuple[Term, ...]]:
    """The terms of each service, the strongest first."""
    found: dict[str, list[Term]] = defaultdict(list)
    named: dict[str, list[tuple[float, str]]] = defaultdict(list)
    broken: dict[str, list[Break]] = defaultdict(list)
    for one in breaks(seen, sides, names):
        broken[one.entity].append(one)
    for entity, theirs in broken.items():
        worst = max(theirs, key=lambda b: b.nats)
        others = _blamed(worst, seen, names) if worst.nats > _WORTH_SHARING else ()
        share = worst.nats - log(1.0 + len(others))  # it is evidence against one of them
        for other in others:
            named[other].append((share, f"{entity}: {_words(worst, seen)}"))
        found[entity] += _of_breaks(theirs, worst, share, seen)
    for entity, sayings in named.items():
        nats, text = max(sayings)
        found[entity].append(Term("told by others", _shown(nats, _SHOWS), text))
    for stall in stalls(seen.visits, sides):
        if stall.nats > 0.0:
            found[stall.entity].append(_of_stall(stall))
    worth = {entity: [t for t in terms if abs(t.nats) >= _WORTH] for entity, terms in sorted(found.items())}
    return {
        entity: tuple(sorted(terms, key=lambda t: (-abs(t.nats), t.name)))
        for entity, terms in worth.items()
        if terms
    }


def _blamed(broken: Break, seen: Visits, names: re.Pattern[str]) -> Sequence[str]:
    """The services that new trouble names, or the one that did not answer a call that is missing."""
    mark = seen.marks[broken.mark]
    if not broken.missing:
        return sorted(set(names.findall(mark.example)) - {broken.entity})
    return [mark.entity] if mark.kind == "call" and mark.via and _unanswered(broken, seen) else []


def _unanswered(broken: Break, seen: Visits) -> bool:
    """Whether most visits that lack a call did begin it, and nothing of the callee is seen."""
    via = seen.marks[broken.mark].via
    n = 0
    for row in broken.deviant:
        marks = [seen.marks[mark] for _, mark in seen.visits[row].events]
        begun = sum(m.kind == "span" and m.text == via for m in marks)
        n += begun > sum(m.kind == "call" and m.via == via for m in marks)
    return n * 2 > len(broken.deviant)


def _of_breaks(theirs: Sequence[Break], worst: Break, share: float, seen: Visits) -> Iterable[Term]:
    """The worst break of a service, with its share of that in nats, or that there is none."""
    if worst.nats > 0.0:
        more = sum(b.nats > 1.0 for b in theirs) - 1
        text = _words(worst, seen) + (f", and {more} more changes" if more > 0 else "")
        name = "log lines" if seen.marks[worst.mark].kind == "line" else "spans"
        yield Term(name, _shown(share, _SHOWS), text)
    elif n := max(b.n_now for b in theirs):
        yield Term(
            "log lines and spans", _shown(-log(1.0 + n / _ENOUGH), _SHOWS), f"nothing new in {n} visits"
        )


def _words(broken: Break, seen: Visits) -> str:
    """What broke, for people."""
    mark = seen.marks[broken.mark]
    what = {"line": f"`{mark.example.split(chr(10), 1)[0][:_MOST_QUOTED]}`", "span": f"`{mark.text}`"}.get(
        mark.kind, f"the call of {mark.entity} `{mark.text}`"
    )
    where = f"visits of `{broken.operation}`" if broken.operation else "visits"
    what += _AGAIN[broken.nth]
    now, before = f"{broken.k_now} of {broken.n_now}", f"{broken.k_before} of {broken.n_before}"
    if broken.missing:
        return f"{what} is missing: {now} {where} have it, {before} had"
    return f"{what} in {now} {where}, {before} before"


def _of_stall(stall: Stall) -> Term:
    name, what = ("stalls", "visits") if stall.what == "own" else ("waits", "calls from and to it")
    now, before = f"{stall.k_now} of {stall.n_now}", f"{stall.k_before} of {stall.n_before}"
    return Term(name, _shown(stall.nats, _STALLS), f"{now} {what} stall, {before} before")


def _shown(nats: float, probability: float) -> float:
    """Log-odds of guilt, given those of the sign, which a fault shows with a probability."""
    return log(1.0 - probability + probability * exp(nats))
