"""A front end, a shop that calls a stock, and their releases: cases for the tests, by the minute, without a folder."""

from collections.abc import Callable, Mapping

import numpy as np

from seamline.analysis.inquiry.case import Alert, Case, Link, Step, Watch

STEP_S = 60.0
N = 60
ALERT_AT = 50  # minutes
Share = Callable[
    [str, str], float
]  # (caller's pod, callee's pod) -> failing share, or times the usual latency

PODS = {"web": ("web-1",), "shop": ("shop-1", "shop-2"), "stock": ("stock-1", "stock-2")}
CALLS = (("web", "shop"), ("shop", "stock"))


def rollout(id_: str, entity: str, minute: float, *, n: int = 1) -> Step:
    """A step that puts new pods `<entity>-new-1` ... beside both old ones."""
    new = tuple(f"{entity}-new-{i + 1}" for i in range(n))
    return Step(id_, "deploy", entity, minute * STEP_S, new, PODS[entity])


def case(
    *steps: Step,
    fails: Share = lambda _a, _b: 0.001,
    slow: Share = lambda _a, _b: 1.0,
    answers_fail: Callable[[float], float] = lambda _minute: 0.001,
    asked: float = 300.0,
    metric: str = "errors",
    seed: int = 1,
) -> Case:
    """Calls between all pods, counted and timed. Pods are there from the minute after the step that names them.

    `fails` and `slow` hold while both pods run; `answers_fail` is what the user of the front end gets, by minute.
    """
    rng = np.random.default_rng(seed)
    births = {pod: step.at_ts for step in steps for pod in step.new}
    deaths = {pod: step.at_ts for step in steps for pod in step.removed}
    pods = {
        whole: (*names, *sorted(p for s in steps if s.entity == whole for p in s.new))
        for whole, names in PODS.items()
    }
    times = STEP_S * np.arange(1, N + 1, dtype=np.float64)
    rows: dict[Watch, np.ndarray] = {}
    for caller, callee in CALLS:
        for a in pods[caller]:
            for b in pods[callee]:
                there = (times > max(births.get(a, 0), births.get(b, 0))) & (
                    times <= min(deaths.get(a, np.inf), deaths.get(b, np.inf))
                )
                n = rng.poisson(asked, size=N).astype(np.float64)
                k = rng.binomial(n.astype(int), fails(a, b)).astype(np.float64)
                latency = 0.02 * slow(a, b) * np.exp(rng.normal(0, 0.05, size=N))
                for name, values in (("requests", n), ("errors", k), ("latency_s", latency)):
                    rows[Watch(b, name, a)] = np.where(there, values, np.nan)
    n = rng.poisson(4 * asked, size=N).astype(np.float64)
    rows[Watch("web", "user_requests")] = n
    share = [answers_fail(t / STEP_S) for t in times]
    rows[Watch("web", "user_errors")] = rng.binomial(n.astype(int), share).astype(np.float64)
    watches = tuple(sorted(rows))
    links = [Link(a, b, "calls") for a, b in CALLS]
    links += [Link(whole, pod, "has_pod") for whole, names in pods.items() for pod in names]
    return Case(
        "made-up", "change", STEP_S, 0.0, N * STEP_S, Alert("web", f"user_{metric}", ALERT_AT * STEP_S), times,
        watches, np.stack([rows[w] for w in watches]), tuple(sorted(links)), tuple(steps),
    )  # fmt: skip


def nats(terms: Mapping[str, tuple], rollout_: str) -> float:
    """The sum of all that is said of a rollout."""
    return float(sum(term.nats for term in terms[rollout_]))
