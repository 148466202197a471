"""Tickets that belong to an incident though their desk sees no burst: few, but about the very thing that broke.

A ticket is tied when its desk answers for something that shows a symptom, it came after the first symptom, and either its
desk's burst is one of the symptoms, or its words name what is sick and nothing that is well: `revenue` when every table
of the revenue chain is, not `report` when another report is fine.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from seamline.analysis.stackmap import StackMap
from seamline.model.event import Ticket
from seamline.model.refs import name_of
from seamline.model.symptom import Observable

EARLY = timedelta(seconds=30)  # people may notice before a look does
_STEM = 6  # letters that stand for a word: invoice, invoices
_SHORTEST = 4
_WORD = re.compile(r"[a-zA-Z]+")


def tied(
    tickets: Iterable[Ticket],
    sick: Sequence[Observable],
    observables: Iterable[Observable],
    stack: StackMap,
    as_of: datetime,
) -> list[Ticket]:
    """The tickets of an incident whose symptoms are `sick`, oldest first. O(tickets + observables)."""
    onsets = [o.symptom.onset_at for o in sick if o.symptom is not None]
    if not onsets:
        return []
    since = min(onsets) - EARLY
    bursting = {o.entity for o in sick if o.kind == "ticket_burst"}
    mine = {o.entity for o in sick}
    telling = _stems(mine, sick) - _stems({o.entity for o in observables if o.entity not in mine}, ())
    found = [
        t
        for t in tickets
        if since <= t.at <= as_of
        and (desk := stack.canonical(t.desk))
        and (desk in bursting or (_answers(desk, mine, stack) and telling & _words(t)))
    ]
    return sorted(found, key=lambda t: (t.at, t.id))


def _answers(desk: str, mine: set[str], stack: StackMap) -> bool:
    return any(r.kind == "answers_for" and r.target in mine for r in stack.outward(desk))


def _stems(refs: Iterable[str], sick: Sequence[Observable]) -> set[str]:
    """Words in the names of entities and of what of them is sick."""
    return _cut(" ".join([*(name_of(r) for r in refs), *(o.slice for o in sick)]))


def _words(ticket: Ticket) -> set[str]:
    return _cut(f"{ticket.subject} {ticket.text}")


def _cut(text: str) -> set[str]:
    return {w[:_STEM].lower() for w in _WORD.findall(text) if len(w) >= _SHORTEST}
