"""What the desks' tickets are to be told of incidents: one intent a ticket and step, worked out anew from each opinion.

State of a ticket:  tied --said--> carries the number --incident over--> told that it is over
                     |  `held` while the action is off; `retry` while its tool is away: both are asked for again
                     +--failed--> left alone
"""

from collections.abc import Collection, Iterator, Mapping

from seamline.analysis import macro
from seamline.analysis.opinion import Base, Opinion
from seamline.analysis.register import Entry
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Ticket
from seamline.model.incident import Incident
from seamline.model.intent import Intent, Step
from seamline.model.refs import kind_of, name_of

UNCHANGEABLE = ("closed", "deleted")  # tickets that no tool changes any more


def intents(opinion: Opinion, tickets: Mapping[str, Ticket], on: Collection[str]) -> list[Intent]:
    """All that is still to be said, by incident and time of ticket. Pure; `on` names the tools that are switched on.

    What is `held` is asked for again once its tool is on. Tickets that never carried the number are not told
    that it is over.
    """
    found: list[Intent] = []
    for incident in opinion.incidents:
        entry = opinion.entries.get(incident.id)
        if entry is not None and incident.state == "open":
            found += _to_open(incident, entry, opinion, tickets, on)
        elif entry is not None and entry.closed_at is not None and not entry.merged_into:
            found += _to_end(incident, entry, opinion, tickets, on)
    return found


def _to_open(
    incident: Incident, entry: Entry, opinion: Opinion, tickets: Mapping[str, Ticket], on: Collection[str]
) -> Iterator[Intent]:
    for id_ in incident.tickets:
        ticket = tickets.get(id_)
        if (
            ticket is None
            or ticket.status in UNCHANGEABLE
            or _settled(entry, id_, "open", ticket.source in on)
        ):
            continue
        text = _text(incident, entry, opinion, ticket, "open")
        tag = tag_of(incident.id)
        yield Intent(ticket.source, incident.id, id_, ticket.number, "open", tag, text)


def _to_end(
    incident: Incident, entry: Entry, opinion: Opinion, tickets: Mapping[str, Ticket], on: Collection[str]
) -> Iterator[Intent]:
    for (id_, step), link in entry.links.items():
        ticket = tickets.get(id_)
        carries = step == "open" and link.outcome == "done"
        if ticket is None or not carries or ticket.status in UNCHANGEABLE:
            continue
        if not _settled(entry, id_, "over", link.tool in on):
            text = _text(incident, entry, opinion, ticket, "over")
            yield Intent(
                link.tool, incident.id, id_, link.number, "over", tag_of(incident.id) + "-over", text
            )


def _settled(entry: Entry, ticket: str, step: Step, on: bool) -> bool:
    link = entry.links.get((ticket, step))
    return link is not None and (link.outcome in ("done", "failed") or (link.outcome == "held" and not on))


def tag_of(incident: str) -> str:
    """The tag that a ticket of an incident bears.

    >>> tag_of("I-3")
    'seamline-i-3'
    """
    return f"seamline-{incident.lower()}"


def _text(incident: Incident, entry: Entry, opinion: Opinion, ticket: Ticket, step: Step) -> str:
    base = opinion.base
    opened_at = entry.opened.at
    known = macro.Known(
        incident.id,
        subject(base.stack, ticket.desk, incident),
        _domain(base, incident.accountable),
        min(incident.since or opened_at, opened_at),
        entry.closed_at if entry.closed_at and step == "over" else opinion.as_of,
        entry.closed_why == "not an incident",
    )
    return macro.tell(known, step, base.organisation.support, base.organisation.time_zone)


def _domain(base: Base, person: str) -> str:
    return next((p.domain for p in base.organisation.people if p.id == person), "")


def subject(stack: StackMap, desk: str, incident: Incident) -> tuple[str, ...]:
    """What a desk's people call what is broken: of all that the desk answers for, what the incident covers."""
    relations = stack.outward(stack.canonical(desk))
    broken = {r.target for r in relations if r.kind == "answers_for"} & set(incident.entities)
    return tuple(dict.fromkeys(_spoken(ref) for ref in sorted(broken)))


def _spoken(ref: str) -> str:
    """A ref as people say it: the last part of its name, dashes and underscores as spaces."""
    last = name_of(ref).rpartition("/")[2]
    last = last.rpartition(".")[2] if kind_of(ref) == "dataset" else last
    return " ".join(last.replace("_", " ").replace("-", " ").split())


def carried(incident: Incident) -> str:
    """One line on its tickets; "" when there are none."""
    c = incident.carried
    if not c.n_tied:
        return ""
    refused = f"; {c.n_refused} can't be changed any more" if c.n_refused else ""
    if c.n_carry:
        some = f"{c.n_carry} of {_tickets(c.n_tied)}" if c.n_carry < c.n_tied else _tickets(c.n_tied)
        return f"{some} {_verb(c.n_tied)} {incident.id}{refused}"
    return f"{_tickets(c.n_tied)} would carry {incident.id}{' (actions are off)' if c.held else ''}{refused}"


def _tickets(n: int) -> str:
    return f"{n} ticket" if n == 1 else f"{n} tickets"


def _verb(n: int) -> str:
    return "carries" if n == 1 else "carry"
