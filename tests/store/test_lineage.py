"""Column edges on disk."""

import sqlite3
from pathlib import Path

import pytest

from seamline.analysis.lineage.edges import Edge
from seamline.model.errors import Stop
from seamline.store.lineage import KeptEdges

ONE, TWO = Edge("a", "x", "b", "y"), Edge("a", "x", "c", "")


def test_a_new_revision_replaces_the_old_one(tmp_path: Path) -> None:
    """An artefact's edges are those of its latest revision; other artefacts' stay."""
    kept = KeptEdges(tmp_path / "lineage.sqlite")
    kept.put("shop/target/manifest.json", "r1", [ONE, TWO])
    kept.put("other", "r9", [TWO])
    kept.put("shop/target/manifest.json", "r2", [ONE])
    kept.close()
    again = KeptEdges(tmp_path / "lineage.sqlite")
    assert sorted(again.edges()) == sorted([ONE, TWO])
    assert again.revision("shop/target/manifest.json") == "r2"
    assert again.revision("nothing") == ""
    again.close()


def test_a_failing_write_leaves_what_was_there(tmp_path: Path) -> None:
    """All edges of a revision, or none."""

    def broken() -> "list[Edge]":
        yield TWO  # type: ignore[misc]
        raise ValueError("broken off")

    kept = KeptEdges(tmp_path / "lineage.sqlite")
    kept.put("m", "r1", [ONE])
    with pytest.raises(ValueError, match="broken off"):
        kept.put("m", "r2", broken())
    assert (list(kept.edges()), kept.revision("m")) == ([ONE], "r1")
    kept.close()


def test_the_kind_of_an_edge_is_kept_in_words(tmp_path: Path) -> None:
    """Who reads the file with other tools sees direct and indirect edges."""
    path = tmp_path / "lineage.sqlite"
    kept = KeptEdges(path)
    kept.put("m", "r1", [ONE, TWO])
    kept.close()
    db = sqlite3.connect(path)
    assert db.execute("SELECT kind FROM edge ORDER BY rowid").fetchall() == [("direct",), ("indirect",)]
    db.close()


def test_a_file_that_is_no_store_says_so(tmp_path: Path) -> None:
    """One line and the mend."""
    path = tmp_path / "lineage.sqlite"
    path.write_bytes(b"nonsense" * 1000)
    with pytest.raises(Stop, match="not a database"):
        KeptEdges(path)
