# ruff: noqa: ARG002  the fake takes what the port gives, used or not
"""A real server over a real home, with the views answered by a fake: the subprocess of these tests.

usage: program.py HOME [--limit BYTES] [--host HOST] [--port PORT] [--memory]
"""

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from seamline.app.act import Acknowledge, Act
from seamline.app.acting import LOCAL
from seamline.app.ingest import Listed, list_deliveries
from seamline.bootstrap import open_home
from seamline.http.api import Choice, Recorded
from seamline.http.serve import serve
from seamline.model.delivery import Delivery
from seamline.model.errors import SeamlineError, UnknownIncident
from seamline.model.incident import Cause, Incident
from seamline.model.ports import Log, Source
from seamline.model.stack import Entity, LooseEnd, Seam
from seamline.model.story import Story
from seamline.model.verdict import Verdict

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CAUSE = Cause("change:c1", "change", ("c1",), "service:booking", NOON, 0.9, None, "a deploy")
INCIDENT = Incident(
    "INC-1", "open", NOON, "mira", "rule", (CAUSE,), (), ("service:booking",), ("dev",), (("mira", NOON),)
)


class FakeApi:
    """A FAKE of the verbs: one incident, the real list of deliveries, and every act echoed with whose it is."""

    def __init__(self, log: Log, sources: dict[str, Source]) -> None:
        self._log = log
        self._sources = sources

    def as_of(self) -> datetime | None:
        return self._log.as_of()

    def incidents(self, as_of: datetime | None) -> Sequence[Incident]:
        return [] if as_of and as_of < NOON else [INCIDENT]

    def incident(self, incident: str, as_of: datetime | None) -> Story:
        if incident != INCIDENT.id:
            raise UnknownIncident(f"no incident {incident!r}", hint="see /api/incidents")
        return Story(INCIDENT, as_of or NOON, "a deploy", "Mira Koch", "rule", {})

    def seams(self, as_of: datetime | None) -> Sequence[Seam]:
        return [Seam("service:a", "database:b", "uses", "mira", "rule", "rule", 0, False)]

    def entities(self, as_of: datetime | None) -> Sequence[Entity]:
        return [Entity("service:a", "service", "dev", "mira", "declared", "service:a")]

    def loose_ends(self, as_of: datetime | None) -> Sequence[LooseEnd]:
        return [LooseEnd("desk:1", "nothing covers it")]

    def deliveries(
        self, as_of: datetime | None, *, unreadable: bool, after: int, limit: int
    ) -> Sequence[Listed]:
        found = list_deliveries(self._sources, self._log.read(after), unreadable=unreadable)
        return [each for each, _ in zip(found, range(limit), strict=False)]

    def decisions(self, as_of: datetime | None) -> Sequence[Choice]:
        return [Choice(7, NOON, "mira", "c1", "let it pass?", "pass")]

    def gate(self, change: dict[str, Any], by: str) -> Verdict:
        return Verdict(str(change["id"]), "pass", (), by, "rule", NOON, None, "")

    def act(self, asked: Act, by: str = LOCAL, for_: str = "") -> Recorded:
        if by == "oops":
            raise RuntimeError("s3cret detail")
        if isinstance(asked, Acknowledge) and asked.incident != INCIDENT.id:
            raise UnknownIncident(f"no incident {asked.incident!r}", hint="see /api/incidents")
        return Recorded(7, f"{by}{for_ and ' for '}{for_}: {msgspec.json.encode(asked).decode()}")


def triage(batch: Sequence[Delivery]) -> None:
    """Says what live triage was handed; slow on purpose for a body that asks for it."""
    for delivery in batch:
        if delivery.body and b'"slow"' in delivery.body:
            time.sleep(1.0)
        print(f"triaged {delivery.seq}", file=sys.stderr, flush=True)


def main() -> int:
    """Serve until told to stop; errors are one line and exit 2, as the command line does it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--limit", type=int, default=25 * 1024 * 1024)
    arguments = parser.parse_args()
    try:
        with open_home(arguments.home, write=True) as home:
            serve(
                home,
                FakeApi(home.log, dict(home.sources)),
                host=arguments.host,
                port=arguments.port,
                limit=arguments.limit,
                on_batch=triage,
                after=home.log.position(),
            )
    except SeamlineError as error:
        print(f"error: {error} ({error.hint})", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
