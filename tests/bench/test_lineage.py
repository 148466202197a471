"""The measurement of lineage, at a size that tests can bear."""

from typing import Any

from seamline.bench import _wide, lineage


def test_a_small_project_and_graph_are_measured() -> None:
    """Every figure that is promised is there, and the graph is as large as was asked."""
    figures: dict[str, Any] = lineage.run(models=12, columns=14_000, edges=25_000, starts=20)
    assert set(figures["project"]) >= {"cold_s", "warm_s", "one_model_changed_s", "1000_questions_s"}
    assert figures["graph"]["columns"] == 14_000
    assert figures["graph"]["downstream_ms"]["p95"] > 0
    assert figures["graph"]["file_mb"] > 0


def test_a_generated_project_is_read_whole() -> None:
    """Every model of every shape can be read, and all its columns are known."""
    import msgspec

    from seamline.analysis.lineage.opened import opened
    from seamline.artefacts import dbt

    data = msgspec.json.encode(_wide.manifest(200, 3))
    read = opened(dbt.project([("manifest.json", data)])).project
    assert len(read.readings) == 200
    assert [i for i, r in read.readings.items() if r.unknown or r.unresolved] == []
    assert read.troubles == []
