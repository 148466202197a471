"""The JSON views' verbs on one open home."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from threading import Lock
from typing import Any

import msgspec

from seamline.app import gate, views
from seamline.app.act import Act, act
from seamline.app.acting import LOCAL
from seamline.app.home import Home
from seamline.app.ingest import Listed, list_deliveries
from seamline.http.api import Choice, Recorded
from seamline.model.incident import Incident
from seamline.model.record import Decided, VerdictGiven
from seamline.model.stack import Entity, LooseEnd, Seam
from seamline.model.story import Story
from seamline.model.verdict import Verdict


class HomeVerbs:
    """`http.api.Api` on one open home. Opinions as of now come from the views that live triage keeps."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._acting = Lock()

    def as_of(self) -> datetime | None:
        """See `Api.as_of`."""
        return self._home.views.as_of() or self._home.log.as_of()

    def incidents(self, as_of: datetime | None) -> Sequence[Incident]:
        """See `Api.incidents`."""
        return views.incidents(self._home, as_of)[::-1]

    def incident(self, incident: str, as_of: datetime | None) -> Story:
        """See `Api.incident`."""
        return views.why(self._home, incident, as_of)

    def seams(self, as_of: datetime | None) -> Sequence[Seam]:
        """See `Api.seams`."""
        return sorted(views.seams(self._home, as_of), key=Seam.key)

    def entities(self, as_of: datetime | None) -> Sequence[Entity]:
        """See `Api.entities`."""
        return views.entities(self._home, as_of)

    def loose_ends(self, as_of: datetime | None) -> Sequence[LooseEnd]:
        """See `Api.loose_ends`."""
        return views.loose_ends(self._home, as_of)

    def deliveries(
        self, as_of: datetime | None, *, unreadable: bool, after: int, limit: int
    ) -> Sequence[Listed]:
        """See `Api.deliveries`. Reads from `after` on only, and stops when the page is full."""
        read = (d for d in self._home.log.read(after) if as_of is None or d.received_at <= as_of)
        return list(islice(list_deliveries(self._home.sources, read, unreadable=unreadable), limit))

    def decisions(self, as_of: datetime | None) -> Sequence[Choice]:
        """See `Api.decisions`."""
        records = views.facts_of(self._home, as_of).records
        return [_choice(seq, r) for seq, r in records if isinstance(r, Decided | VerdictGiven)]

    def gate(self, change: dict[str, Any], by: str) -> Verdict:
        """See `Api.gate`. The question is anybody's; the verdict is Seamline's own record."""
        return gate.gate(self._home, msgspec.json.encode(change).decode(), keep=bool(by))

    def act(self, asked: Act, by: str = LOCAL, for_: str = "") -> Recorded:
        """See `Api.act`. Each checks what is on record before it adds to it, so no two at once."""
        with self._acting:
            done = act(self._home, asked, by=by, for_=for_)
        return Recorded(self._home.log.position(), done.said, done.verdict)


def _choice(seq: int, record: Decided | VerdictGiven) -> Choice:
    if isinstance(record, Decided):
        r = record
        return Choice(seq, r.at, r.by, r.subject, r.question, r.choice, r.note)
    v = record.verdict
    reasons = "; ".join(f.reason for f in v.findings)
    return Choice(seq, record.at, record.by, v.change, "may it go?", v.outcome, reasons, v.accountable)
