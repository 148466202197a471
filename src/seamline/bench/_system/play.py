"""What happens to a system: rollouts in steps, a fault or none, harmless things that look like one."""

from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator

from seamline.bench._system.faults import FAULTS
from seamline.bench._system.flow import Effects, Floats, Flow, Pods, flow
from seamline.bench._system.shape import System


@dataclass(slots=True)
class Release:
    """A rollout or another change. `steps`: (time, new pods, old pods, removed pods); no pods where none change."""

    id: str
    kind: str
    service: int
    steps: list[tuple[float, list[str], list[str], list[str]]] = field(default_factory=list)
    births: dict[str, float] = field(default_factory=dict)
    deaths: dict[str, float] = field(default_factory=dict)

    @property
    def at_ts(self) -> float:
        """When its first step began."""
        return self.steps[0][0]


@dataclass(slots=True)
class Trouble:
    """A fault of some pods from a time on."""

    kind: str
    pods: list[str]
    since_ts: dict[str, float]
    seed: list[int]


@dataclass(slots=True)
class Play:
    """A system with a story, on a grid of sample times."""

    system: System
    times: Floats
    step_s: float
    load: Floats
    releases: list[Release] = field(default_factory=list)
    trouble: Trouble | None = None

    def pods(self, rng: Generator) -> Pods:
        """All pods that ever run, those of the releases included."""
        names, service = [], []
        for at, one in enumerate(self.system.services):
            names += [f"{one.name}-{_tag(at, i)}" for i in range(one.n_pods)]
            service += [at] * one.n_pods
        for release in self.releases:
            names += list(release.births)
            service += [release.service] * len(release.births)
        alive = np.ones((len(names), len(self.times)))
        rows = {name: row for row, name in enumerate(names)}
        for release in self.releases:
            for pod, at_ts in release.births.items():
                alive[rows[pod]] *= self.since(at_ts)
            for pod, at_ts in release.deaths.items():
                alive[rows[pod]] *= 1.0 - self.since(at_ts)
        weight = np.exp(rng.normal(0, 0.1, size=len(names)))
        return Pods(names, service, alive, [float(w) for w in weight])

    def since(self, at_ts: float) -> Floats:
        """The share of each sample's step that lies after a time."""
        share: Floats = np.clip((self.times - at_ts) / self.step_s, 0.0, 1.0)
        return share


def _tag(service: int, pod: int) -> str:
    return f"{(service * 7919 + pod * 104729 + 4096) % 65536:04x}{pod}"


def first_pods(system: System, service: int) -> list[str]:
    """The pods that a service runs at first."""
    one = system.services[service]
    return [f"{one.name}-{_tag(service, i)}" for i in range(one.n_pods)]


def rollout(rng: Generator, system: System, service: int, id_: str, at_ts: float, gap_s: float) -> Release:
    """A release in one to four steps: first one pod, at last all of them."""
    old = first_pods(system, service)
    n = len(old)
    shares = [[1.0], [0.01, 1.0], [0.01, 0.5, 1.0], [0.01, 0.3, 0.6, 1.0]][
        int(rng.choice(4, p=[0.1, 0.25, 0.45, 0.2]))
    ]
    version = f"{rng.integers(4096, 65536):04x}"
    release = Release(id_, "deploy", service)
    new: list[str] = []
    began_ts = at_ts
    for share in shares:
        want = max(len(new) + (not new), min(n, round(share * n)))
        born = [f"{system.services[service].name}-{version}{i}" for i in range(len(new), want)]
        ready_ts = began_ts + float(rng.uniform(3, 40))
        release.births.update(dict.fromkeys(born, ready_ts))
        new += born
        gone = old if share == 1.0 else old[: max(0, len(new) + len(old) - max(n, 2))]
        release.deaths.update(dict.fromkeys(gone, ready_ts + float(rng.uniform(2, 30))))
        old = [pod for pod in old if pod not in gone]
        release.steps.append((began_ts, list(new), list(old), list(gone)))
        began_ts += gap_s * float(rng.uniform(0.6, 1.5))
    return release


