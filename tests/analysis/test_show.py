"""Which observables move when something of a kind goes wrong."""

from typing import get_args

import pytest

from seamline.analysis.candidates import GUILT, LATENT_RATE
from seamline.analysis.show import AT_NEXT_RUN, AT_ONCE, show
from seamline.model.symptom import ObservableKind

KINDS = get_args(ObservableKind)
CAUSES = [*GUILT, "capacity", *(f"latent {kind}" for kind in LATENT_RATE), "latent thing", "something new"]


@pytest.mark.parametrize("cause", CAUSES)
def test_anything_may_show_and_nothing_must(cause: str) -> None:
    """Every pair has a probability strictly between 0 and 1, also for causes the tables lack."""
    assert all(0 < show(cause, kind) < 1 for kind in KINDS)


@pytest.mark.parametrize(
    ("cause", "likely", "unlikely"),
    [
        ("schema", "column_gone", "freshness"),
        ("config", "error_ratio", "column_gone"),
        ("capacity", "saturation", "null_share"),
        ("latent vendor", "error_ratio", "row_count"),
        ("latent job", "run_failure", "latency"),
        ("latent dataset", "null_share", "error_ratio"),
    ],
)
def test_a_cause_shows_where_it_should(cause: str, likely: ObservableKind, unlikely: ObservableKind) -> None:
    """What it breaks moves far likelier than what it does not touch."""
    assert show(cause, likely) > 5 * show(cause, unlikely)


def test_what_breaks_at_once_is_seen_at_the_next_run() -> None:
    """Structure is looked at by runs only."""
    assert AT_ONCE < AT_NEXT_RUN < set(KINDS)
