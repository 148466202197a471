"""What the real table costs, found out on it: bites at the pace a migration would go, each of them rolled back."""

import random
import time
from typing import TYPE_CHECKING, Any

from seamline.migrate import catalogue, pace, scan
from seamline.migrate.catalogue import Leaf, Server
from seamline.migrate.pace import Cost, Pace
from seamline.migrate.program import Program, Subject
from seamline.migrate.session import connect

if TYPE_CHECKING:
    from psycopg import Connection

# where nothing could be tried out: seconds for a page
UNKNOWN = Cost(0.004, 0.008, 0.0002, 0.0004)

_MOST = 0.15  # of the table's pages are touched; what is rolled back has to be vacuumed
_LEAST_PAGES = 64
_QUIET_S = 1.0  # of canary before the first bite: what is usual
_CANARY = "INSERT INTO seam.canary VALUES ('', 0) ON CONFLICT (mig) DO UPDATE SET n = seam.canary.n + 1"
_RECENT = 20  # canary values that count as now


def calibrate(
    connection: "Connection[Any]", dsn: str, server: Server, program: Program, for_s: float
) -> Cost:
    """Seconds for a page, rests and throttling included, by the largest table. At most `for_s` long."""
    subject = max(
        (s for s in program.subjects if s.has_rows_to_go_over), key=lambda s: s.n_pages, default=None
    )
    if subject is None or for_s <= 0 or subject.n_pages == 0:
        return UNKNOWN
    leaf = max(catalogue.leaves(connection, subject.shape.oid), key=lambda x: x.n_pages)
    with connect(dsn, "calibration") as beside:
        return _Trial(connection, beside, server, subject, leaf).run(for_s)


class _Trial:
    """One calibration. The canary is a transaction of its own, which has to reach the disk as a client's has."""

    def __init__(
        self,
        connection: "Connection[Any]",
        beside: "Connection[Any]",
        server: Server,
        subject: Subject,
        leaf: Leaf,
    ) -> None:
        self._connection, self._beside, self._server = connection, beside, server
        self._subject, self._leaf = subject, leaf
        self._canary: list[float] = []

    def run(self, for_s: float) -> Cost:
        """Bites at random places until the time or the share of the table is used up."""
        self._listen(min(_QUIET_S, for_s / 4))
        usual = pace.quantile(self._canary, 0.95) or 0.0
        chosen = random.Random(self._subject.shape.key)  # the same places for the same plan
        until, left = time.monotonic() + for_s, max(_LEAST_PAGES, int(_MOST * self._leaf.n_pages))
        now, touched, compared = Pace(), list[float](), list[float]()
        while left > 0 and time.monotonic() < until:
            low = chosen.randrange(max(1, self._leaf.n_pages - now.pages + 1))
            high = min(low + now.pages, self._leaf.n_pages)
            one = scan.try_out(self._connection, self._server, self._subject.shape, self._leaf.sql, low, high)
            left -= high - low
            if one is None:
                continue
            took = one[0] * pace.TRIGGER
            touched.append(took * (1 + now.rest) / (high - low))
            compared.append(one[1] * (1 + pace.MIN_REST) / (high - low))
            self._feel()
            now = now.after(took, self._strain(usual))
            time.sleep(now.pause_s(took))
        if not touched:
            return UNKNOWN
        tail = touched[len(touched) // 3 :]  # the first bites are small: they only find the pace
        return Cost(sum(tail) / len(tail), pace.quantile(tail, 0.9) or 0.0, *_spread(compared))

    def _listen(self, for_s: float) -> None:
        until = time.monotonic() + for_s
        while time.monotonic() < until:
            self._feel()
            time.sleep(0.02)

    def _feel(self) -> None:
        began = time.perf_counter()
        self._beside.execute(_CANARY)
        self._canary.append(time.perf_counter() - began)

    def _strain(self, usual: float) -> float:
        recent = pace.quantile(self._canary[-_RECENT:], 0.95) or 0.0
        return recent / usual if usual and recent >= pace.FLOOR_S else 1.0


def _spread(values: list[float]) -> tuple[float, float]:
    return pace.quantile(values, 0.5) or 0.0, pace.quantile(values, 0.9) or 0.0
