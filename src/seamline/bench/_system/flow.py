"""How requests, time and failures move through a system: load downwards, slowness and failures upwards.

State: one row per pod, one column per sample. Two rounds, because retries and shed load depend on failures, which
depend on load.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from seamline.bench._system.shape import Call, System

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Pods:
    """All pods of a system. `alive` is the share of a sample's time that a pod takes requests in."""

    names: list[str]
    service: list[int]
    alive: Floats
    weight: list[float]  # of the balancer

    def of(self, service: int) -> list[int]:
        """Rows of a service's pods."""
        return [i for i, whole in enumerate(self.service) if whole == service]


@dataclass(slots=True)
class Effects:
    """What is out of the ordinary, per pod and sample. Neutral when made."""

    shape: tuple[int, int]
    slow: Floats = field(init=False)  # times its own seconds
    delay_s: Floats = field(init=False)  # more of its own seconds
    net_s: Floats = field(init=False)  # more on each call that it answers or makes
    loss: Floats = field(init=False)  # share of those calls that fails
    fails: Floats = field(init=False)  # share of requests that it fails by itself
    wrong: Floats = field(init=False)  # share of answers that look well and fail whoever asked
    asks: Floats = field(init=False)  # times the calls it makes
    cpu: Floats = field(init=False)
    memory: Floats = field(init=False)
    disk: Floats = field(init=False)
    room: Floats = field(init=False)

    def __post_init__(self) -> None:
        for name in ("slow", "asks", "cpu", "memory", "disk", "room"):
            setattr(self, name, np.ones(self.shape))
        for name in ("delay_s", "net_s", "loss", "fails", "wrong"):
            setattr(self, name, np.zeros(self.shape))


@dataclass(slots=True)
class Between:
    """One service calling another, pod by pod: caller's pods x callee's pods x samples."""

    call: Call
    share: Floats  # of the calls of a caller's pod
    requests: Floats
    failing: Floats
    latency_s: Floats


@dataclass(slots=True)
class Flow:
    """What truly happened. Rows are pods."""

    requests: Floats  # per second
    failing: Floats
    latency_s: Floats
    busy: Floats  # share of what the pod can take
    between: list[Between]


def flow(system: System, pods: Pods, effects: Effects, load: Floats, rng: Generator) -> Flow:
    """Requests, failures and seconds of every pod and call. `load`: requests per second at the gateway."""
    between = [_between(pods, call, rng) for call in system.calls]
    state = _Round(system, pods, effects, between)
    state.push(load)
    state.pull()
    state.push(load)
    state.pull()
    return Flow(state.requests, state.failing, state.latency_s, state.busy, between)


def _between(pods: Pods, call: Call, rng: Generator) -> Between:
    a, b = pods.of(call.caller), pods.of(call.callee)
    liking = (
        np.exp(rng.normal(0, call.sticky, size=(len(a), len(b), 1)))
        if call.sticky
        else np.ones((len(a), len(b), 1))
    )
    share = liking * np.array([pods.weight[i] for i in b])[None, :, None] * pods.alive[b][None, :, :]
    total = share.sum(axis=1, keepdims=True)
    share = np.divide(share, total, out=np.full_like(share, 1 / len(b)), where=total > 0)
    shape = share.shape
    return Between(call, share, np.zeros(shape), np.zeros(shape), np.zeros(shape))


