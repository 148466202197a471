"""Scrape targets with realistic series: replicas of services that serve, call each other, queue and run.

100 series per target: requests by handler and code, durations, calls to peers, pools, queues, runtime.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seamline.bench import _remote_write as wire

PER_TARGET = 100
REPLICAS = 2
FAILING = 0.3  # share of requests that fail once a service is broken
_HANDLERS = (
    "/",
    "/cart",
    "/cart/{id}",
    "/orders",
    "/orders/{id}",
    "/search",
    "/login",
    "/price",
    "/stock",
    "/health",
)
_CODES = ("200", "404", "500", "503")
_BOUNDS = ("0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "+Inf")
_RUNTIME = (
    "process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds", "go_goroutines",
    "go_threads", "go_memstats_alloc_bytes", "go_memstats_heap_objects", "go_gc_duration_seconds_sum",
    "go_gc_duration_seconds_count", "go_memstats_sys_bytes", "process_virtual_memory_bytes", "process_start_time_seconds",
)  # fmt: skip
_USUAL_PER_S = 6.0  # requests per handler
_MEAN_S = 0.04


class Target:
    """One replica of a service. Its values lie in one array, in the order of its series.

    `broken` says since when which services fail; all targets share it, because callers see it as well.
    """

    def __init__(
        self, number: int, n_services: int, random: np.random.Generator, broken: dict[str, float]
    ) -> None:
        self.service = f"shop{number // REPLICAS:03d}"
        self.broken = broken
        self._random = random
        self._peers = peers = [f"shop{(number // REPLICAS + step) % n_services:03d}" for step in (1, 2, 3)]
        named = list(_series(peers))
        pod = f"{self.service}-7d9c8b6f54-{number:05x}"
        own = {
            "job": self.service,
            "service_name": self.service,
            "namespace": "shop",
            "pod": pod,
            "instance": f"{pod}:8080",
        }
        self.heads = [wire.head(metric, {**own, **labels}) for metric, labels in named]
        self.values: NDArray[np.float64] = np.array([_beginning(metric) for metric, _ in named])

    def step(self, now: float, seconds: float) -> NDArray[np.float64]:
        """The values after `seconds` more, at `now`."""
        v, chance = self.values, self._random
        n = chance.poisson(_USUAL_PER_S * seconds, len(_HANDLERS)).astype(float)
        share = self._failing(self.service, now)
        failed = chance.binomial(n.astype(int), share).astype(float)
        codes = v[:40].reshape(10, 4)
        codes[:, 0] += n - failed
        codes[:, 1] += chance.binomial(n.astype(int), 0.01)
        codes[:, 2] += failed
        v[40:50] += n * chance.normal(_MEAN_S, 0.004, 10).clip(0.005)
        v[50:60] += n
        v[60:70] += np.cumsum(chance.multinomial(int(n.sum()), [0.1] * 10))
        calls = chance.poisson(2.0 * seconds, 3).astype(float)
        unanswered = [
            float(chance.binomial(int(c), self._failing(p, now)))
            for c, p in zip(calls, self._peers, strict=True)
        ]
        v[70:73] += calls - unanswered
        v[73:76] += unanswered
        v[76:79] += calls * 0.03
        v[79:82] += calls
        v[82] = chance.poisson(4.0)  # the queue
        v[83] = chance.poisson(3.0)  # the pool's busy connections
        v[87] += seconds * 0.2
        v[88:] *= chance.normal(1.0, 0.002, 12)
        v[89:91] = 100.0, 1024.0  # open files and how many may be open
        return v

    def _failing(self, service: str, now: float) -> float:
        return FAILING if now >= self.broken.get(service, np.inf) else 0.0005


def targets(n_series: int, seed: int) -> list[Target]:
    """So many targets that they have `n_series` series, at least one service's."""
    n_services = max(1, n_series // PER_TARGET // REPLICAS)
    random = np.random.default_rng(seed)
    broken: dict[str, float] = {}
    return [Target(number, n_services, random, broken) for number in range(n_services * REPLICAS)]


def map_of(found: list[Target]) -> str:
    """The company's seamline.toml: every service has an owner."""
    lines = [
        '[organisation]\nname = "Shop"\nenvironment = "production"\n',
        '[[person]]\nid = "root"\nname = "Root"\n',
    ]
    for name in sorted({one.service for one in found}):
        lines.append(f'[[person]]\nid = "{owner_of(name)}"\nname = "Owner of {name}"\nreports_to = "root"\n')
        lines.append(f'[[entity]]\nref = "service:{name}"\nowner = "{owner_of(name)}"\n')
        lines.append(f'[[alias]]\nref = "service:{name}"\nsame_as = ["peer:{name}"]\n')
    return "\n".join(lines)


def owner_of(service: str) -> str:
    """The person who owns a service."""
    return f"owner-{service}"


def _series(peers: list[str]) -> Iterator[tuple[str, dict[str, str]]]:
    """Metric and own labels of the series, in the order of the values."""
    for handler in _HANDLERS:
        for code in _CODES:
            yield "http_requests_total", {"handler": handler, "method": "GET", "code": code}
    for suffix in ("sum", "count"):
        for handler in _HANDLERS:
            yield f"http_request_duration_seconds_{suffix}", {"handler": handler}
    for bound in _BOUNDS:
        yield "http_request_duration_seconds_bucket", {"le": bound}
    for outcome in ("ok", "error"):
        for peer in peers:
            yield "client_requests_total", {"peer": peer, "outcome": outcome}
    for suffix in ("sum", "count"):
        for peer in peers:
            yield f"client_request_duration_seconds_{suffix}", {"peer": peer}
    yield "queue_depth", {"queue": "out"}
    yield "db_pool_connections", {"state": "busy"}
    yield "db_pool_connections", {"state": "max"}
    yield "up", {}
    yield "build_info", {"version": "2.0.0", "revision": "c0ffee00" * 5}
    for metric in _RUNTIME:
        yield metric, {}


def _beginning(metric: str) -> float:
    """The value before the first scrape: gauges that never change have theirs."""
    if metric in ("up", "build_info"):
        return 1.0
    return 100.0 if metric.startswith(("process_", "go_")) else 0.0
