"""Every store the package has, behind the same two fixtures."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seamline.model.ports import Log, Views
from seamline.store.memory import MemoryLog, MemoryViews
from seamline.store.sqlite import SqliteLog, SqliteViews

STORES = ("memory", "sqlite")
DURABLE = ("sqlite",)

OpenLog = Callable[[], Log]


def _opener(store: str, folder: Path) -> OpenLog:
    openers: dict[str, OpenLog] = {
        "memory": MemoryLog,
        "sqlite": lambda: SqliteLog(folder / "log.sqlite"),
    }
    return openers[store]


@pytest.fixture(params=STORES)
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    """An empty log."""
    opened = _opener(request.param, tmp_path)()
    yield opened
    opened.close()


@pytest.fixture(params=DURABLE)
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> OpenLog:
    """Opens the same log each time it is called."""
    return _opener(request.param, tmp_path)


@pytest.fixture(params=STORES)
def views(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Views]:
    """Views that were never put."""
    if request.param == "memory":
        yield MemoryViews()
    else:
        opened = SqliteViews(tmp_path / "views.sqlite")
        yield opened
        opened.close()
