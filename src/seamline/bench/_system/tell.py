"""Stories: which system, what is done to it, what breaks, and when somebody notices."""

from collections.abc import Callable
from itertools import count

import numpy as np
from numpy.random import Generator

from seamline.analysis.inquiry.case import Alert, Question
from seamline.bench._case_folder import Truth
from seamline.bench._system import play as plays
from seamline.bench._system import sampling
from seamline.bench._system.case import Told, chance, excursion
from seamline.bench._system.faults import FAULTS
from seamline.bench._system.flow import Floats
from seamline.bench._system.play import Play, Release, Trouble
from seamline.bench._system.shape import System, system

_EPOCH = 1_700_000_000.0
_STRENGTHS = (0.7, 1.0, 1.6, 2.6, 4.5)
_FAR = 6.0  # times what the user's view strays by itself: somebody is paged
_LATE = 25  # samples after the fault began by which somebody is


def canary(seed: list[int]) -> Told | None:
    """Up to six rollouts in steps at once; one of them, none, or something else is at fault."""
    rng = np.random.default_rng(seed)
    one = system(rng, int(rng.integers(6, 25)), most_pods=4)
    step_s = float(rng.choice([60.0, 60.0, 60.0, 30.0, 300.0]))
    times = _times(rng, step_s, int(rng.integers(70, 160)))
    onset_ts = float(times[-_LATE - 6] + rng.uniform(0, step_s))
    play = Play(one, times, step_s, plays.load_of(rng, times, one.load))
    play.releases = _rollouts(rng, one, onset_ts, step_s)
    what = rng.choice(["guilty", "latent", "nothing"], p=[0.68, 0.17, 0.15])
    if what == "guilty":
        truth = _break_release(rng, play, onset_ts)
    elif what == "latent":
        truth = _break_service(rng, play, onset_ts, seed)
    else:
        truth = Truth((), "none")
    return _told(play, sampling.scheme(rng, True, len(one.services)), truth, onset_ts, "change", seed)


def entity(seed: list[int]) -> Told | None:
    """A fault of a service or of one of its pods, with changes around it that have nothing to do with it."""
    rng = np.random.default_rng(seed)
    step_s = float(rng.choice([1.0, 60.0, 60.0, 300.0]))
    one = system(rng, int(rng.integers(5, 16 if step_s == 1.0 else 61)), most_pods=3)
    length = {1.0: (500, 1000), 60.0: (60, 240), 300.0: (200, 500)}[step_s]
    times = _times(rng, step_s, int(rng.integers(*length)))
    onset_ts = float(times[-_LATE - 6] + rng.uniform(0, step_s))
    play = Play(one, times, step_s, plays.load_of(rng, times, one.load))
    if chance(rng, 0.4):
        play.releases = _changes(rng, one, onset_ts, step_s)
    if chance(rng, 0.05):  # more is asked, and nothing is broken
        play.load = play.load * (1.0 + float(rng.uniform(0.3, 1.0)) * play.since(onset_ts))
        truth = Truth((), "none")
    elif chance(
        rng, 0.08
    ):  # so few, because stories without harm are never told and a part of the others is not
        truth = Truth((), "none")
    else:
        truth = _break_service(rng, play, onset_ts, seed)
    per_pod = step_s > 1.0 and len(one.services) < 40 and chance(rng, 0.3)
    return _told(play, sampling.scheme(rng, per_pod, len(one.services)), truth, onset_ts, "entity", seed)


def change(seed: list[int]) -> Told | None:
    """Changes that no pods tell apart: settings, flags, releases of everything at once. One of them is bad, or none."""
    rng = np.random.default_rng(seed)
    one = system(rng, int(rng.integers(5, 40)), most_pods=3)
    step_s = float(rng.choice([60.0, 60.0, 15.0, 300.0]))
    times = _times(rng, step_s, int(rng.integers(70, 200)))
    onset_ts = float(times[-_LATE - 6] + rng.uniform(0, step_s))
    play = Play(one, times, step_s, plays.load_of(rng, times, one.load))
    play.releases = _changes(rng, one, onset_ts, step_s)
    what = rng.choice(["guilty", "latent", "nothing"], p=[0.7, 0.2, 0.1])
    if what == "guilty":
        truth = _break_by_change(rng, play, onset_ts, seed)
    elif what == "latent":
        truth = _break_service(rng, play, onset_ts, seed)
    else:
        truth = Truth((), "none")
    return _told(play, sampling.scheme(rng, False, len(one.services)), truth, onset_ts, "change", seed)


