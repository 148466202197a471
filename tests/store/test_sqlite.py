"""SQLite files on their bad days."""

import sqlite3
from pathlib import Path

import pytest

from seamline.model.delivery import Appended
from seamline.model.errors import Retry, Stop
from seamline.store import sqlite
from seamline.store.sqlite import SqliteLog, SqliteViews

from .test_durable import NOON, received


def test_a_file_of_another_program(tmp_path: Path) -> None:
    """Neither an alien database nor noise is taken for a log, and both stay as they were."""
    path = tmp_path / "log.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(Stop, match="not a file of Seamline"):
        SqliteLog(path)
    path.write_bytes(b"noise" * 1000)
    with pytest.raises(Stop):
        SqliteLog(path)
    assert path.read_bytes() == b"noise" * 1000


def test_a_file_of_a_later_version(tmp_path: Path) -> None:
    """A log written by a later version is not touched."""
    path = tmp_path / "log.sqlite"
    SqliteLog(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(Stop, match="later Seamline"):
        SqliteLog(path)


def test_somebody_else_holds_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock by another program, such as a backup, is a Retry; with the lock gone the append goes through."""
    monkeypatch.setattr(sqlite, "BUSY_S", 0.01)
    path = tmp_path / "log.sqlite"
    log = SqliteLog(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Retry, match="busy"):
        log.append([received(1)])
    other.execute("ROLLBACK")
    other.close()
    assert log.append([received(1)]) == [Appended(1, False)]
    log.close()


def test_a_full_file_is_a_retry(tmp_path: Path) -> None:
    """Without room a batch is refused as a whole; with room again the log goes on without a gap."""
    log = SqliteLog(tmp_path / "log.sqlite")
    log.append([received(1)])
    connection = log._open_for_writing()
    (n_pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {n_pages}")
    with pytest.raises(Retry, match="can't write"):
        log.append([received(n) for n in range(2, 2000)])
    assert log.position() == 1
    connection.execute("PRAGMA max_page_count = 1000000")
    assert log.append([received(2)]) == [Appended(2, False)]
    log.close()


def test_erased_bytes_are_nowhere_in_the_files(tmp_path: Path) -> None:
    """After an erasure no file of the home holds the text any more."""
    log = SqliteLog(tmp_path / "log.sqlite")
    secret = b"Mira Koch called at noon"
    other = received(1)
    log.append([type(other)("github", "s", {}, secret * 400, other.received_at), other])
    assert any(secret in file.read_bytes() for file in tmp_path.iterdir())
    log.erase([1])
    assert not any(secret in file.read_bytes() for file in tmp_path.iterdir())
    log.close()


def test_a_path_with_odd_characters(tmp_path: Path) -> None:
    """A folder may be called what it likes, for the writer and for readers."""
    folder = tmp_path / "50% of #1? a&b ü"
    folder.mkdir()
    log = SqliteLog(folder / "log.sqlite")
    log.append([received(1)])
    assert SqliteLog(folder / "log.sqlite", write=False).position() == 1
    log.close()


def test_no_log_to_read(tmp_path: Path) -> None:
    """Reading where nothing was written says what to do."""
    with pytest.raises(Stop) as refused:
        SqliteLog(tmp_path / "log.sqlite", write=False).position()
    assert refused.value.hint


def test_nobody_else_can_read_the_files(tmp_path: Path) -> None:
    """Deliveries are their owner's business, also in a folder that others may enter."""
    log, views = SqliteLog(tmp_path / "log.sqlite"), SqliteViews(tmp_path / "views.sqlite")
    log.append([received(1)])
    views.put(1, NOON, {"seams": {"a": b"1"}})
    modes = {file.name: oct(file.stat().st_mode & 0o077) for file in tmp_path.iterdir()}
    log.close()
    views.close()
    assert set(modes.values()) == {"0o0"}, modes


@pytest.mark.parametrize("damage", ["gone", "empty", "noise", "torn"])
def test_damaged_views_are_as_good_as_none(tmp_path: Path, damage: str) -> None:
    """A reader finds nothing kept, and the next writer makes a file anew: the log has it all."""
    path = tmp_path / "views.sqlite"
    views = SqliteViews(path)
    views.put(7, NOON, {"seams": {str(i): b"x" * 500 for i in range(200)}})
    views.close()
    whole = path.read_bytes()
    path.unlink()
    if damage != "gone":
        path.write_bytes({"empty": b"", "noise": b"noise" * 5000, "torn": whole[:8192]}[damage])
    assert SqliteViews(path, write=False).position() == 0
    again = SqliteViews(path)
    assert (again.position(), again.as_of()) == (0, None)
    again.put(8, NOON, {"seams": {"a": b"1"}})
    assert again.get("seams") == {"a": b"1"}
    again.close()
