"""Which store a home is opened with."""

from pathlib import Path

import pytest

from seamline.app import configure, views
from seamline.bootstrap import STORE, open_home
from seamline.model.errors import Fix
from seamline.store.postgres import PostgresLog
from seamline.store.sqlite import SqliteLog


def name_store(home: Path, text: str, mode: int = 0o600) -> None:
    home.mkdir(exist_ok=True)
    file = home / STORE
    file.touch(mode=mode)
    file.chmod(mode)
    file.write_text(text)


def test_a_home_keeps_its_own_files(tmp_path: Path) -> None:
    """Without a store.toml the log is SQLite in the home."""
    with open_home(tmp_path / "home", write=True) as home:
        assert isinstance(home.log, SqliteLog)


def test_a_home_may_be_kept_in_postgresql(tmp_path: Path, dsn: str) -> None:
    """With one, everything but keys and settings is in the database: a second opening finds it there."""
    name_store(tmp_path / "home", f"dsn = '''{dsn}'''")
    with open_home(tmp_path / "home", write=True) as home:
        assert isinstance(home.log, PostgresLog)
        configure.start(home, owner="Mara Vogel", name="Clinic")
    with open_home(tmp_path / "home", write=False) as home:
        assert [p.name for p in views.organisation(home).people] == ["Mara Vogel"]
    assert not (tmp_path / "home" / "log.sqlite").exists()


@pytest.mark.parametrize(
    ("text", "mode", "says"),
    [
        ('dsn = "host=x"', 0o644, "others may read"),
        ("dsn = 3", 0o600, "must say dsn"),
        ('dsn = "x"\nport = 1', 0o600, "nothing else"),
        ("dsn =", 0o600, "store.toml"),
    ],
)
def test_a_store_that_cannot_be_meant(tmp_path: Path, text: str, mode: int, says: str) -> None:
    """A broken or open store.toml is refused in one line, and no home is made elsewhere."""
    name_store(tmp_path / "home", text, mode)
    with pytest.raises(Fix, match=says):
        open_home(tmp_path / "home", write=True)
    assert not (tmp_path / "home" / "log.sqlite").exists()
