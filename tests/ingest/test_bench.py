"""The measurement itself."""

from seamline.bench.ingest import run


def test_ingest_is_measured_against_the_bare_store() -> None:
    """One short run gives every figure, and no delivery was refused."""
    figures = run(seconds=0.2, clients=8, rounds=2)
    assert figures["refused"] == 0
    assert {"server_to_bare_insert", "server_to_no_store", "per_s", "stage_us"} <= set(figures)
