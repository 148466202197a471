"""Facts to a case: series on one grid, pods, calls, and the pods that changes brought."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from seamline.analysis import stackmap
from seamline.analysis.facts import Facts
from seamline.analysis.inquiry.case import Case, Step, Watch
from seamline.analysis.inquiry.cut import cut
from seamline.model import event as ev
from seamline.model import refs
from seamline.model.organisation import Organisation, Person

AT = datetime(2026, 3, 6, 14, 0, tzinfo=UTC)
AT_TS = AT.timestamp()
SHOP = {"job": "shop", "service": "shop"}


def series(
    metric: str,
    labels: Mapping[str, str],
    values: Sequence[float],
    *,
    step_s: float = 15.0,
    since_s: float = 0.0,
) -> ev.Measurement:
    """One series, a sample every `step_s` from `since_s` on."""
    inner = ",".join(f'{k}="{v}"' for k, v in sorted(labels.items()))
    times = tuple(AT_TS + since_s + step_s * (i + 1) for i in range(len(values)))
    return ev.Measurement(
        "prometheus",
        1,
        f"{metric}{{{inner}}}",
        metric,
        labels,
        refs.from_labels(labels),
        times,
        tuple(map(float, values)),
    )


def counted(
    labels: Mapping[str, str], code: str, per_sample: float, n: int = 40, **more: float
) -> ev.Measurement:
    """Requests of one outcome, as a counter."""
    values = [1000 + per_sample * (i + 1) for i in range(n)]
    return series("http_requests_total", {**labels, "code": code}, values, **more)


def change(id_: str, kind: ev.ChangeKind, entity: str, at_s: float, **more: object) -> ev.Change:
    """A change that was made at a second."""
    at = AT + timedelta(seconds=at_s)
    return ev.Change(id_, "github", 1, at, at, entity, kind, more.pop("state", "done"), id_, **more)  # type: ignore[arg-type]


def cut_of(events: Iterable[ev.Event], until_s: float = 600.0) -> Case:
    """The case of these events, from the beginning."""
    facts = Facts()
    facts.add(events)
    facts.saw(1, AT + timedelta(seconds=until_s))
    root = Person("ada", "Ada")
    stack = stackmap.build(facts, Organisation("shop", (root,)))
    return cut(facts, stack, from_ts=AT_TS, to_ts=AT_TS + until_s)


def row(case: Case, entity: str, metric: str, caller: str = "") -> np.ndarray:
    """The values of one watch."""
    return case.values[case.watches.index(Watch(entity, metric, caller))]


def test_counters_become_requests_and_errors() -> None:
    """Growth per cell, all outcomes and the failed ones."""
    case = cut_of([counted(SHOP, "200", 28), counted(SHOP, "500", 2)])
    assert case.step_s == 15.0
    assert np.nanmedian(row(case, "service:shop", "requests")) == 30
    assert np.nanmedian(row(case, "service:shop", "errors")) == 2


def test_durations_become_mean_latency() -> None:
    """Sum and count of a histogram give seconds per request, and requests where no counter does."""
    case = cut_of([
        series("http_request_duration_seconds_sum", SHOP, [0.5 * (i + 1) for i in range(40)]),
        series("http_request_duration_seconds_count", SHOP, [10.0 * (i + 1) for i in range(40)]),
    ])  # fmt: skip
    assert np.nanmedian(row(case, "service:shop", "latency_s")) == pytest.approx(0.05)
    assert np.nanmedian(row(case, "service:shop", "requests")) == 10


def test_pods_stand_beside_their_service() -> None:
    """Each pod has rows of its own, the service their sum, and a link says whose they are."""
    case = cut_of(
        [counted({**SHOP, "pod": "shop-1"}, "200", 10), counted({**SHOP, "pod": "shop-2"}, "200", 20)]
    )
    assert np.nanmedian(row(case, "pod:shop-1", "requests")) == 10
    assert np.nanmedian(row(case, "service:shop", "requests")) == 30
    assert case.pods() == {"pod:shop-1": "service:shop", "pod:shop-2": "service:shop"}


def test_what_a_caller_counts_is_of_its_calls() -> None:
    """A series with a peer is the peer's, as its caller's pod and its caller see it."""
    labels = {**SHOP, "pod": "shop-1", "peer": "stock.internal", "code": "200"}
    case = cut_of([series("http_client_requests_total", labels, [5.0 * i for i in range(40)])])
    assert {(w.entity, w.caller) for w in case.watches} == {
        ("peer:stock.internal", "pod:shop-1"), ("peer:stock.internal", "service:shop")
    }  # fmt: skip
    assert case.pods() == {"pod:shop-1": "service:shop"}


def test_resources_are_rates_and_levels() -> None:
    """Processor seconds per second, bytes as they are."""
    own = {**SHOP, "pod": "shop-1"}
    case = cut_of([
        series("process_cpu_seconds_total", own, [3.0 * i for i in range(40)]),
        series("process_resident_memory_bytes", own, [1e8] * 40),
    ])  # fmt: skip
    assert np.nanmedian(row(case, "pod:shop-1", "cpu")) == pytest.approx(0.2)
    assert np.nanmedian(row(case, "pod:shop-1", "memory")) == 1e8


def test_the_last_cell_is_whole() -> None:
    """A cell in which only some pods were sampled yet is left out: it would look like less traffic."""
    late = counted({**SHOP, "pod": "shop-2"}, "200", 20, n=39)
    case = cut_of([counted({**SHOP, "pod": "shop-1"}, "200", 10, n=40), late])
    assert case.times[-1] == AT_TS + 39 * 15
    assert row(case, "service:shop", "requests")[-1] == 30


def test_what_came_after_the_window_is_not_in_it() -> None:
    """Neither samples nor changes."""
    case = cut_of([counted(SHOP, "200", 10), change("later", "config", "service:shop", 500)], until_s=300)
    assert case.times[-1] <= AT_TS + 300
    assert case.steps == ()


def _release(marks: bool) -> list[ev.Event]:
    """Two old pods; a release at 200 s brings one pod at 210 s and another at 360 s, when an old one goes."""
    events: list[ev.Event] = [change("rel", "deploy", "service:shop", 200, version="2.0")]
    for pod, since_s, n in (("old-1", 0, 40), ("old-2", 0, 25), ("new-1", 210, 26), ("new-2", 360, 16)):
        own = {**SHOP, "pod": pod}
        events.append(counted(own, "200", 10, n=n, since_s=since_s))
        if marks:
            version = {**own, "version": "2.0" if pod.startswith("new") else "1.9"}
            events.append(series("build_info", version, [1.0] * n, since_s=since_s))
    return events


@pytest.mark.parametrize("marks", [True, False])
def test_a_rollout_has_a_step_for_each_time_that_pods_came(marks: bool) -> None:
    """Known by the version they run, else by their birth; what is left of the old ones stands beside."""
    case = cut_of(_release(marks))
    assert [(s.id, s.new, s.old, s.removed) for s in case.steps] == [
        ("rel#1", ("pod:new-1",), ("pod:old-1", "pod:old-2"), ()),
        ("rel#2", ("pod:new-1", "pod:new-2"), ("pod:old-1",), ("pod:old-2",)),
    ]
    assert {s.rollout for s in case.steps} == {"rel"}


def test_a_pod_of_another_version_is_not_the_releases() -> None:
    """One that was scaled up meanwhile and runs the old version is old."""
    own = {**SHOP, "pod": "more-of-old"}
    more = [
        counted(own, "200", 10, n=20, since_s=300),
        series("build_info", {**own, "version": "1.9"}, [1.0] * 20, since_s=300),
    ]
    case = cut_of([*_release(True), *more])
    assert all("pod:more-of-old" not in step.new for step in case.steps)


def test_a_setting_brings_no_pods() -> None:
    """It is a step of its own, without any; what failed or was only announced is none."""
    events = [
        change("set", "config", "service:shop", 200), change("no", "config", "service:shop", 210, state="failed"),
        change("soon", "deploy", "service:shop", 220, state="announced"), *_release(True)[1:],
    ]  # fmt: skip
    assert cut_of(events).steps == (Step("set", "config", "service:shop", AT_TS + 200),)


def test_no_facts_give_an_empty_case() -> None:
    """Nothing measured, nothing linked, nothing changed."""
    case = cut_of([])
    assert (case.watches, case.links, case.steps) == ((), (), ())
    assert case.values.shape == (0, len(case.times))


def test_a_long_window_has_longer_cells() -> None:
    """Never more cells than an inquiry can pay for."""
    values = [float(i) for i in range(3000)]
    case = cut_of([series("http_requests_total", {**SHOP, "code": "200"}, values, step_s=1.0)], until_s=3000)
    assert len(case.times) <= 1440
    assert case.step_s == 3.0
