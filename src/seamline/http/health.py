"""Whether the server is alive and ready, and its own figures."""

from msgspec import Struct

from seamline.http.committer import Committer
from seamline.http.counters import Counters
from seamline.http.live import Live
from seamline.model.errors import SeamlineError
from seamline.model.ports import Log


class Readiness(Struct, frozen=True):
    """`/readyz`: ready when there is no problem."""

    ready: bool
    position: int
    triaged: int | None  # log position up to which live triage came; None without one
    problems: tuple[str, ...]


class Health(Struct, frozen=True):
    """Looks at the running parts; changes nothing."""

    log: Log
    committer: Committer
    counters: Counters
    live: Live | None

    def readiness(self) -> Readiness:
        """What stands in the way of taking deliveries and judging them."""
        problems = []
        position = 0
        try:
            position = self.log.position()
        except SeamlineError as error:
            problems.append(f"log: {error}")
        if self.committer.trouble:
            problems.append(f"commit: {self.committer.trouble}")
        if self.live is not None and self.live.trouble:
            problems.append(f"triage: {self.live.trouble}")
        triaged = self.live.position if self.live else None
        return Readiness(not problems, position, triaged, tuple(problems))

    def metrics(self) -> str:
        """Prometheus text."""
        ready = self.readiness()
        gauges: dict[str, tuple[str, float]] = {
            "seamline_log_position": ("Deliveries in the log.", ready.position),
            "seamline_inbox_waiting": ("Deliveries whose commit has not begun.", self.committer.n_waiting),
            "seamline_commits": ("Transactions since the start.", self.committer.n_commits),
            "seamline_ready": ("1 when /readyz answers 200.", float(ready.ready)),
        }
        if ready.triaged is not None:
            gauges["seamline_triage_lag"] = ("Deliveries not triaged yet.", ready.position - ready.triaged)
        return self.counters.text(gauges)