KINDS: dict[str, Callable[[list[int]], Told | None]] = {"canary": canary, "change": change, "entity": entity}


def tell(kind: str, seed: list[int]) -> Told:
    """The first story of this seed that somebody is paged in."""
    return next(told for attempt in count() if (told := KINDS[kind]([*seed, attempt])) is not None)


def _times(rng: Generator, step_s: float, n: int) -> Floats:
    start = _EPOCH + round(float(rng.uniform(0, 30 * 86400)))
    times: Floats = start + step_s * np.arange(n, dtype=np.float64)
    return times


def _rollouts(rng: Generator, one: System, onset_ts: float, step_s: float) -> list[Release]:
    """Rollouts that begin around the fault; some long before, one at times seconds before it."""
    able = [i for i, s in enumerate(one.services) if s.kind in ("gateway", "service")]
    n = min(len(able), int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.1, 0.15, 0.2, 0.2, 0.2, 0.15])))
    found = []
    for i, service in enumerate(sorted(int(s) for s in rng.choice(able, size=n, replace=False))):
        ago_s = (
            float(rng.uniform(-3 * step_s, 25 * step_s))
            if not chance(rng, 0.25)
            else float(rng.uniform(1, 30))
        )
        gap_s = step_s * float(rng.uniform(2, 12))
        found.append(plays.rollout(rng, one, service, f"rel-{i + 1}", onset_ts - ago_s, gap_s))
    return found


def _break_release(rng: Generator, play: Play, onset_ts: float) -> Truth:
    """One of the rollouts is bad from its first pod on, or once a later change meets it: a flag, or more pods."""
    guilty = play.releases[int(rng.integers(len(play.releases)))]
    shift_s = onset_ts - float(rng.uniform(5, 30)) - guilty.at_ts
    fault = str(rng.choice(sorted(FAULTS)))
    joint: tuple[str, ...] = ()
    if chance(rng, 0.12):
        _move(guilty, min(0.0, shift_s) - float(rng.uniform(2, 8)) * play.step_s)
        kind = str(rng.choice(["flag", "scale"]))
        fault = "pool_exhausted" if kind == "scale" else fault  # more pods than there are connections for
        met = Release(f"{kind}-1", kind, guilty.service, [(onset_ts - float(rng.uniform(1, 10)), [], [], [])])
        play.releases.append(met)
        joint = (guilty.id, met.id)
        since = {pod: max(at, met.at_ts) for pod, at in guilty.births.items()}
    else:
        _move(guilty, shift_s)
        since = dict(guilty.births)
    seed = [int(rng.integers(2**31))]
    play.trouble = Trouble(fault, sorted(guilty.births), since, seed)
    return Truth((play.system.services[guilty.service].name,), fault, guilty.id, joint)


def _break_by_change(rng: Generator, play: Play, onset_ts: float, seed: list[int]) -> Truth:
    """One of the changes breaks all pods of its service some seconds or minutes after it was made."""
    guilty = play.releases[int(rng.integers(len(play.releases)))]
    _move(guilty, onset_ts - float(np.exp(rng.uniform(np.log(3), np.log(180)))) - guilty.at_ts)
    pods = play.pods(np.random.default_rng([*seed, 3]))
    ill = [pods.names[row] for row in pods.of(guilty.service)]
    fault = str(rng.choice(sorted(FAULTS)))
    play.trouble = Trouble(fault, ill, dict.fromkeys(ill, onset_ts), [int(rng.integers(2**31))])
    return Truth((play.system.services[guilty.service].name,), fault, guilty.id)


def _move(release: Release, by_s: float) -> None:
    """The same rollout at another time."""
    release.steps = [(at + by_s, new, old, removed) for at, new, old, removed in release.steps]
    release.births = {pod: at + by_s for pod, at in release.births.items()}
    release.deaths = {pod: at + by_s for pod, at in release.deaths.items()}


