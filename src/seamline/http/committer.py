"""Group commit: deliveries that arrive together are made durable together, on a thread of their own.

State model: idle -> (first delivery) -> scheduled -> committing -> idle, or straight to the next batch when
deliveries gathered meanwhile. Everything but `Log.append` happens on the event loop's thread.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from seamline.model.delivery import Appended, Received
from seamline.model.errors import Retry
from seamline.model.ports import Log

MAX_WAITING = 4096  # deliveries
MAX_BATCH = 256
MAX_BATCH_BYTES = 32 * 1024 * 1024

_Waiting = tuple[Received, asyncio.Future[Appended]]


class Committer:
    """Appends to the log in batches and tells `on_commit`. One per event loop."""

    def __init__(
        self, log: Log, *, max_waiting: int = MAX_WAITING, on_commit: Callable[[], None] | None = None
    ) -> None:
        self._log = log
        self._on_commit = on_commit
        self._max_waiting = max_waiting
        self._waiting: deque[_Waiting] = deque()
        self._busy = False
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")
        self._loop: asyncio.AbstractEventLoop | None = None  # the one of the first delivery
        self.n_commits = 0
        self.trouble = ""  # why the latest commit failed; "" when it didn't

    def append(self, received: Received) -> asyncio.Future[Appended]:
        """Resolves once the delivery is durable, or to the log's error. Raises Retry when too many wait."""
        if len(self._waiting) >= self._max_waiting:
            raise Retry("the inbox is full", hint="send it again in a moment")
        loop = self._loop = self._loop or asyncio.get_running_loop()
        future: asyncio.Future[Appended] = loop.create_future()
        self._waiting.append((received, future))
        if not self._busy:
            self._busy = True
            loop.call_soon(self._next)  # whatever is readable in this round of the loop comes along
        return future

    @property
    def n_waiting(self) -> int:
        """Deliveries whose commit has not begun."""
        return len(self._waiting)

    async def drain(self) -> None:
        """Wait until everything that was given is answered, then end the thread."""
        while self._waiting or self._busy:
            await asyncio.sleep(0.01)
        self._thread.shutdown()

    def _next(self) -> None:
        batch = self._batch()
        if not batch:
            self._busy = False
            return
        assert self._loop is not None
        done = self._loop.run_in_executor(self._thread, self._log.append, [received for received, _ in batch])
        done.add_done_callback(lambda done: self._finish(batch, done))

    def _batch(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        n_bytes = 0
        while self._waiting and len(batch) < MAX_BATCH and n_bytes < MAX_BATCH_BYTES:
            received, future = self._waiting.popleft()
            if not future.cancelled():  # its sender left before the commit began
                batch.append((received, future))
                n_bytes += len(received.body)
        return batch

    def _finish(self, batch: Sequence[_Waiting], done: asyncio.Future[list[Appended]]) -> None:
        error = done.exception()
        self.trouble = str(error) if error else ""
        self.n_commits += 1
        for place, (_, future) in enumerate(batch):
            if future.done():
                continue
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(done.result()[place])
        if error is None and self._on_commit is not None:
            self._on_commit()
        self._next()
