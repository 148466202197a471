"""The one place that picks implementations and hands them in."""

import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from seamline import actions, artefacts, sources
from seamline.analysis.survey.told import Repository
from seamline.app.home import Home
from seamline.app.ingest import Inbox
from seamline.checkouts import finding, git
from seamline.checkouts.folder import Folder
from seamline.model.artefact import Artefact
from seamline.model.errors import Fix, Stop
from seamline.model.ports import Action, Checkout, Log, Reader, Views
from seamline.store.keyring import Keyring
from seamline.store.lineage import KeptColumns
from seamline.store.memory import MemoryKeyring, MemoryLog, MemoryViews
from seamline.store.sqlite import SqliteLog, SqliteViews

if TYPE_CHECKING:
    from seamline.analysis.lineage.impact import Asked
    from seamline.analysis.lineage.node import Declared

LOG = "log.sqlite"
VIEWS = "views.sqlite"
COLUMNS = "lineage.sqlite"
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
    kept = KeptColumns(path / COLUMNS)
    home = Home(path, log, views, found, inbox, lambda: datetime.now(UTC), (views, log), kept)
    if not write and home.config.exists() and not log.position():  # who was making it ended before it was one
        with home:
            said = f"{home.config}: was never put into force, and the log beside it is empty"
            raise Stop(said, hint="run again the `seamline init` that made it, or seamline configure")
    return home


def home_in_memory() -> Home:
    """A home that leaves nothing behind."""
    found, nowhere = sources.discover(), Path(os.devnull)
    inbox = Inbox(found, MemoryKeyring())
    return Home(nowhere, MemoryLog(), MemoryViews(), found, inbox, lambda: datetime.now(UTC))


def checkouts_at(paths: Sequence[Path]) -> Sequence[Checkout]:
    """The repositories at and below these folders, sorted by name. Raises Fix for a path that is no folder."""
    return finding.at(paths)


def states_of(path: Path, base: str, head: str = "") -> tuple[Checkout, Checkout]:
    """A repository where `head` went its own way from `base`, and at `head`; the working tree where that is "".

    Raises Fix, with the mend, for a path that git doesn't know, a revision that isn't there, a shallow clone.
    """
    root = git.top_of(path)
    if root is None:
        raise Fix(f"{path}: is in no working tree of git", hint="name the folder of a checkout")
    name = git.name_of(root)
    since = git.merge_base(root, base or git.default_branch(root), head or "HEAD")
    before = git.Revision(root, since, repository=name)
    after = git.Revision(root, head, repository=name) if head else Folder(root, repository=name, tracked=True)
    return before, after


def manifest_at(path: Path) -> Repository:
    """What a dbt manifest that stands anywhere says, as a repository of its own."""
    name, data = _file(path)
    where = path.resolve().parent
    called = (where.parent if where.name == "target" else where).name or name
    found = artefacts.discover()["dbt"].read([Artefact(called, "target/manifest.json", data)])
    return Repository(called, "", tuple(found))


@contextmanager
def lineage_opener(*, keep: bool = True) -> "Iterator[Callable[[Declared], Asked]]":
    """What reads a declared project's statements. `keep`: they stay in the user's cache folder for the next time."""
    from seamline.analysis.lineage.opened import opened
    from seamline.store.readings import KeptReadings

    if not keep:
        yield opened
        return
    kept = KeptReadings(_cache() / "lineage" / "readings.sqlite")
    try:
        yield lambda declared: opened(declared, kept, _lineage_version())
    finally:
        kept.close()


def catalogue_of(dsn: str) -> Repository:
    """What a PostgreSQL server says of one database, over a read-only connection. Raises Fix, Retry or Stop."""
    from seamline.checkouts import postgres

    read = postgres.read(dsn)
    return Repository(read.name, "", read.found, is_server=True)


def readers() -> Mapping[str, Reader]:
    """What reads artefacts, by name."""
    return artefacts.discover()


def git_user(path: Path) -> str:
    """The name that commits at a folder bear, "" where git was told none."""
    return git.user_of(path)


def open_actions(path: Path) -> dict[str, Action]:
    """The actions that this home has switched on, by the name of the tool. Raises Fix for a file that can't be meant."""
    return actions.read(path / ACTIONS, os.environ)


@contextmanager
def open_lineage(
    manifests: Iterable[Path], catalogs: Iterable[Path], *, dialect: str = "", keep: bool = True
) -> "Iterator[Asked]":
    """The project that dbt's artefacts declare, read and ready to be asked. Needs no home.

    `keep`: what was read stays in the user's cache folder for the next time. Raises Fix, with the mend, for a file
    that can't be read or is something else, and for an unknown dialect.
    """
    from seamline.analysis.lineage.dialect import checked
    from seamline.analysis.lineage.opened import opened
    from seamline.artefacts import dbt
    from seamline.store.readings import KeptReadings

    wanted = checked(dialect)
    declared = dbt.project([_file(p) for p in manifests], [_file(p) for p in catalogs], wanted)
    if not keep:
        yield opened(declared)
        return
    kept = KeptReadings(_cache() / "lineage" / "readings.sqlite")
    try:
        yield opened(declared, kept, _lineage_version())
    finally:
        kept.close()


def _file(path: Path) -> tuple[str, bytes]:
    try:
        return str(path), path.read_bytes()
    except OSError as error:
        raise Fix(f"{path}: can't be read ({error.strerror})", hint="dbt writes it to target/") from error


def _cache() -> Path:
    chosen = os.environ.get("XDG_CACHE_HOME")
    return (Path(chosen) if chosen else Path.home() / ".cache") / "seamline"


def _lineage_version() -> bytes:
    """Another one for every change to the code that reads statements, so that nobody has to remember to count."""
    from hashlib import blake2b
    from importlib.metadata import version

    from seamline.analysis import lineage

    digest = blake2b(version("sqlglot").encode(), digest_size=16)
    for file in sorted(Path(lineage.__file__).parent.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.digest()


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
