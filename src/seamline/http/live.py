"""Live triage beside the inbox: what was committed is read back from the log and handed on, in order.

The log is the queue, so nothing has to be held in memory, nothing is lost when triage is slow, and a restart goes
on where the last one stopped.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

from seamline.http.journal import place
from seamline.model.delivery import Delivery
from seamline.model.errors import SeamlineError
from seamline.model.ports import Log

OnBatch = Callable[[Sequence[Delivery]], float | None]

BATCH = 200  # deliveries handed over at once
BATCH_BYTES = 32 * 1024 * 1024
IDLE_S = 5.0  # an empty batch after this long without news, so that triage can let time pass
RETRY_S = 1.0

_logger = logging.getLogger("seamline.live")


class Live:
    """A thread that calls `on_batch` with deliveries after `after`, each once, or with none when idle.

    `on_batch` answers in how many seconds it wants to be called again even without news (None: `idle_s`).
    A call that fails is followed by an empty batch after a pause; `trouble` says why until a call goes through.
    """

    def __init__(self, log: Log, on_batch: OnBatch, *, after: int = 0, idle_s: float = IDLE_S) -> None:
        self._log = log
        self._on_batch = on_batch
        self._idle_s = idle_s
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live", daemon=True)
        self.position = after
        self.trouble = ""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ring(self) -> None:
        """Something new was committed. Cheap, from any thread."""
        self._news.set()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End after the batch under way."""
        self._stopping.set()
        self._news.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        self._news.wait(self._idle_s)
        while not self._stopping.is_set():
            try:
                again_s = self._catch_up()
                self.trouble = ""
                self._news.wait(self._idle_s if again_s is None else min(again_s, self._idle_s))
            except Exception as error:  # noqa: BLE001  a door: triage may fail, the inbox may not
                self._record(error)
                self._stopping.wait(RETRY_S)

    def _catch_up(self) -> float | None:
        """Hand over everything there is, or nothing once; when to come again."""
        again_s = None
        any_yet = False
        while not self._stopping.is_set():
            self._news.clear()
            batch = _some(self._log.read(after=self.position))
            if not batch and any_yet:
                break
            if batch:
                self.position = batch[
                    -1
                ].seq  # first: what triage took in before it failed it must not get twice
            again_s = self._on_batch(batch)
            any_yet = True
            if not batch:
                break
        return again_s

    def _record(self, error: Exception) -> None:
        said = str(error) if isinstance(error, SeamlineError) else place(error)
        if said != self.trouble:
            _logger.error("triage failed after delivery %d: %s", self.position, said)
        self.trouble = said


def _some(deliveries: Iterable[Delivery]) -> list[Delivery]:
    """The first `BATCH` of them, fewer when their bodies are large."""
    batch: list[Delivery] = []
    n_bytes = 0
    for delivery in deliveries:
        batch.append(delivery)
        n_bytes += len(delivery.body or b"")
        if len(batch) == BATCH or n_bytes >= BATCH_BYTES:
            break
    return batch
