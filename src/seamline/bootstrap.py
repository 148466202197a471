"""The one place that picks implementations and hands them in."""

import os
from datetime import UTC, datetime
from pathlib import Path

from seamline import sources
from seamline.app.home import Home
from seamline.app.ingest import Inbox
from seamline.model.errors import Stop
from seamline.store.keyring import Keyring
from seamline.store.sqlite import SqliteLog, SqliteViews

LOG = "log.sqlite"
VIEWS = "views.sqlite"


def default_home() -> Path:
    """`$SEAMLINE_HOME`, else `seamline` in the user's data folder by the XDG rules."""
    if chosen := os.environ.get("SEAMLINE_HOME"):
        return Path(chosen)
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "seamline"


def open_home(path: Path, *, write: bool) -> Home:
    """The home in a folder: made when it is opened for writing, else it has to be there.

    One process may write at a time; readers are never in its way. Raises Stop, with the mend, when another
    process writes, or when there is nothing to read.
    """
    if write:
        _make(path)
    elif not (path / LOG).exists():
        raise Stop(
            f"{path}: there is no home here", hint="seamline init --owner NAME, or pick one with --home"
        )
    log = SqliteLog(path / LOG, write=write)
    try:
        views = SqliteViews(path / VIEWS, write=write)
    except BaseException:
        log.close()
        raise
    found = sources.discover()
    inbox = Inbox(found, Keyring(path / "keys"))
    return Home(path, log, views, found, inbox, lambda: datetime.now(UTC), resources=(views, log))


def _make(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(
            f"{path}: can't make a home ({error.strerror})", hint="pick another folder with --home"
        ) from error
