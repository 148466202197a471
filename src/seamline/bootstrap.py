"""The one place that picks implementations and hands them in."""

import os
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from seamline import actions, sources
from seamline.app.home import Home
from seamline.app.ingest import Inbox
from seamline.model.errors import Fix, Stop
from seamline.model.ports import Action, Log, Views
from seamline.store.keyring import Keyring
from seamline.store.sqlite import SqliteLog, SqliteViews

LOG = "log.sqlite"
VIEWS = "views.sqlite"
ACTIONS = "actions.toml"  # the tools we speak to; none without it
STORE = "store.toml"  # names a PostgreSQL database in place of the two files above


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
    dsn = _dsn(path / STORE)
    if not write and not dsn and not (path / LOG).exists():
        raise Stop(
            f"{path}: there is no home here", hint="seamline init --owner NAME, or pick one with --home"
        )
    log, views = _shared(dsn, write=write) if dsn else _embedded(path, write=write)
    found = sources.discover()
    inbox = Inbox(found, Keyring(path / "keys"))
    return Home(path, log, views, found, inbox, lambda: datetime.now(UTC), resources=(views, log))


def open_actions(path: Path) -> dict[str, Action]:
    """The actions that this home has switched on, by the name of the tool. Raises Fix for a file that can't be meant."""
    return actions.read(path / ACTIONS, os.environ)


def _embedded(path: Path, *, write: bool) -> tuple[Log, Views]:
    """The log and the views as two SQLite files of the home."""
    log = SqliteLog(path / LOG, write=write)
    try:
        views = SqliteViews(path / VIEWS, write=write)
        if write:
            _check_whole(path, log, views)
    except BaseException:
        log.close()
        raise
    return log, views


def _check_whole(path: Path, log: Log, views: Views) -> None:
    """Views are written after the log: when they know more than it holds, some of it was lost."""
    if views.position() > log.position():
        said = f"ends at {log.position()}, its views had come to {views.position()}"
        hint = f"restore it from a backup, or remove {VIEWS} to go on without"
        raise Stop(f"{path / LOG}: {said}", hint=hint)


def _shared(dsn: str, *, write: bool) -> tuple[Log, Views]:
    """The log and the views in a PostgreSQL database."""
    try:
        from seamline.store.postgres import PostgresLog, PostgresViews
    except ImportError as error:
        raise Stop(
            "PostgreSQL is not installed for seamline", hint="pip install 'seamline[postgres]'"
        ) from error
    log = PostgresLog(dsn, write=write)
    try:
        return log, PostgresViews(dsn, write=write)
    except BaseException:
        log.close()
        raise


def _dsn(file: Path) -> str:
    """The connection string in `store.toml`, "" when there is no such file. Raises Fix with the mend."""
    try:
        if file.stat().st_mode & 0o077:
            raise Fix(f"{file}: others may read it, and it names a database", hint=f"chmod 600 {file}")
        said = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Fix(f"{file}: {error}", hint='write one line: dsn = "host=... dbname=seamline"') from error
    dsn = said.get("dsn")
    if not isinstance(dsn, str) or not dsn or set(said) != {"dsn"}:
        raise Fix(f"{file}: it must say dsn and nothing else", hint='write: dsn = "host=... dbname=seamline"')
    return dsn


def _make(path: Path) -> None:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise Stop(
            f"{path}: can't make a home ({error.strerror})", hint="pick another folder with --home"
        ) from error