def effects_of(play: Play, pods: Pods, strength: float, rng: Generator) -> Effects:
    """Everything out of the ordinary: excursions, versions that differ, births, and the trouble."""
    effects = Effects((len(pods.names), len(play.times)))
    _excursions(play, pods, effects, rng)
    rows = {name: row for row, name in enumerate(pods.names)}
    for release in play.releases:
        if release.births:
            _version(play, effects, [rows[pod] for pod in release.births], list(release.births.values()), rng)
    if play.trouble is not None:
        ill = [rows[pod] for pod in play.trouble.pods]
        when = np.stack([play.since(play.trouble.since_ts[pod]) for pod in play.trouble.pods])
        FAULTS[play.trouble.kind](effects, ill, when, strength, np.random.default_rng(play.trouble.seed))
    return effects


def _version(play: Play, effects: Effects, rows: list[int], births: list[float], rng: Generator) -> None:
    """A new version is a little different, and a new pod warms up."""
    effects.slow[rows] *= np.exp(rng.normal(0, 0.07))
    effects.cpu[rows] *= np.exp(rng.normal(0, 0.15))
    effects.memory[rows] *= np.exp(rng.normal(0, 0.15))
    if rng.random() < 0.15:  # it does things in another way, and well
        effects.asks[rows] *= np.exp(rng.normal(0, 0.35))
    effects.fails[rows] += float(rng.choice([0.0, 0.0, 0.001, 0.005]))
    for row, birth_ts in zip(rows, births, strict=True):
        age = np.maximum(play.times - birth_ts, 0.0)
        cold = np.exp(-age / rng.uniform(15, 60)) * (play.times > birth_ts)
        effects.slow[row] *= 1 + rng.uniform(0.2, 3.0) * cold
        effects.cpu[row] *= 1 + rng.uniform(0.2, 2.0) * cold
        effects.fails[row] += rng.choice([0.0, 0.02, 0.1]) * cold
        effects.memory[row] *= 1 - rng.uniform(0.1, 0.5) * np.exp(-age / rng.uniform(120, 3000))


def _excursions(play: Play, pods: Pods, effects: Effects, rng: Generator) -> None:
    """Things that happen and hurt nobody much: collections, jobs on the same host, short bursts of failures."""
    n, length = effects.shape
    for _ in range(rng.poisson(0.25 * n)):
        row, at = int(rng.integers(n)), int(rng.integers(length))
        lasts = slice(at, at + 1 + int(rng.poisson(1.5)))
        what = rng.random()
        if what < 0.4:
            effects.slow[row, lasts] *= 1 + rng.exponential(1.0)
        elif what < 0.7:
            effects.cpu[row, lasts] += rng.exponential(1.5)
        elif what < 0.85:
            effects.fails[row, lasts] += min(rng.exponential(0.02), 0.3)
        else:
            effects.net_s[row, lasts] += rng.exponential(0.01)
    for row in np.flatnonzero(rng.random(n) < 0.15).tolist():  # a job that comes round
        every, phase = int(rng.integers(5, 40)), int(rng.integers(40))
        effects.cpu[row, phase % every :: every] += rng.exponential(1.0)
        effects.disk[row, phase % every :: every] += rng.exponential(2.0)
    for service in range(len(play.system.services)):  # loads on one host drift together
        drift = np.cumsum(rng.normal(0, 0.02, size=length))
        effects.slow[pods.of(service)] *= np.exp(0.3 * (drift - drift.mean()))


def truly(play: Play, pods: Pods, strength: float, seed: list[int]) -> tuple[Effects, Flow]:
    """What truly happens with a trouble of this strength; all else is the same for every strength."""
    effects = effects_of(play, pods, strength, np.random.default_rng([*seed, 1]))
    return effects, flow(play.system, pods, effects, play.load, np.random.default_rng([*seed, 2]))


def load_of(rng: Generator, times: Floats, usual: float) -> Floats:
    """Requests per second at the gateway: a day's tide, swings that last, and bursts."""
    tide = 1 + rng.uniform(0.1, 0.6) * np.sin(2 * np.pi * (times / 86400 + rng.random()))
    steps = rng.normal(0, 1, size=len(times))
    keeps = rng.uniform(0.6, 0.98)
    swing = np.empty(len(times))
    level = 0.0
    for i, step in enumerate(steps):
        level = keeps * level + step * np.sqrt(1 - keeps**2)
        swing[i] = level
    bursts = np.where(rng.random(len(times)) < 0.01, 1 + rng.exponential(0.5, size=len(times)), 1.0)
    load: Floats = usual * tide * np.exp(rng.uniform(0.03, 0.2) * swing) * bursts
    return load
