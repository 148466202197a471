"""The server under measurement: the real one over a real home, or over a log that stores nothing.

usage: python -m seamline.bench._server HOME [--no-store]
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from seamline.bootstrap import open_home
from seamline.http.serve import serve
from seamline.http.verbs import HomeVerbs
from seamline.model.delivery import Appended, Delivery, Received


class _Nothing:
    """A log that answers and forgets."""

    def __init__(self) -> None:
        self._seq = 0

    def append(self, batch: Sequence[Received]) -> list[Appended]:
        answers = [Appended(self._seq + n, False) for n in range(1, len(batch) + 1)]
        self._seq += len(batch)
        return answers

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Delivery]:  # noqa: ARG002
        return iter(())

    def position(self) -> int:
        return self._seq

    def as_of(self, position: int | None = None) -> datetime | None:  # noqa: ARG002
        return None

    def erase(self, seqs: Sequence[int]) -> int:  # noqa: ARG002
        return 0

    def prune(self, sources: Sequence[str], before: datetime) -> int:  # noqa: ARG002
        return 0

    def close(self) -> None:
        return None


def main() -> None:
    """Serve on a free port until told to stop."""
    with open_home(Path(sys.argv[1]), write=True) as home:
        measured = replace(home, log=_Nothing()) if "--no-store" in sys.argv else home
        serve(measured, HomeVerbs(measured), port=0)


if __name__ == "__main__":
    main()
