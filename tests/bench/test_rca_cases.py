"""Simulated cases: reproducible, readable, and honest about what they hold."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from seamline.analysis.inquiry.contrast import contrast
from seamline.bench import rca_cases
from seamline.bench._system.faults import FAULTS
from seamline.bench._system.flow import Effects, flow
from seamline.bench._system.play import Play, load_of
from seamline.bench._system.shape import Call, Service, System
from seamline.bench._system.tell import KINDS, tell
from seamline.bench.rca import folder
from seamline.model.errors import Fix


def digest(path: Path) -> dict[str, str]:
    """Every file below a folder by its content."""
    files = sorted(one for one in path.rglob("*") if one.is_file())
    return {str(one.relative_to(path)): sha256(one.read_bytes()).hexdigest() for one in files}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_equal_seeds_write_equal_bytes(kind: str, tmp_path: Path) -> None:
    """A case is a function of its seed and number."""
    for name in ("a", "b"):
        rca_cases.run(str(tmp_path / name), n=3, seed=5, kind=kind)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_is_written_is_read_back(kind: str, tmp_path: Path) -> None:
    """The reader of case folders finds every series, link and step, and mends nothing."""
    rca_cases.run(str(tmp_path), n=4, seed=2, kind=kind)
    for i, place in enumerate(folder.places(tmp_path)):
        made, read = tell(kind, [2, i]).case(place.name), folder.read(place)
        assert set(read.watches) == set(made.watches)
        assert (set(read.links), [s.id for s in read.steps]) == (set(made.links), [s.id for s in made.steps])
        row = {watch: n for n, watch in enumerate(read.watches)}
        values = read.values[[row[watch] for watch in made.watches]]
        assert np.allclose(values, made.values, rtol=1e-4, equal_nan=True)


def test_the_truth_is_about_what_the_case_holds(tmp_path: Path) -> None:
    """A guilty change is among the changes before the end, a root among the services; both are empty without a fault."""
    rca_cases.run(str(tmp_path), n=30, seed=3)
    for place in folder.places(tmp_path):
        case, truth = folder.read(place), json.loads((place.path / "truth.json").read_text())
        assert set(truth["root_entities"]) <= set(case.services())
        rollouts = {step.rollout for step in case.steps}
        assert truth["guilty_change"] is None or truth["guilty_change"] in rollouts
        assert set(truth.get("collision", ())) <= rollouts
        if truth["fault"] == "none":
            assert (truth["root_entities"], truth["guilty_change"]) == ([], None)


def test_nothing_is_sampled_after_the_end() -> None:
    """The case ends some minutes after the page."""
    for i in range(10):
        case = tell("canary", [7, i]).case("c")
        assert case.alert is not None
        assert case.times[-1] <= case.to_ts
        assert case.alert.at_ts < case.to_ts


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    """With the kinds there are, and nothing written."""
    with pytest.raises(Fix, match="no such kind"):
        rca_cases.run(str(tmp_path / "x"), kind="sunny")
    assert not (tmp_path / "x").exists()


def test_contrast_finds_most_guilty_releases() -> None:
    """On systems that nobody has seen it puts the guilty rollout first four times in five or oftener."""
    hits = []
    for i in range(45):
        told = tell("canary", [11, i])
        if told.truth.guilty:
            terms = contrast(told.case("c"), None)
            nats = {rollout: sum(term.nats for term in of_one) for rollout, of_one in terms.items()}
            hits.append(
                max(sorted(nats), key=lambda one: nats[one]) in (told.truth.guilty, *told.truth.joint)
            )
    assert len(hits) > 20
    assert np.mean(hits) >= 0.8


# -- how harm moves --------------------------------------------------------------------

FRONT, SHOP, STORE = 0, 1, 2


def _chain(*, retries: int = 0, timeout_s: float = 100.0) -> Play:
    """A front end that calls a shop that calls a store, once each; 120 samples of a minute."""
    services = tuple(
        Service(name, kind, 1, 0.01, 5.0, 1.0, 1e8, 0.0, 0.3)
        for name, kind in (("front", "gateway"), ("shop", "service"), ("store", "database"))
    )
    calls = (
        Call(0, 1, 1.0, 1.0, 1.0, timeout_s, retries, 0.0),
        Call(1, 2, 1.0, 1.0, 1.0, timeout_s, retries, 0.0),
    )
    times = 60.0 * np.arange(120, dtype=np.float64)
    return Play(System(services, calls, 50.0), times, 60.0, np.full(120, 50.0))


def _flows(play: Play, fault: str, service: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Requests, failures and latency per service, with a fault in the second half."""
    rng = np.random.default_rng(1)
    pods = play.pods(rng)
    effects = Effects((3, 120))
    FAULTS[fault](effects, [service], (np.arange(120) >= 60)[None, :].astype(np.float64), 1.0, rng)
    found = flow(play.system, pods, effects, play.load, rng)
    return found.requests, found.failing, found.latency_s


def test_slowness_shows_at_callers_and_not_at_callees() -> None:
    """A slow shop makes the front end slow and leaves the store as it was."""
    _, _, latency = _flows(_chain(), "slow_code", SHOP)
    rise = latency[:, 90] / latency[:, 30]
    assert rise[FRONT] > 1.5 < rise[SHOP]
    assert rise[STORE] == pytest.approx(1.0)


def test_failures_pass_up() -> None:
    """Requests to the front end fail when the store's do."""
    _, failing, _ = _flows(_chain(), "error_returns", STORE)
    assert failing[FRONT, 90] > 0.04
    assert failing[FRONT, 30] == 0.0


def test_retries_add_load() -> None:
    """A store that fails is asked more often by those who try again."""
    requests, _, _ = _flows(_chain(retries=2), "error_returns", STORE)
    assert requests[STORE, 90] > 1.05 * requests[STORE, 30]


def test_what_fails_early_asks_less() -> None:
    """Exceptions in the shop spare the store."""
    requests, _, _ = _flows(_chain(), "exceptions", SHOP)
    assert requests[STORE, 90] < 0.98 * requests[STORE, 30]


def test_late_answers_are_failures() -> None:
    """Beyond the timeout nobody waits."""
    _, failing, _ = _flows(_chain(timeout_s=0.02), "slow_code", STORE)
    assert failing[SHOP, 90] > 0.5


def test_load_has_a_tide_and_never_ends() -> None:
    """It moves, and stays above nothing."""
    load = load_of(np.random.default_rng(4), 60.0 * np.arange(1440, dtype=np.float64), 50.0)
    assert load.min() > 0
    assert load.max() > 1.3 * load.min()
