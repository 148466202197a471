"""How far something long has come: one moving line on a terminal, nothing anywhere else."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OnProgress = Callable[[int, int], None]  # done, in all (0: not known)


@contextmanager
def on_stderr(what: str) -> Iterator[OnProgress | None]:
    """A function that shows how far `what` has come, None where nobody watches; the line is gone at the end."""
    if not sys.stderr.isatty():
        yield None
        return

    def tell(n_done: int, n_all: int) -> None:
        far = f"{n_done / n_all:.0%}" if n_all else f"{n_done}"
        sys.stderr.write(f"\r\x1b[K{what}: {far}")
        sys.stderr.flush()

    try:
        yield tell
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
