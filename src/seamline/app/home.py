"""A home: one organisation's log, views and keys, opened for reading or as its one writer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from seamline.app.ingest import Inbox
from seamline.model.ports import Log, Source, Views


class Closing(Protocol):
    """What is given back when a home is closed."""

    def close(self) -> None:
        """Twice is harmless."""


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
