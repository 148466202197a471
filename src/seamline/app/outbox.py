"""What a migration did, as deliveries in a home's log: a schema change that incidents can be joined to."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from seamline.app.home import Home
from seamline.migrate import journal
from seamline.migrate.session import connect, translated
from seamline.model.refs import dataset

if TYPE_CHECKING:
    from psycopg import Connection

_STATES: Mapping[str, str] = {
    "PLANNED": "announced", "APPROVED": "announced", "EXPAND": "started", "SYNC": "started", "VERIFY": "started",
    "READY": "started", "CUTOVER": "started", "SOAK": "started", "CONTRACT": "started", "DONE": "done",
    "REVERTING": "started", "REVERTED": "reverted",
}  # fmt: skip
_UNSENT = """
SELECT id, at, kind, detail FROM seam.event
WHERE mig = %s AND sent_at IS NULL AND kind IN ('planned', 'state', 'blocked', 'mismatch') ORDER BY id
"""


def deliver(home: Home, dsn: str, id_: str) -> int:
    """Put all that is not told yet into the log, each event once; how many. A death in between repeats no event:
    the log knows a delivery by its key."""
    with translated(), connect(dsn) as connection:
        found = journal.find(connection, id_)
        if found is None:
            return 0
        rows = connection.execute(_UNSENT, (id_,)).fetchall()
        subjects = found.read_program().subjects
        entities = [_entity(connection, s.shape.schema, s.shape.name) for s in subjects]
        for number, at, kind, detail in rows:
            body = msgspec.json.encode(_change(found, entities, at, kind, detail))
            headers = {"x-delivery-id": f"{id_}/{found.epoch}/{number}", "content-type": "application/json"}
            received = home.inbox.take("json", headers, body, home.clock())
            home.log.append([received])
        numbers = [r[0] for r in rows]
        connection.execute(
            "UPDATE seam.event SET sent_at = clock_timestamp() WHERE id = ANY (%s)", (numbers,)
        )
        return len(rows)


def _entity(connection: "Connection[Any]", schema: str, name: str) -> str:
    info = connection.info
    host = "localhost" if not info.host or info.host.startswith("/") else info.host
    return dataset(f"postgres://{host}:{info.port}", f"{info.dbname}.{schema}.{name}")


def _change(
    found: journal.Migration, entities: list[str], at: datetime, kind: str, detail: Mapping[str, Any]
) -> dict[str, Any]:
    """The neutral shape of a change, all states under one id."""
    state = str(detail.get("state", "PLANNED"))
    word = "failed" if kind in ("blocked", "mismatch") else _STATES.get(state, "started")
    what = str(detail.get("why", "")) if kind == "blocked" else state if kind == "state" else kind
    return {
        "type": "change",
        "id": f"migration/{found.id}/{found.plan_sha[:12]}",
        "entity": entities[0],
        "also": entities[1:],
        "kind": "schema",
        "state": word,
        "at": (found.started_at or found.planned_at).isoformat(),
        "updated_at": at.isoformat(),
        "title": f"migration {found.id}: {what}"[:200],
        "facts": {"migration": found.id, "state": state, "owner": found.owner},
    }
