"""Tickets that belong to an incident: those of its bursts, whenever they come, and a few about the very thing that broke.

A ticket is tied when it came after the first symptom, and either its desk's burst is one of the symptoms and it says
what the burst's tickets say, or its desk answers for something that shows a symptom and its words name what is
sick and nothing that is well: `revenue` when every table of the revenue chain is, not `report` when another
report is fine. A burst ends for detection when it falls silent; what it says goes on to tie tickets while the
incident lasts.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from seamline.analysis.detect.wording import IN_COMMON, stems
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Ticket
from seamline.model.refs import name_of
from seamline.model.symptom import Observable

EARLY = timedelta(seconds=30)  # people may notice before a look does
_OFTEN = 0.2  # share of a burst's tickets that makes a word one of the burst, as when it was found
_STEM = 6  # letters that stand for a word: invoice, invoices
_SHORTEST = 4


def tied(
    tickets: Iterable[Ticket],
    sick: Sequence[Observable],
    observables: Iterable[Observable],
    stack: StackMap,
    as_of: datetime,
) -> list[Ticket]:
    """The tickets of an incident whose symptoms are `sick`, oldest first. O(tickets since its onset + observables)."""
    onsets = [o.symptom.onset_at for o in sick if o.symptom is not None]
    if not onsets:
        return []
    since = min(onsets) - EARLY
    mine = {o.entity for o in sick}
    telling = _stems(mine, [o for o in sick if o.kind != "ticket_burst"]) - _stems(
        {o.entity for o in observables if o.entity not in mine}, ()
    )
    came = sorted((t for t in tickets if since <= t.at <= as_of), key=lambda t: (t.at, t.id))
    found = {t.id for o in sick if o.kind == "ticket_burst" for t in _alike(came, o, stack)}
    return [
        t
        for t in came
        if t.id in found or (_answers(stack.canonical(t.desk), mine, stack) and telling & _words(t))
    ]


def _alike(came: Sequence[Ticket], burst: Observable, stack: StackMap) -> list[Ticket]:
    """Tickets at a burst's desk that say two of the words that a good part of its tickets say.

    It starts from the burst's signature and takes in what is alike until nothing more is; each ticket once.
    """
    left = {
        t.id: (t, stems(f"{t.subject} {t.text}")) for t in came if stack.canonical(t.desk) == burst.entity
    }
    often = frozenset(burst.slice.split())
    counted: Counter[str] = Counter()
    found: list[Ticket] = []
    while new := [pair for pair in left.values() if len(pair[1] & often) >= min(IN_COMMON, len(often))]:
        for ticket, words in new:
            del left[ticket.id]
            counted.update(words)
            found.append(ticket)
        often = frozenset(stem for stem, n in counted.items() if n >= max(2.0, _OFTEN * len(found)))
    return found


def _answers(desk: str, mine: set[str], stack: StackMap) -> bool:
    return any(r.kind == "answers_for" and r.target in mine for r in stack.outward(desk))


def _stems(refs: Iterable[str], sick: Sequence[Observable]) -> set[str]:
    """Words in the names of entities and of what of them is sick."""
    return _cut(" ".join([*(name_of(r) for r in refs), *(o.slice for o in sick)]))


def _words(ticket: Ticket) -> set[str]:
    return _cut(f"{ticket.subject} {ticket.text}")


def _cut(text: str) -> set[str]:
    return {stem[:_STEM] for stem in stems(text) if stem.isalpha() and len(stem) >= _SHORTEST}
