"""What the real table costs, found out on it: bites at the pace a migration would go, each of them rolled back."""

import random
import time
from typing import TYPE_CHECKING, Any

from seamline.migrate import catalogue, pace, scan
from seamline.migrate.catalogue import Leaf, Server
from seamline.migrate.pace import Cost, Governor
from seamline.migrate.program import Program, Subject

if TYPE_CHECKING:
    from psycopg import Connection

# where nothing could be tried out: seconds for a page
UNKNOWN = Cost(0.004, 0.008, 0.0002, 0.0004)

_MOST = 0.15  # of the table's pages are touched; what is rolled back has to be vacuumed
_LEAST_PAGES = 64


def calibrate(connection: "Connection[Any]", server: Server, program: Program, for_s: float) -> Cost:
    """Seconds for a page, with the rests of an unstrained database, by the largest table. At most `for_s` long."""
    subject = max(
        (s for s in program.subjects if s.has_rows_to_go_over), key=lambda s: s.n_pages, default=None
    )
    if subject is None or for_s <= 0 or subject.n_pages == 0:
        return UNKNOWN
    leaf = max(catalogue.leaves(connection, subject.shape.oid), key=lambda x: x.n_pages)
    return _cost(*_bites(connection, server, subject, leaf, for_s))


def _bites(
    connection: "Connection[Any]", server: Server, subject: Subject, leaf: Leaf, for_s: float
) -> tuple[list[float], list[float]]:
    """Seconds for a page touched, and for one compared, of bites at random places; the same ones for the same plan."""
    governor, touched, compared = Governor(), list[float](), list[float]()
    chosen = random.Random(subject.shape.key)
    until, left = time.monotonic() + for_s, max(_LEAST_PAGES, int(_MOST * leaf.n_pages))
    while left > 0 and time.monotonic() < until:
        low = chosen.randrange(max(1, leaf.n_pages - governor.pace.pages + 1))
        high = min(low + governor.pace.pages, leaf.n_pages)
        left -= high - low
        one = scan.try_out(connection, server, subject.shape, leaf.sql, low, high)
        if one is None:
            continue
        took = one[0] * pace.TRIGGER
        touched.append(took / (high - low))
        compared.append(one[1] / (high - low))
        governor.after(took, 1.0, time.monotonic())
        time.sleep(governor.pace.pause_s(took))
    return touched, compared


def _cost(touched: list[float], compared: list[float]) -> Cost:
    if not touched:
        return UNKNOWN
    rested = 1 + pace.MIN_REST
    numbers = [rested * (pace.quantile(v, q) or 0.0) for v in (touched, compared) for q in (0.5, 0.9)]
    return Cost(*numbers)
