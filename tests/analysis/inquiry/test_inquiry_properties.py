"""What holds of every inquiry: it doesn't matter how a case is written down."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from seamline.analysis.inquiry import inquire, weigh
from seamline.analysis.inquiry.case import Case, Finding, Link, Watch
from seamline.analysis.inquiry.fuse import posterior
from tests.analysis.inquiry.towns import ALERT, town

SERVICES = ("web", "cart", "stock", "mail", "bank")
METRICS = (
    "latency_s", "duration_s", "requests", "user_requests", "calls", "errors", "availability", "cpu", "queue_depth",
)  # fmt: skip
few = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A handful of services with some calls, some series, and whatever befell them."""
    pairs = st.tuples(st.sampled_from(SERVICES), st.sampled_from(SERVICES))
    lines = [f"{a} > {b}" for a, b in draw(st.lists(pairs, max_size=8))]
    owners = draw(
        st.lists(st.tuples(st.sampled_from(SERVICES), st.sampled_from(METRICS)), unique=True, max_size=12)
    )
    ends = draw(st.lists(pairs.filter(lambda p: p[0] != p[1]), unique=True, max_size=4))
    names = [f"{s}:{m}" for s, m in owners]
    names += [f"{a}>{b}:{m}" for a, b in ends for m in ("client_latency_s", "latency_s", "requests")]
    for name in names:
        usual = draw(st.sampled_from([0.0, 0.2, 0.9, 1.0, 30.0, 1e6]))
        then = draw(
            st.sampled_from(["", ", gone from 50", f", {usual * 3} from 48", ", 0 from 51", ", 7 from 50"])
        )
        lines.append(f"{name} {usual}{then}")
    return town("\n".join(lines), alert=draw(st.sampled_from([ALERT, None])))


def likely(found: Finding) -> dict[str, float]:
    """The probability of each service."""
    return {s.key: s.probability for s in found.entities}


@few
@given(cases())
def test_probabilities_sum_to_one_with_nobody(case: Case) -> None:
    """They are finite, and so is every number that they come from."""
    found, _ = weigh(case)
    p = posterior(found)
    assert np.isfinite(found.rows).all()
    assert ((p >= 0) & (p <= 1)).all()
    assert p.sum() == pytest.approx(1.0)


@few
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_series_and_links_changes_nothing(case: Case, random) -> None:
    """How a case was written down is no evidence."""
    rows, links = list(range(len(case.watches))), list(case.links)
    random.shuffle(rows)
    random.shuffle(links)
    other = replace(
        case, watches=tuple(case.watches[r] for r in rows), values=case.values[rows], links=tuple(links)
    )
    assert likely(inquire(other)) == pytest.approx(likely(inquire(case)), rel=1e-6, abs=1e-12)


@few
@given(cases(), st.permutations(SERVICES))
def test_other_names_permute_the_answer(case: Case, names: list[str]) -> None:
    """No name is more suspect than another."""
    new = dict(zip(SERVICES, names, strict=True))
    other = replace(
        case,
        watches=tuple(Watch(new[w.entity], w.metric, new.get(w.caller, "")) for w in case.watches),
        links=tuple(Link(new[x.source], new[x.target], x.kind) for x in case.links),
        alert=replace(case.alert, entity=new[case.alert.entity]) if case.alert is not None else None,
    )
    expected = {new[key]: p for key, p in likely(inquire(case)).items()}
    assert likely(inquire(other)) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@few
@given(cases())
def test_a_service_more_of_which_nothing_moves_changes_little(case: Case) -> None:
    """The answer stays, and nobody's probability moves by more than a tenth."""
    still = np.exp(0.01 * np.random.default_rng(99).standard_normal((1, case.values.shape[1])))
    more = replace(
        case, watches=(*case.watches, Watch("quiet", "cpu")), values=np.vstack([case.values, still])
    )
    before, after = likely(inquire(case)), likely(inquire(more))
    assert all(abs(after[key] - p) < 0.1 for key, p in before.items())


@few
@given(cases(), st.sampled_from([1e3, 60.0, 1e6]))
def test_the_unit_of_latencies_changes_no_order(case: Case, factor: float) -> None:
    """Milliseconds rank as seconds do."""
    ms = [row for row, w in enumerate(case.watches) if w.metric.endswith(("latency_s", "duration_s"))]
    values = case.values.copy()
    values[ms] *= factor
    before, after = inquire(case), inquire(replace(case, values=values))
    if before.entities and before.entities[0].probability > 0.5:
        assert after.entities[0].key == before.entities[0].key
