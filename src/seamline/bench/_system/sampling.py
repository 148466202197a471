"""What a monitoring system shows of what truly happened: its own choice of series, counted, noisy, and with holes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from seamline.bench._system.flow import Effects, Floats, Flow, Pods
from seamline.bench._system.play import Play

_Z = {"": None, "_p50": 0.0, "_p90": 1.28, "_p95": 1.645, "_p99": 2.33}


@dataclass(frozen=True, slots=True)
class Scheme:
    """Which series a system has. `edges`: `pods`, `callee` (service to pod), `services` or none."""

    per_pod: bool
    edges: str
    latencies: tuple[str, ...]
    failures: str  # errors, availability, error_rate, or none
    requests: bool
    resources: tuple[str, ...]
    hole: float  # share of samples that are missing
    rough: float  # of all noise, times the usual
    client_side: bool  # whether edges are timed by the caller as well


@dataclass(frozen=True, slots=True)
class Column:
    """One series under its name in a case folder."""

    name: str
    values: Floats


def scheme(rng: Generator, per_pod: bool, n_services: int) -> Scheme:
    """A random choice that leaves enough to see something by."""
    every = ["", "_p50", "_p90", "_p95", "_p99"]
    latencies = [v for v in every if rng.random() < 0.45] or ["_p90"]
    resources = [
        r for r in ("cpu", "memory", "network_rx", "network_tx", "disk", "threads") if rng.random() < 0.65
    ]
    edges = str(
        rng.choice(["pods", "callee", ""], p=[0.75, 0.15, 0.1]) if per_pod else rng.choice(["services", ""])
    )
    return Scheme(
        per_pod,
        edges if n_services <= 40 or edges != "pods" else "callee",
        tuple(latencies),
        str(rng.choice(["errors", "availability", "error_rate", ""], p=[0.5, 0.25, 0.15, 0.1])),
        bool(rng.random() < 0.9),
        tuple(resources),
        float(rng.choice([0.0, 0.005, 0.03])),
        float(np.exp(rng.normal(0, 0.4))),
        bool(rng.random() < 0.5),
    )


def columns(
    play: Play, pods: Pods, effects: Effects, flow: Flow, how: Scheme, rng: Generator
) -> Iterator[Column]:
    """All series of the system; the user's view of the gateway stands first."""
    eye = _Eye(play, how, rng)
    front = pods.of(0)
    yield from eye.answers(
        f"{play.system.services[0].name}:user_",
        0,
        flow.requests[front],
        flow.failing[front],
        flow.latency_s[front],
        True,
    )
    for at, service in enumerate(play.system.services):
        rows = pods.of(at)
        units = [([row], pods.names[row]) for row in rows] if how.per_pod else [(rows, service.name)]
        for members, name in units:
            if not how.edges or how.edges == "services" or not how.per_pod:
                part = flow.requests[members], flow.failing[members], flow.latency_s[members]
                yield from eye.answers(f"{name}:", at, *part)
            yield from eye.resources(name, at, members, pods, effects, flow)
    if how.edges:
        yield from _edges(play, pods, flow, how, eye)


def _edges(play: Play, pods: Pods, flow: Flow, how: Scheme, eye: "_Eye") -> Iterator[Column]:
    for one in flow.between:
        a, b = pods.of(one.call.caller), pods.of(one.call.callee)
        own_s = np.broadcast_to(flow.latency_s[b][None], one.requests.shape)
        for i, j, name in _ends(play, pods, a, b, how.edges, one.call.caller, one.call.callee):
            take = np.ix_(i, j)
            flat = (len(i) * len(j), -1)
            requests, failing = one.requests[take].reshape(flat), one.failing[take].reshape(flat)
            seen_s, there_s = one.latency_s[take].reshape(flat), own_s[take].reshape(flat)
            yield from eye.answers(
                f"{name}:", one.call.callee, requests, failing, there_s if how.client_side else seen_s
            )
            if how.client_side:
                yield from eye.latencies(f"{name}:client_", one.call.callee, requests, seen_s)


def _ends(
    play: Play, pods: Pods, a: list[int], b: list[int], edges: str, caller: int, callee: int
) -> Iterator[tuple[list[int], list[int], str]]:
    """Which of the pods of both ends one column is of, and its name."""
    names = play.system.services
    all_a, all_b = list(range(len(a))), list(range(len(b)))
    if edges == "services":
        yield all_a, all_b, f"{names[caller].name}>{names[callee].name}"
    elif edges == "callee":
        for j in all_b:
            yield all_a, [j], f"{names[caller].name}>{pods.names[b[j]]}"
    else:
        for i in all_a:
            for j in all_b:
                yield [i], [j], f"{pods.names[a[i]]}>{pods.names[b[j]]}"


