"""The cache of readings: it may forget, it must not lie, and nobody waits for it."""

import sqlite3
from pathlib import Path

import pytest

from seamline.store.readings import KeptReadings


def filled(path: Path, n: int = 3) -> None:
    """A cache with `n` bodies."""
    kept = KeptReadings(path)
    for i in range(n):
        kept.put(b"key%d" % i, b"body%d" % i * 100)
    kept.close()


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    """In the same run and in the next."""
    path = tmp_path / "deep" / "readings.sqlite"
    kept = KeptReadings(path)
    kept.put(b"k", b"v")
    assert kept.get(b"k") == b"v"
    kept.close()
    kept.close()
    again = KeptReadings(path)
    assert (again.get(b"k"), again.get(b"other")) == (b"v", None)
    again.close()


@pytest.mark.parametrize("data", [b"", b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_file_that_is_no_cache_is_thrown_away(tmp_path: Path, data: bytes) -> None:
    """It is begun anew, and works from then on."""
    path = tmp_path / "readings.sqlite"
    path.write_bytes(data)
    filled(path)
    kept = KeptReadings(path)
    assert kept.get(b"key1") == b"body1" * 100
    kept.close()


def test_a_body_that_changed_is_not_given_out(tmp_path: Path) -> None:
    """A turned bit in a body makes it a body that is not there."""
    path = tmp_path / "readings.sqlite"
    filled(path)
    with sqlite3.connect(path) as db:
        (body,) = db.execute("SELECT body FROM reading WHERE key = ?", (b"key1",)).fetchone()
        db.execute("UPDATE reading SET body = ? WHERE key = ?", (body[:-1] + b"?", b"key1"))
    db.close()
    kept = KeptReadings(path)
    assert (kept.get(b"key0"), kept.get(b"key1")) == (b"body0" * 100, None)
    kept.close()


def test_two_may_use_it_at_once(tmp_path: Path) -> None:
    """Each keeps what it read; one that finds it locked does without."""
    path = tmp_path / "readings.sqlite"
    one, two = KeptReadings(path), KeptReadings(path)
    one.put(b"1", b"one")
    two.put(b"2", b"two")
    one.close()
    two.close()
    kept = KeptReadings(path)
    assert (kept.get(b"1"), kept.get(b"2")) == (b"one", b"two")
    kept.close()


def test_a_folder_that_cannot_be_made_costs_only_time(tmp_path: Path) -> None:
    """Nothing is kept, nothing fails."""
    (tmp_path / "file").write_text("in the way")
    kept = KeptReadings(tmp_path / "file" / "readings.sqlite")
    kept.put(b"k", b"v")
    assert kept.get(b"k") == b"v"
    kept.close()


def test_it_stays_within_its_size(tmp_path: Path) -> None:
    """When it has grown over its limit the older half goes."""
    path = tmp_path / "readings.sqlite"
    for i in range(20):
        kept = KeptReadings(path, max_bytes=100_000)
        kept.put(b"%d" % i, bytes([i]) * 10_000)
        kept.close()
    assert path.stat().st_size < 200_000
    kept = KeptReadings(path)
    assert kept.get(b"19") == bytes([19]) * 10_000
    assert kept.get(b"0") is None
    kept.close()