def _break_service(rng: Generator, play: Play, onset_ts: float, seed: list[int]) -> Truth:
    """A fault of all pods of a service, or of one of them, that no change brought."""
    service = int(rng.integers(1, len(play.system.services)))
    pods = play.pods(np.random.default_rng([*seed, 3]))
    ill = [pods.names[row] for row in pods.of(service)]
    moves = any(release.service == service and release.births for release in play.releases)
    if len(ill) > 1 and not moves and chance(rng, 0.4):
        ill = [ill[int(rng.integers(len(ill)))]]
    fault = str(rng.choice(sorted(FAULTS)))
    play.trouble = Trouble(fault, ill, dict.fromkeys(ill, onset_ts), [int(rng.integers(2**31))])
    return Truth((play.system.services[service].name,), fault)


def _changes(rng: Generator, one: System, onset_ts: float, step_s: float) -> list[Release]:
    """Changes of which nobody says that they moved pods."""
    found = []
    for i in range(int(rng.integers(1, 5))):
        at_ts = onset_ts - float(rng.uniform(1, 20) if chance(rng, 0.3) else rng.uniform(-2, 40) * step_s)
        kind = str(rng.choice(["config", "flag", "deploy", "scale"]))
        found.append(
            Release(f"ch-{i + 1}", kind, int(rng.integers(len(one.services))), [(at_ts, [], [], [])])
        )
    return found


def _told(
    play: Play, how: sampling.Scheme, truth: Truth, onset_ts: float, question: Question, seed: list[int]
) -> Told | None:
    """Tell it with ever stronger trouble until somebody is paged; None where nobody ever is."""
    pods = play.pods(np.random.default_rng([*seed, 3]))
    for strength in _STRENGTHS if play.trouble is not None else (1.0,):
        effects, flow = plays.truly(play, pods, strength, seed)
        seen = list(sampling.columns(play, pods, effects, flow, how, np.random.default_rng([*seed, 4])))
        page = _page(play, seen, onset_ts, np.random.default_rng([*seed, 5]))
        if page is not None:
            break
    rng = np.random.default_rng([*seed, 6])
    if page is None and play.trouble is not None:
        return None
    if page is None:
        page = _any_page(play, seen, onset_ts, rng)
    until_ts = page.at_ts + max(float(rng.uniform(180, 300)), play.step_s * float(rng.uniform(1, 4)))
    return Told(play, pods, seen, page, min(until_ts, float(play.times[-1])), question, how.per_pod, truth)


def _front(play: Play, seen: list[sampling.Column]) -> list[sampling.Column]:
    prefix = f"{play.system.services[0].name}:user_"
    return [column for column in seen if column.name.startswith(prefix)]


def _page(play: Play, seen: list[sampling.Column], onset_ts: float, rng: Generator) -> Alert | None:
    """The first time that the user's view is far from usual twice in a row after the trouble began."""
    if play.trouble is None:
        return None
    front = _front(play, seen)
    far, which = excursion(front, play.times, play.times < onset_ts)
    began_ts = min(play.trouble.since_ts.values())
    for at in range(1, len(play.times)):
        if play.times[at - 1] > began_ts and far[at - 1] > _FAR and far[at] > _FAR:
            return _page_at(play, front[which[at]], float(play.times[at]), rng)
    return None


def _any_page(play: Play, seen: list[sampling.Column], onset_ts: float, rng: Generator) -> Alert:
    """The natural excursion that looks most like something, or some moment."""
    front = _front(play, seen)
    far, which = excursion(front, play.times, play.times < onset_ts)
    late = np.flatnonzero(
        play.times >= (onset_ts if play.trouble is not None else play.times[len(play.times) // 2])
    )
    late = late[:-6]
    at = int(late[np.argmax(far[late])]) if chance(rng, 0.6) else int(rng.choice(late))
    return _page_at(play, front[which[at]], float(play.times[at]), rng)


def _page_at(play: Play, column: sampling.Column, seen_ts: float, rng: Generator) -> Alert:
    entity, _, metric = column.name.rpartition(":")
    late_s = float(rng.uniform(0, 60 if play.step_s >= 30 else 10))
    return Alert(entity, metric, seen_ts + late_s)