class _Round:
    """One pass of load down and one of harm up; run twice over the same arrays."""

    def __init__(self, system: System, pods: Pods, effects: Effects, between: list[Between]) -> None:
        self._system, self._pods, self._effects, self._between = system, pods, effects, between
        shape = effects.shape
        self.requests = np.zeros(shape)
        self.failing = np.zeros(shape)
        self.latency_s = np.zeros(shape)
        self.busy = np.zeros(shape)
        self._shed = np.zeros(shape)  # share of requests that fail before they call anybody
        self._usual = system.load_of()

    def push(self, load: Floats) -> None:
        """Load from the gateway to whoever is called, with the retries of what failed in the last round."""
        self.requests[:] = 0.0
        front = self._pods.of(0)
        alive = self._pods.alive[front] * np.array([self._pods.weight[i] for i in front])[:, None]
        total = alive.sum(axis=0)
        self.requests[front] = load * np.divide(alive, total, out=np.zeros_like(alive), where=total > 0)
        for one in sorted(self._between, key=lambda b: b.call.caller):
            a, b = self._pods.of(one.call.caller), self._pods.of(one.call.callee)
            made = self.requests[a] * one.call.n * self._effects.asks[a] * (1 - self._shed[a])
            again = 1.0 + one.call.retries * np.minimum((one.share * one.failing).sum(axis=1), 1.0)
            one.requests[:] = (made * again)[:, None, :] * one.share
            self.requests[b] += one.requests.sum(axis=0)

    def pull(self) -> None:
        """Seconds and failures from those that call nobody up to the gateway."""
        by_caller: dict[int, list[Between]] = {}
        for one in self._between:
            by_caller.setdefault(one.call.caller, []).append(one)
        for at in reversed(range(len(self._system.services))):
            self._answer(at, by_caller.get(at, []))

    def _answer(self, at: int, made: list[Between]) -> None:
        service, rows, effects = self._system.services[at], self._pods.of(at), self._effects
        usual = max(self._usual[at], 1e-9) / service.n_pods
        self.busy[rows] = self.requests[rows] / (usual * service.room * effects.room[rows])
        waiting = 1.0 / (1.0 - np.clip(self.busy[rows], 0.0, 0.93))
        own_s = service.self_s * effects.slow[rows] * waiting + effects.delay_s[rows]
        full = np.clip((self.busy[rows] - 0.97) * 1.5, 0.0, 0.7)
        own = 1.0 - (1.0 - service.fails) * (1.0 - effects.fails[rows]) * (1.0 - full)
        self._shed[rows] = 0.8 * np.maximum(effects.fails[rows], full)
        well = np.ones_like(own)
        for one in made:
            seconds, failing = self._asked(one, rows)
            n = one.call.n * effects.asks[rows]
            own_s = own_s + one.call.waits * n * seconds
            well = well * (1.0 - one.call.passes_on * failing) ** np.minimum(n, 3.0)
        self.latency_s[rows] = own_s * (1.0 - 0.7 * effects.fails[rows])  # what fails by itself fails early
        self.failing[rows] = 1.0 - (1.0 - own) * well

    def _asked(self, one: Between, rows: list[int]) -> tuple[Floats, Floats]:
        """Seconds per call and share of requests that a call fails, for each pod of the caller."""
        b, effects = self._pods.of(one.call.callee), self._effects
        seconds = self.latency_s[b][None] + effects.net_s[b][None] + effects.net_s[rows][:, None]
        lost = 1.0 - (1.0 - effects.loss[b][None]) * (1.0 - effects.loss[rows][:, None])
        late = 1.0 / (
            1.0 + np.exp(-np.clip(6.0 * np.log(np.maximum(seconds, 1e-6) / one.call.timeout_s), -50, 50))
        )
        gone = (self._pods.alive[b].sum(axis=0) <= 0)[None, None, :]
        one.failing[:] = np.where(
            gone, 1.0, 1.0 - (1.0 - self.failing[b][None]) * (1.0 - lost) * (1.0 - late)
        )
        one.latency_s[:] = np.minimum(seconds * (1 + 2.0 * lost), one.call.timeout_s * 1.02)
        tried = (one.share * one.failing).sum(axis=1) ** (1 + one.call.retries)
        wrong = (one.share * effects.wrong[b][None]).sum(axis=1)
        return (one.share * one.latency_s).sum(axis=1), np.clip(1.0 - (1.0 - tried) * (1.0 - wrong), 0.0, 1.0)
