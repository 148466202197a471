"""Bodies go, envelopes and the reason stay: erasure that a person asked for, and the end of retention."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from seamline.analysis.opinion import base_of
from seamline.app import views
from seamline.app.acting import LOCAL, actor, follow_up, said_at
from seamline.app.home import Home
from seamline.app.ingest import read_delivery
from seamline.model import record as rec
from seamline.model.errors import Fix
from seamline.model.ports import Log, Source

KEEP_TELEMETRY = timedelta(days=14)
# What an incident's causes and symptoms were read from; longer than any baseline looks back.
BEFORE_INCIDENT = timedelta(hours=24)
AFTER_INCIDENT = timedelta(hours=1)

Window = tuple[datetime, datetime]  # both ends inclusive


def erase(home: Home, seqs: Sequence[int], why: str, *, by: str = LOCAL) -> int:
    """Remove the bodies at these log positions for good, and say so on record. How many had one.

    The record comes first: an erasure that was cut off is finished when a server starts. Raises Fix, and
    changes nothing, for a position that isn't there, a record of ours, a missing reason, or anybody but the
    whole-stack owner.
    """
    wanted = sorted(set(seqs))
    if not why.strip():
        raise Fix("an erasure needs a reason", hint='--why "asked for by the patient"')
    if not wanted:
        raise Fix("no position was named", hint="seamline deliveries lists them")
    _check(home.log, wanted)
    facts = views.facts_of(home)
    organisation = base_of(facts).organisation
    person = actor(organisation, by)
    if person != actor(organisation, LOCAL):
        raise Fix(f"{person} can't erase", hint="only the whole-stack owner does")
    at = said_at(home, facts.as_of)
    home.log.append([rec.to_received(rec.Erased(person, at, tuple(wanted), why.strip()), at)])
    n_erased = _remove(home, wanted)
    follow_up(home)
    return n_erased


def finish(home: Home, records: Iterable[rec.AnyRecord]) -> int:
    """Remove what is left of all that was to be erased. How many bodies were."""
    wanted = {seq for record in records if isinstance(record, rec.Erased) for seq in record.seqs}
    left = [d.seq for seq in sorted(wanted) for d in home.log.read(seq - 1, seq) if d.body is not None]
    return _remove(home, left) if left else 0


def _remove(home: Home, seqs: Sequence[int]) -> int:
    """The bodies, and the graph of columns that may hold names out of them: who asks for it has it drawn anew.

    It goes first, in case this is cut off, and once more, in case somebody had it drawn just then.
    """
    _forget_columns(home)
    n_erased = home.log.erase(seqs)
    if n_erased:
        _forget_columns(home)
    return n_erased


def _forget_columns(home: Home) -> None:
    if home.columns is not None:
        home.columns.forget()


def end_retention(
    log: Log, sources: Mapping[str, Source], now: datetime, keep: timedelta = KEEP_TELEMETRY
) -> int:
    """Remove raw telemetry older than `keep`, but for the windows of recorded incidents. How many bodies went.

    Sources of retention class `record` keep theirs. Reads the log once for the incidents in it.
    """
    telemetry = [name for name, source in sources.items() if source.retention == "telemetry"]
    before = now - keep
    windows = [window for window in _windows(log) if window[0] < before]
    if not windows:
        return log.prune(telemetry, before)
    old = (d for d in log.read() if d.source in telemetry and d.received_at < before and d.body is not None)
    return log.erase([d.seq for d in old if not _within(d.received_at, windows)])


def _check(log: Log, seqs: Sequence[int]) -> None:
    position = log.position()
    for seq in seqs:
        if not 0 < seq <= position:
            raise Fix(f"there is no delivery at position {seq}", hint=f"the log goes from 1 to {position}")
        delivery = next(log.read(seq - 1, seq))
        if delivery.source == rec.SOURCE:
            raise Fix(f"position {seq} is a record of Seamline's own", hint="what was told and decided stays")


def _windows(log: Log) -> Iterator[Window]:
    """From a day before each recorded incident opened until an hour after it closed, or for ever."""
    opened: dict[str, datetime] = {}
    for delivery in log.read():
        if delivery.source != rec.SOURCE:
            continue
        record = read_delivery({}, delivery).record
        if isinstance(record, rec.Opened):
            opened[record.incident] = record.at
        elif isinstance(record, rec.Closed) and record.incident in opened:
            yield opened.pop(record.incident) - BEFORE_INCIDENT, record.at + AFTER_INCIDENT
    for at in opened.values():
        yield at - BEFORE_INCIDENT, datetime.max.replace(tzinfo=at.tzinfo)


def _within(at: datetime, windows: Sequence[Window]) -> bool:
    return any(start <= at <= end for start, end in windows)