class _Eye:
    """Draws samples of rows that are seen as one."""

    def __init__(self, play: Play, how: Scheme, rng: Generator) -> None:
        self._play, self._how, self._rng = play, how, rng

    def answers(
        self,
        prefix: str,
        service: int,
        requests: Floats,
        failing: Floats,
        latency_s: Floats,
        user: bool = False,
    ) -> Iterator[Column]:
        """Requests, failures and latencies of what rows answer together."""
        rng, step_s = self._rng, self._play.step_s
        n = rng.poisson(np.maximum(requests.sum(axis=0), 0.0) * step_s).astype(np.float64)
        total = np.maximum(requests.sum(axis=0), 1e-12)
        share = np.clip((requests * failing).sum(axis=0) / total, 0.0, 1.0)
        k = rng.binomial(n.astype(np.int64), share).astype(np.float64)
        if self._how.requests:
            yield Column(f"{prefix}requests", self._holes(np.where(n > 0, n, np.nan), requests))
        if self._how.failures == "errors":
            yield Column(f"{prefix}errors", self._holes(np.where(n > 0, k, np.nan), requests))
        elif self._how.failures or user:
            bad = np.divide(k, n, out=np.full_like(k, np.nan), where=n > 0)
            good = self._how.failures != "error_rate"
            yield Column(
                f"{prefix}{'availability' if good else 'error_rate'}",
                self._holes(1 - bad if good else bad, requests),
            )
        yield from self.latencies(prefix, service, requests, latency_s)

    def latencies(self, prefix: str, service: int, requests: Floats, latency_s: Floats) -> Iterator[Column]:
        """The chosen quantiles; of several pods those of the mixture, near enough."""
        spread = self._play.system.services[service].spread
        n = np.maximum(requests.sum(axis=0) * self._play.step_s, 1e-9)
        for variant in self._how.latencies:
            z = _Z[variant]
            level = _mixed(requests, latency_s, variant) * (
                np.exp(spread * z - spread**2 / 2) if z is not None else 1.0
            )
            unsure = spread * (1.0 + 0.8 * (z or 0.0)) / np.sqrt(np.maximum(n, 1.0))
            noise = self._rng.normal(0, 1, size=n.shape) * np.hypot(unsure, 0.04 * self._how.rough)
            shock = np.where(self._rng.random(n.shape) < 0.01, self._rng.exponential(0.6, size=n.shape), 0.0)
            seen = np.where(n >= self._rng.random(n.shape), level * np.exp(noise + shock), np.nan)
            yield Column(f"{prefix}latency_s{variant}", self._holes(seen, requests))

    def resources(
        self, name: str, service: int, rows: list[int], pods: Pods, effects: Effects, flow: Flow
    ) -> Iterator[Column]:
        """Cores, bytes and the like of pods together."""
        one, rng = self._play.system.services[service], self._rng
        alive = pods.alive[rows]
        busy = np.clip(flow.busy[rows] * one.room, 0, 3 * one.room)
        length = alive.shape[1]
        saw = 1 + 0.15 * ((np.arange(length) + rng.integers(30)) % int(rng.integers(5, 60))) / 30
        found = {
            "cpu": one.cpu * (0.15 + 0.85 * np.minimum(busy, one.room)) * effects.cpu[rows],
            "memory": one.memory * saw * effects.memory[rows] * (1 + 0.03 * busy),
            "network_rx": 900.0 * flow.requests[rows],
            "network_tx": 2600.0 * flow.requests[rows],
            "disk": 4096.0 * (1 + busy) * effects.disk[rows],
            "threads": np.full(alive.shape, 8.0 + 13 * service % 190),
        }
        for word in self._how.resources:
            total = (found[word] * alive).sum(axis=0)
            if word != "threads":
                total = total * np.exp(
                    rng.normal(0, 0.06 * self._how.rough, size=length) + self._spikes(length)
                )
            yield Column(f"{name}:{word}", self._holes(np.where(alive.sum(axis=0) > 0, total, np.nan), alive))

    def _spikes(self, length: int) -> Floats:
        spikes: Floats = np.where(
            self._rng.random(length) < 0.01, self._rng.exponential(0.5, size=length), 0.0
        )
        return spikes

    def _holes(self, values: Floats, present: Floats) -> Floats:
        """Values with samples missing, and none where nobody is there to send them."""
        gone: NDArray[np.bool_] = (present.sum(axis=0) <= 0) | (
            self._rng.random(values.shape) < self._how.hole
        )
        return np.where(gone, np.nan, values)


def _mixed(requests: Floats, latency_s: Floats, variant: str) -> Floats:
    """Mean latency of rows, or of the row that a quantile of all requests falls into."""
    total = np.maximum(requests.sum(axis=0), 1e-12)
    mean: Floats = (requests * latency_s).sum(axis=0) / total
    if not variant or len(requests) == 1:
        return mean
    q = int(variant[2:]) / 100
    order = np.argsort(latency_s, axis=0)
    ordered = np.take_along_axis(latency_s, order, 0)
    reached = np.cumsum(np.take_along_axis(requests, order, 0), axis=0) / total
    at = np.minimum((reached < q - 1e-9).sum(axis=0), len(requests) - 1)
    found: Floats = np.take_along_axis(ordered, at[None], 0)[0]
    return 0.5 * (found + mean) if q < 0.9 else found
