"""What people say through a tool goes on record as theirs: `/seamline ack I-3` in a chat is an act like any other.

A word of a delivery becomes a record under a key made of the delivery's log position. So it is heeded once, however
often its delivery is handed over, across restarts as well. A word nobody can be found for, or that asks for
something that can't be, becomes no record; `unheard` lists it with the reason. It is not taken up later, when
its person is declared: an act of last week should not happen today.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis.opinion import Opinion
from seamline.app import views
from seamline.app.acting import follow_up, known
from seamline.app.home import Home
from seamline.model import record as rec
from seamline.model.delivery import Delivery, Received
from seamline.model.errors import Fix, Unreadable
from seamline.model.incident import Incident
from seamline.model.organisation import Organisation, Person
from seamline.model.word import Word

KEY = "word:"  # begins the key of every record that a word became

_logger = logging.getLogger("seamline.heed")


class Unheard(Struct, frozen=True):
    """A word that is no record, and why not as far as can be told today."""

    seq: int
    source: str
    at: datetime
    handle: str
    act: str
    incident: str
    why: str


def heed(
    home: Home,
    deliveries: Iterable[Delivery],
    opinion: Opinion | None = None,
    heeded: set[str] | None = None,
) -> int:
    """Put on record what people said in these deliveries; returns how many words were.

    `opinion` is the latest one where somebody keeps it; else it is formed anew, which reads the whole log.

    `heeded` are the keys of the words on record (see `heeded_words`), where somebody keeps them; they grow here.

    Nothing is read of the log where nobody spoke; otherwise what came since the first of the words, for those that were
    heeded before. Raises Retry as the log does; the same deliveries may then be handed over again.
    """
    said = [pair for delivery in deliveries for pair in _words(home, delivery)]
    if not said:
        return 0
    if heeded is None:
        heeded = heeded_words(home, after=min(word.seq for _, word in said))
    fresh = [(key, word) for key, word in said if key not in heeded]
    if not fresh:
        return 0
    opinion = opinion or views.opinion(home)
    n_heeded = 0
    for key, word in fresh:
        try:
            records = _records(opinion, word)
        except Fix as refused:
            _logger.warning("%s of %s at %s: %s", word.act, word.incident, word.source, refused)
            continue
        home.log.append([_keyed(key, n, record) for n, record in enumerate(records)])
        heeded.add(key)
        n_heeded += 1
    if n_heeded:
        follow_up(home)
    return n_heeded


def unheard(home: Home, *, limit: int = 50) -> list[Unheard]:
    """The latest words that are no record, newest first. O(log)."""
    heeded = heeded_words(home)
    said = [word for d in home.log.read() for key, word in _words(home, d) if key not in heeded]
    if not said:
        return []
    opinion = views.opinion(home)
    return [_unheard(opinion, word) for word in reversed(said[-limit:])]


def _unheard(opinion: Opinion, word: Word) -> Unheard:
    try:
        _records(opinion, word)
        why = "it could not be done when it was said"
    except Fix as refused:
        why = f"{refused} ({refused.hint})"
    return Unheard(word.seq, word.source, word.at, word.handle, word.act, word.incident, why)


def _words(home: Home, delivery: Delivery) -> Iterator[tuple[str, Word]]:
    """The words of a delivery with their keys; none for tools through which nobody speaks."""
    source = home.sources.get(delivery.source)
    words: Callable[[Delivery], Iterator[Word]] | None = getattr(source, "words", None)
    if words is None or delivery.body is None:
        return
    try:
        said = list(words(delivery))
    except Unreadable:
        return  # listed among the unreadable deliveries
    except Exception as error:  # noqa: BLE001  a source from elsewhere may fail in any way; the rest is heeded
        _logger.error("the words of delivery %d: %s", delivery.seq, type(error).__name__)
        return
    for n, word in enumerate(said):
        yield f"{KEY}{delivery.seq}:{n}", word


def heeded_words(home: Home, *, after: int = 0) -> set[str]:
    """The keys of the words that came on record after a position."""
    return {d.key for d in home.log.read(after) if d.source == rec.SOURCE and d.key.startswith(KEY)}


def _keyed(key: str, n: int, record: rec.AnyRecord) -> Received:
    """The nth record of a word; the first has the word's own key."""
    return replace(rec.to_received(record, record.at), key=f"{key}:{n}" if n else key)


def _records(opinion: Opinion, word: Word) -> list[rec.AnyRecord]:
    """The records that a word becomes. Raises Fix when it can't be done."""
    organisation = opinion.base.organisation
    at = max(word.at, opinion.as_of)
    person = _person(organisation, word.handle, at)
    incident = _incident(opinion, word.incident)
    if word.act == "acknowledge":
        return [rec.Acknowledged(person, at, incident.id)]
    to = _person(organisation, word.to, at) if ":" in word.to else known(organisation, word.to)
    if incident.accountable == to:
        raise Fix(f"{incident.id} is {to}'s already", hint="nothing to do")
    return [
        rec.HandedOver(person, at, incident.id, to, word.note),
        rec.Told(person, at, incident.id, to, "digest"),
    ]


def _person(organisation: Organisation, handle: str, at: datetime) -> str:
    """Whose handle it is."""
    found: Person | None = next((p for p in organisation.people if handle in p.handles), None)
    if found is None:
        raise Fix(f"nobody is known as {handle}", hint=f'handles = ["{handle}"] in their [[person]]')
    if found.left_at is not None and found.left_at <= at:
        raise Fix(f"{found.id} ({handle}) has left", hint="somebody else has to say it")
    return found.id


def _incident(opinion: Opinion, id_: str) -> Incident:
    minted = {i.id: i for i in opinion.incidents if i.state != "candidate"}
    if id_ not in minted:
        raise Fix(f"there is no incident {id_}", hint=f"there are: {', '.join(sorted(minted)) or 'none'}")
    return minted[id_]
