"""What a survey says of one repository at one revision, in the form in which the log keeps it.

Findings are normalised before they are stored: owners are joined to people, places to claims, names to names. The
contracts and statements that the checks need later travel along as they were found.
"""

from msgspec import Struct

from seamline.analysis.stackmap import ARTEFACTS
from seamline.model.artefact import ColumnEdge, Document, Figure, Found, Operation, Query, Table, Unread
from seamline.model.refs import event_id

SOURCE = ARTEFACTS

Carried = Table | Query | ColumnEdge | Operation | Document | Figure | Unread
CARRIED = (Table, Query, ColumnEdge, Operation, Document, Figure, Unread)


class Repository(Struct, frozen=True):
    """What was read of one repository: its findings in the readers' order, and the names of all of its files."""

    name: str
    revision: str  # full commit sha; "" where the files are of no commit
    found: tuple[Found, ...]
    paths: tuple[str, ...] = ()
    is_server: bool = False  # no repository but a database's own catalogue


class Statement(Struct, frozen=True, order=True):
    """A fact of the map, as `event.MapFact`."""

    subject: str
    predicate: str
    object: str = ""
    evidence: str = ""


class Word(Struct, frozen=True, order=True):
    """Somebody's word on an owner, as `event.Claim`.

    `person` is the id of the one person that the spelling means, "" for nobody. It is never redacted: ids are the
    organisation's own, and stand in its `seamline.toml`.
    """

    entity: str
    owner: str  # as spelled
    evidence: str = ""
    weight: int = 0
    person: str = ""

    def whose(self) -> str:
        """The person, else the spelling."""
        return self.person or self.owner


class Gone(Struct, frozen=True):
    """Event ids of what an earlier revision said and this one does not."""

    facts: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()


class Told(Struct, frozen=True):
    """One delivery. `repository` is "" for what was joined across repositories."""

    repository: str
    revision: str = ""
    facts: tuple[Statement, ...] = ()
    claims: tuple[Word, ...] = ()
    carried: tuple[Carried, ...] = ()
    gone: Gone = Gone()


class Mapped(Struct, frozen=True):
    """What of a delivery the map reads: the rest of a large body need not be decoded for it."""

    repository: str
    facts: tuple[Statement, ...] = ()
    claims: tuple[Word, ...] = ()
    gone: Gone = Gone()


def fact_id(repository: str, said: Statement) -> str:
    """The natural key of a fact: two repositories may say the same."""
    return event_id(SOURCE, f"fact\n{repository}\n{said.subject}\n{said.predicate}\n{said.object}")


def claim_id(repository: str, said: Word) -> str:
    """The natural key of a claim: a new owner is a new claim."""
    return event_id(SOURCE, f"claim\n{repository}\n{said.entity}\n{said.whose()}\n{said.weight}")


def ids_of(told: Mapped) -> Gone:
    """The event ids of all that a delivery says, sorted."""
    return Gone(
        tuple(sorted({fact_id(told.repository, f) for f in told.facts})),
        tuple(sorted({claim_id(told.repository, c) for c in told.claims})),
    )


def since(before: Mapped | None, now: Mapped) -> Gone:
    """What `now` has to take back of what stood in the log, earlier takings-back that still hold among it."""
    if before is None:
        return Gone()
    then, here = ids_of(before), ids_of(now)
    facts = ({*then.facts, *before.gone.facts}) - {*here.facts}
    claims = ({*then.claims, *before.gone.claims}) - {*here.claims}
    return Gone(tuple(sorted(facts)), tuple(sorted(claims)))
