"""The shape of a system: which services there are, how many pods they run, who calls whom and how often."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

_SYLLABLES = "ar be co da el fi go hu in jo ka lu me no or pa qui ra so ta ul ve wi xa yo zu".split()
_ROLES = (
    "api",
    "worker",
    "core",
    "store",
    "sync",
    "rules",
    "feed",
    "mail",
    "quote",
    "index",
    "auth",
    "media",
)


@dataclass(frozen=True, slots=True)
class Service:
    """`self_s`: seconds of its own per request; `room`: how many times its usual load it can take."""

    name: str
    kind: str  # gateway, service, database, cache
    n_pods: int
    self_s: float
    room: float
    cpu: float  # cores at the usual load
    memory: float  # bytes
    fails: float  # share of requests that fail while all is well
    spread: float  # log-spread of its latency from one request to another


@dataclass(frozen=True, slots=True)
class Call:
    """`n` calls per request; `waits`: the part of their time that the caller spends waiting."""

    caller: int
    callee: int
    n: float
    waits: float
    passes_on: float  # share of the callee's failures that fail the request
    timeout_s: float
    retries: int
    sticky: float  # how unevenly pods of the caller use those of the callee


@dataclass(frozen=True, slots=True)
class System:
    """Services in an order in which callers stand before callees; the first is the gateway."""

    services: tuple[Service, ...]
    calls: tuple[Call, ...]
    load: float  # requests per second at the gateway

    def calls_of(self, caller: int) -> list[Call]:
        """The calls that a service makes."""
        return [call for call in self.calls if call.caller == caller]

    def load_of(self) -> list[float]:
        """Usual requests per second of each service."""
        loads = [0.0] * len(self.services)
        loads[0] = self.load
        for call in sorted(self.calls, key=lambda c: c.caller):
            loads[call.callee] += loads[call.caller] * call.n
        return loads


def system(rng: Generator, n_services: int, most_pods: int) -> System:
    """A random system of so many services."""
    kinds = _kinds(rng, n_services)
    names = _names(rng, kinds)
    services = tuple(_service(rng, name, kind, most_pods) for name, kind in zip(names, kinds, strict=True))
    return System(
        services, _timed(services, _calls(rng, kinds)), float(np.exp(rng.uniform(np.log(5), np.log(200))))
    )


def _timed(services: tuple[Service, ...], calls: tuple[Call, ...]) -> tuple[Call, ...]:
    """The calls with timeouts in seconds: people set them at several times what a call usually takes."""
    usual = [1.5 * one.self_s for one in services]
    for at in reversed(range(len(services))):
        usual[at] += sum(call.n * call.waits * usual[call.callee] for call in calls if call.caller == at)
    return tuple(replace(call, timeout_s=max(0.2, call.timeout_s * usual[call.callee])) for call in calls)


def _kinds(rng: Generator, n: int) -> list[str]:
    """The gateway first, what stores things last: callers stand before callees."""
    n_stores = max(1, round(n * rng.uniform(0.1, 0.25)))
    stores = [str(rng.choice(["database", "cache"], p=[0.6, 0.4])) for _ in range(n_stores)]
    return ["gateway", *["service"] * (n - 1 - n_stores), *stores]


def _names(rng: Generator, kinds: list[str]) -> list[str]:
    found: list[str] = []
    while len(found) < len(kinds):
        kind = kinds[len(found)]
        stem = "".join(rng.choice(_SYLLABLES, size=2))
        ending = {"gateway": "web", "database": "db", "cache": "cache"}.get(kind, str(rng.choice(_ROLES)))
        name = f"{stem}-{ending}"
        if name not in found:
            found.append(name)
    return found


def _service(rng: Generator, name: str, kind: str, most_pods: int) -> Service:
    stores = kind in ("database", "cache")
    quick = {"database": 0.003, "cache": 0.0008}.get(kind, 0.008)
    return Service(
        name,
        kind,
        1 if stores else int(rng.integers(1, most_pods + 1)),
        self_s=float(quick * np.exp(rng.normal(0, 0.8))),
        room=float(rng.uniform(1.8, 6.0)),
        cpu=float(np.exp(rng.normal(-1.5, 0.8))),
        memory=float(np.exp(rng.normal(19.5, 0.8))),
        fails=float(rng.choice([0.0, 0.0005, 0.004, 0.02], p=[0.4, 0.35, 0.2, 0.05])),
        spread=float(rng.uniform(0.2, 0.9)),
    )


def _calls(rng: Generator, kinds: list[str]) -> tuple[Call, ...]:
    n = len(kinds)
    found: dict[tuple[int, int], Call] = {}
    for callee in range(1, n):
        for caller in _callers(rng, kinds, callee):
            found[caller, callee] = _call(rng, caller, callee, kinds[callee])
    n_first = sum(1 for caller, _ in found if caller == 0)
    if n_first < min(3, n - 1):
        found[0, 1] = _call(rng, 0, 1, kinds[1])
    return tuple(found[key] for key in sorted(found))


def _callers(rng: Generator, kinds: list[str], callee: int) -> list[int]:
    """One to three of those that stand before it; stores are called by fewer and by services."""
    candidates = [i for i in range(callee) if kinds[i] in ("gateway", "service")]
    near = np.array([1.0 + 3.0 * (i == 0) + 2.0 * (callee - i < 6) for i in candidates])
    n = min(len(candidates), int(rng.choice([1, 2, 3], p=[0.6, 0.28, 0.12])))
    return sorted(int(i) for i in rng.choice(candidates, size=n, replace=False, p=near / near.sum()))


def _call(rng: Generator, caller: int, callee: int, kind: str) -> Call:
    stores = kind in ("database", "cache")
    return Call(
        caller,
        callee,
        n=float(np.exp(rng.normal(0.3 if stores else -0.5, 0.6))),
        waits=float(rng.choice([1.0, 0.6, 0.0], p=[0.7, 0.2, 0.1])),
        passes_on=float(rng.choice([1.0, 0.7, 0.3, 0.0], p=[0.5, 0.25, 0.15, 0.1])),
        timeout_s=float(rng.choice([5.0, 10.0, 30.0, 100.0])),  # times the usual, till that is known
        retries=int(rng.choice([0, 1, 2], p=[0.6, 0.25, 0.15])),
        sticky=float(rng.choice([0.0, 0.3, 0.8], p=[0.5, 0.3, 0.2])),
    )
