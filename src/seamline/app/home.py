"""A home: one organisation's log, views and keys, opened for reading or as its one writer."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from seamline.analysis.lineage.graph import Numbered
from seamline.app.ingest import Inbox
from seamline.model.ports import Log, Source, Views


class Closing(Protocol):
    """What is given back when a home is closed."""

    def close(self) -> None:
        """Twice is harmless."""


class Columns(Protocol):
    """Where a home keeps the graph of its columns, an opinion on the log up to a position."""

    def position(self) -> int:
        """The log position that it stands at; 0 where there is none that can be read."""

    def has_heard(self, facts: Sequence[str]) -> bool:
        """Whether all of these facts, by id, went into it."""

    def read(self) -> tuple[Numbered, Mapping[str, tuple[str, ...]]]:
        """The graph as numbers, and the tables that each name means. Raises Stop or Retry where it can't be read."""

    def put(
        self, position: int, numbers: Numbered, names: Mapping[str, tuple[str, ...]], heard: Iterable[str]
    ) -> None:
        """Take the place of the one before, all or nothing. Raises Stop or Retry where it can't be written."""

    def move(self, position: int) -> None:
        """It stands at a later position as well: what came since says nothing that it lacks."""

    def forget(self) -> None:
        """Remove it for good. Twice is harmless."""


@dataclass(frozen=True, slots=True)
class Home:
    """What every verb works on. Made by `bootstrap.open_home`, which alone picks the implementations."""

    path: Path
    log: Log
    views: Views
    sources: Mapping[str, Source]
    inbox: Inbox
    clock: Callable[[], datetime]  # for the times of new records; no opinion may depend on it
    resources: tuple[Closing, ...] = ()
    columns: Columns | None = None  # None: nothing is kept
    followed: bool = False  # whether a live watch in this process follows the log, and opens what has to be

    @property
    def config(self) -> Path:
        """The declared map; may be absent."""
        return self.path / "seamline.toml"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for resource in self.resources:
            resource.close()
