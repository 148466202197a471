"""One writer per home: a lock the kernel drops with the process, so that nothing stale is ever left behind."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from seamline.model.errors import Busy, Stop


class WriterLock:
    """Held from construction to `release`. Raises Busy, naming the holder, when another process has it."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            hint = "check that the folder exists and that you may write to it"
            raise Stop(f"{path.parent}: can't be written to ({error.strerror})", hint=hint) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._file, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(self._file)
            message = f"{path.parent}: process {holder} already writes to this home"
            hint = "stop it first; a running `serve` takes deliveries and people's words over HTTP"
            raise Busy(message, hint=hint) from None
        with suppress(OSError):  # the name only helps people; on a full disk the lock still holds
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let the next writer in. Twice is harmless."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
