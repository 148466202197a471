"""The promise that matters most, against the real server."""

from seamline.bench.kills import run


def test_what_was_acknowledged_survives_kill_9() -> None:
    """Killed at random moments of ingest, the log has everything it acknowledged, once, without gaps."""
    figures = run(kills=5, seed=7)
    assert (figures["missing"], figures["doubled"]) == (0, 0)
    assert figures["acknowledged"]
