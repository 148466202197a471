"""The column graph of a home on disk."""

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from seamline.analysis.lineage.edges import Edge
from seamline.analysis.lineage.graph import numbered
from seamline.model.errors import Retry, Stop
from seamline.store.lineage import KeptColumns

EDGES = [Edge("a", "x", "b", "y"), Edge("a", "x", "c", ""), Edge("b", "", "d", "", sure=False)]
NAMES = {"a": ("a",), "both": ("b", "c")}


@pytest.fixture
def kept(tmp_path: Path) -> KeptColumns:
    return KeptColumns(tmp_path / "lineage.sqlite")


def put(kept: KeptColumns, edges: Iterable[Edge] = EDGES, position: int = 7) -> None:
    kept.put(position, numbered(edges, {"e": ["z"]}), NAMES, ["f1", "f2"])


def test_what_was_put_comes_back(kept: KeptColumns) -> None:
    """Tables, columns in their order, edges of all kinds, names, and the position."""
    put(kept)
    numbers, names = kept.read()
    expected = numbered(EDGES, {"e": ["z"]})
    assert numbers.tables == expected.tables
    assert [a.tolist() for a in numbers[1:]] == [a.tolist() for a in expected[1:]]
    assert (names, kept.position()) == (NAMES, 7)
    assert kept.has_heard(["f1", "f2"])
    assert not kept.has_heard(["f1", "f3"])


def test_a_graph_takes_the_place_of_the_one_before(kept: KeptColumns) -> None:
    """Nothing of the old one remains, its columns and names neither."""
    put(kept)
    kept.put(9, numbered([Edge("n", "m", "o", "p")]), {"n": ("n",)}, [])
    numbers, names = kept.read()
    assert (numbers.tables, names, kept.position()) == ({"n": ["m"], "o": ["p"]}, {"n": ("n",)}, 9)
    assert not kept.has_heard(["f1"])


def test_a_failing_write_leaves_what_was_there(kept: KeptColumns, tmp_path: Path) -> None:
    """All of a graph, or none; and no half of one lies about."""

    def broken() -> Iterable[str]:
        yield "f9"
        raise ValueError("broken off")

    put(kept)
    with pytest.raises(ValueError, match="broken off"):
        kept.put(9, numbered([]), {}, broken())
    assert (kept.position(), kept.read()[1]) == (7, NAMES)
    assert [file.name for file in tmp_path.iterdir()] == ["lineage.sqlite"]


def test_who_reads_meanwhile_has_one_graph(kept: KeptColumns) -> None:
    """A new one takes the place of the file, not of what is being read."""
    put(kept)
    with kept._reading() as db:
        rows = db.execute("SELECT id FROM relation")
        first = rows.fetchone()
        kept.put(9, numbered([]), {}, [])
        assert len([first, *rows]) == 5
    assert kept.read()[0].tables == {}


def test_edges_are_told_in_words(kept: KeptColumns, tmp_path: Path) -> None:
    """Who reads the file with other tools sees names and kinds."""
    put(kept)
    with closing(sqlite3.connect(tmp_path / "lineage.sqlite")) as db:
        assert sorted(db.execute("SELECT * FROM lineage")) == [
            ("direct", "a", "x", "b", "y"),
            ("indirect", "a", "x", "c", ""),
            ("unknown", "b", "", "d", ""),
        ]


def test_a_position_only_goes_forward(kept: KeptColumns) -> None:
    """Two who look at once may say so in any order."""
    put(kept)
    kept.move(12)
    kept.move(8)
    assert kept.position() == 12


@pytest.mark.parametrize("data", [None, b"", b"nonsense" * 1000])
def test_what_is_no_graph_counts_as_none_and_is_replaced(
    kept: KeptColumns, tmp_path: Path, data: bytes | None
) -> None:
    """A missing, an empty and a damaged file."""
    if data is not None:
        (tmp_path / "lineage.sqlite").write_bytes(data)
    assert kept.position() == 0
    with pytest.raises(Stop, match=r"lineage\.sqlite"):
        kept.read()
    put(kept)
    assert kept.read()[1] == NAMES


def test_a_graph_of_another_version_counts_as_none(kept: KeptColumns, tmp_path: Path) -> None:
    """It is made anew, not read as what it isn't."""
    put(kept)
    with closing(sqlite3.connect(tmp_path / "lineage.sqlite")) as db:
        db.execute("PRAGMA user_version = 99")
    assert kept.position() == 0


def test_it_can_be_forgotten(kept: KeptColumns, tmp_path: Path) -> None:
    """Twice is harmless."""
    put(kept)
    kept.forget()
    kept.forget()
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_may_read_it(kept: KeptColumns, tmp_path: Path) -> None:
    """Like the log."""
    put(kept)
    assert os.stat(tmp_path / "lineage.sqlite").st_mode & 0o077 == 0


def test_a_folder_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    """With the file, as an error of ours."""
    with pytest.raises((Retry, Stop), match=r"lineage\.sqlite"):
        put(KeptColumns(tmp_path / "gone" / "lineage.sqlite"))


def test_what_a_killed_process_left_is_cleared(kept: KeptColumns, tmp_path: Path) -> None:
    """And what one that still runs is writing is not."""
    gone, running = (tmp_path / f"lineage.sqlite.{pid}.new" for pid in (2**22 + 1, os.getppid()))
    gone.touch()
    running.touch()
    put(kept)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["lineage.sqlite", running.name]
