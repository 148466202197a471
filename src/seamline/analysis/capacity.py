"""Joint limits: how many connections replicas may open, how many a database takes, and which changes met there.

Every figure is read from a delivery and says which one; a figure that no delivery gave is None, never guessed.
The arithmetic is one line: replicas x connections per replica, summed over the services of a database, against
its limit.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from seamline.analysis import figures
from seamline.analysis.environment import environment_of
from seamline.analysis.facts import Facts
from seamline.analysis.figures import Figure
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Change
from seamline.model.refs import kind_of


class Capacity(Struct, frozen=True):
    """The figures of joint limits at one time, by canonical ref."""

    limits: Mapping[str, Figure]  # database -> connections it takes
    pools: Mapping[str, Figure]  # service -> connections per replica
    replicas: Mapping[str, Figure]  # deployment -> running now
    most: Mapping[str, Figure]  # autoscaler -> replicas it may go to
    least: Mapping[str, Figure]  # autoscaler -> replicas it keeps
    databases: Mapping[str, tuple[str, ...]]  # service -> databases it works on
    deployments: Mapping[str, tuple[str, ...]]  # service -> deployments it runs on
    autoscalers: Mapping[str, tuple[str, ...]]  # deployment -> what sizes it

    def running(self, service: str) -> float | None:
        """Replicas of a service now, over all its deployments; None when any is unknown."""
        return _sum(self.replicas.get(d) for d in self.deployments.get(service, ()))

    def at_most(self, service: str) -> float | None:
        """Replicas a service can be scaled to; None when any of its deployments has no known bound."""
        bounds = (self._bound(d) for d in self.deployments.get(service, ()))
        return _sum(bounds)

    def _bound(self, deployment: str) -> Figure | None:
        found = [f for a in self.autoscalers.get(deployment, ()) if (f := self.most.get(a))]
        return max(found, key=lambda f: f.value) if found else self.replicas.get(deployment)

    def demand(self, service: str, replicas: float) -> float | None:
        """Connections that so many replicas open: replicas x pool; None when the pool is unknown."""
        pool = self.pools.get(service)
        return None if pool is None else replicas * pool.value

    def others(self, service: str, database: str) -> float:
        """Connections that the other services of a database open now, as far as they are known."""
        found = 0.0
        for other, used in sorted(self.databases.items()):
            running = self.running(other)
            if other != service and database in used and running is not None:
                found += self.demand(other, running) or 0.0
        return found

    def limit(self, service: str) -> Figure | None:
        """The tightest limit among the databases a service works on; None when none is known."""
        found = [f for d in self.databases.get(service, ()) if (f := self.limits.get(d))]
        return min(found, key=lambda f: (f.value, f.seq)) if found else None

    def crossed(self, service: str, replicas: float) -> bool | None:
        """Whether so many replicas, beside the other services, open more than a database takes.

        None when the pool, or every limit, is unknown.
        """
        own = self.demand(service, replicas)
        known = [d for d in self.databases.get(service, ()) if d in self.limits]
        if own is None or not known:
            return None
        return any(own + self.others(service, d) > self.limits[d].value for d in known)


class Meeting(Struct, frozen=True):
    """Two changes that cross a limit together at `entity`. `sure`: shown that neither does so alone."""

    first: str  # event id of the earlier change
    second: str
    entity: str
    sure: bool
    text: str
    seqs: tuple[int, ...] = ()  # deliveries the figures were read from, ascending


def _sum(figures: Iterable[Figure | None]) -> float | None:
    found = list(figures)
    return None if not found or None in found else sum(f.value for f in found if f is not None)


def facts_of(facts: Facts, stack: StackMap, at: datetime, environment: str = "production") -> Capacity:
    """The figures as they were at a time. Changes of another environment don't count. O(series + changes)."""
    changes = [c for c in facts.sorted_changes() if environment_of(c.dims, environment) == environment]
    return _Histories(changes, facts, stack).capacity(at)


def meetings(changes: Sequence[Change], facts: Facts, stack: StackMap, at: datetime) -> list[Meeting]:
    """Pairs of changes, a service's pool and the number of its replicas, that cross a limit only together.

    Each change is paired with what of the other side was in force when it came. `sure` needs all figures; with
    one missing a pair still counts when nothing speaks against it. Sorted by (first, second).
    """
    histories = _Histories(sorted(changes, key=lambda c: (c.at, c.entity, c.id)), facts, stack)
    found: dict[tuple[str, str], Meeting] = {}
    for service in sorted(histories.deployments):
        for pool, size in histories.pairs(service, at):
            for database in histories.databases.get(service, ()):
                met = histories.meet(service, database, pool, size)
                if met is not None:
                    found.setdefault((met.first, met.second), met)
    return [found[key] for key in sorted(found)]


class _Step(Struct, frozen=True):
    """A figure that a change set, and what it was before (None: unknown). `where`: the deployment it sizes."""

    figure: Figure
    before: Figure | None
    where: str = ""


class _Histories:
    """Each figure over time, from series and from changes' own facts."""

    __slots__ = (
        "_least", "_limits", "_most", "_pool_series", "_pools", "_replica_series", "_sizes", "autoscalers",
        "databases", "deployments",
    )  # fmt: skip

    def __init__(self, changes: Sequence[Change], facts: Facts, stack: StackMap) -> None:
        self.deployments = _targets(stack, "runs_on", "deployment")
        self.databases = _databases(stack)
        self.autoscalers = _sources(stack, "scales")
        self._limits = figures.by_entity(facts, figures.LIMIT_METRICS, stack)
        self._pool_series = figures.by_entity(facts, figures.POOL_METRICS, stack)
        self._replica_series = figures.by_entity(facts, figures.REPLICA_METRICS, stack)
        self._most = figures.by_entity(facts, figures.MOST_METRICS, stack)
        self._least = figures.by_entity(facts, figures.LEAST_METRICS, stack)
        self._pools = figures.pool_figures(changes, stack)
        self._sizes = figures.size_figures(changes, stack)

    def capacity(self, at: datetime) -> Capacity:
        return Capacity(
            limits=_known({d: figures.sample(s, at, least=True) for d, s in self._limits.items()}),
            pools=_known({s: self.pool(s, at) for s in self.deployments.keys() | self._pools.keys()}),
            replicas=_known({d: self.size(d, at) for d in self._replica_series.keys() | self._sizes.keys()}),
            most=_known({a: figures.sample(s, at) for a, s in self._most.items()}),
            least=_known({a: figures.sample(s, at) for a, s in self._least.items()}),
            databases=self.databases,
            deployments=self.deployments,
            autoscalers=self.autoscalers,
        )

    def pool(self, service: str, at: datetime) -> Figure | None:
        """What the latest change said, else what was seen."""
        said = figures.latest(self._pools.get(service, ()), at)
        return said or figures.sample(self._pool_series.get(service, ()), at)

    def size(self, deployment: str, at: datetime) -> Figure | None:
        """The later of what a change said and what was seen."""
        found = [
            figures.latest(self._sizes.get(deployment, ()), at),
            figures.sample(self._replica_series.get(deployment, ()), at),
        ]
        return max((f for f in found if f is not None), key=lambda f: f.at, default=None)

    def pairs(self, service: str, at: datetime) -> list[tuple[_Step, _Step]]:
        """(pool, size) steps that met: each with the latest of the other side before it."""
        pools = _steps(
            self._pools.get(service, ()), at, lambda t: figures.sample(self._pool_series.get(service, ()), t)
        )
        out = []
        for deployment in self.deployments.get(service, ()):
            sizes = self._size_steps(deployment, at)
            for step in pools:
                out += [(step, other) for other in _in_force(sizes, step)]
            for step in sizes:
                out += [(other, step) for other in _in_force(pools, step)]
        return out

    def _size_steps(self, deployment: str, at: datetime) -> list[_Step]:
        seen = self._replica_series.get(deployment, ())
        steps = _steps(self._sizes.get(deployment, ()), at, lambda t: figures.sample(seen, t))
        return [_Step(s.figure, s.before, deployment) for s in steps]

    def meet(self, service: str, database: str, pool: _Step, size: _Step) -> Meeting | None:
        """The meeting of a pool and a number of replicas at a database, when only both cross its limit."""
        met_at = max(pool.figure.at, size.figure.at)
        seen = self._limits.get(database, ())
        limit = figures.sample(seen, met_at, least=True) or figures.earliest(seen)
        beside = self._beside(service, database, size.where, pool, met_at)
        both = pool.figure.value * size.figure.value + beside
        release = None if size.before is None else pool.figure.value * size.before.value + beside
        scaling = None if pool.before is None else pool.before.value * size.figure.value + beside
        if limit is None:
            if release is None or scaling is None or max(release, scaling) >= both:
                return None
        elif both <= limit.value or max(release or 0.0, scaling or 0.0) > limit.value:
            return None
        first, second = sorted((pool.figure, size.figure), key=lambda f: (f.at, f.change))
        known = [f for f in (pool.figure, size.figure, pool.before, size.before, limit) if f is not None]
        seqs = tuple(sorted({f.seq for f in known if f.seq}))
        text = _in_words(pool, size, beside, limit)
        return Meeting(first.change, second.change, database, len(known) == 5, text, seqs)

    def _beside(self, service: str, database: str, deployment: str, pool: _Step, at: datetime) -> float:
        """Connections that the other services, and its other deployments, open at a time; unknown ones are 0."""
        found = 0.0
        for other, used in sorted(self.databases.items()):
            per_replica = pool.figure if other == service else self.pool(other, at)
            if database not in used or per_replica is None:
                continue
            sizes = [self.size(d, at) for d in self.deployments.get(other, ()) if d != deployment]
            found += sum(per_replica.value * s.value for s in sizes if s is not None)
        return found


def _in_words(pool: _Step, size: _Step, beside: float, limit: Figure | None) -> str:
    total = pool.figure.value * size.figure.value + beside
    text = f"{size.figure.value:g} replicas x {pool.figure.value:g} connections"
    text += (f" + {beside:g} of others" if beside else "") + f" = {total:g}"
    return text + (
        f", the database takes {limit.value:g}" if limit else ", and what the database takes is unknown"
    )


def _targets(stack: StackMap, kind: str, of: str) -> dict[str, tuple[str, ...]]:
    out: dict[str, list[str]] = {}
    for r in stack.relations:
        if r.kind == kind and kind_of(r.target) == of:
            out.setdefault(r.source, []).append(r.target)
    return {source: tuple(found) for source, found in out.items()}


def _sources(stack: StackMap, kind: str) -> dict[str, tuple[str, ...]]:
    out: dict[str, list[str]] = {}
    for r in stack.relations:
        if r.kind == kind:
            out.setdefault(r.target, []).append(r.source)
    return {target: tuple(found) for target, found in out.items()}


def _databases(stack: StackMap) -> dict[str, tuple[str, ...]]:
    """The databases each service works on: said so, or because it reads or writes a dataset kept there."""
    out = {s: set(found) for s, found in _targets(stack, "uses", "database").items()}
    kept_in = _targets(stack, "part_of", "database")
    for r in stack.relations:
        if r.kind in ("reads", "writes") and kind_of(r.source) == "service":
            out.setdefault(r.source, set()).update(kept_in.get(r.target, ()))
    return {service: tuple(sorted(found)) for service, found in sorted(out.items()) if found}


def _known(figures: Mapping[str, Figure | None]) -> dict[str, Figure]:
    return {ref: f for ref, f in sorted(figures.items()) if f is not None}


def _steps(figures: Sequence[Figure], at: datetime, seen: Callable[[datetime], Figure | None]) -> list[_Step]:
    """Figures up to a time that differ from what was before: said by an earlier change, else seen."""
    out: list[_Step] = []
    said: Figure | None = None
    for figure in figures:
        if figure.at > at:
            break
        before = said or seen(figure.at)
        if before is None or before.value != figure.value:
            out.append(_Step(figure, before))
        said = figure
    return out


def _in_force(steps: Sequence[_Step], other: _Step) -> list[_Step]:
    """The last step before the other one; none or one."""
    before = [s for s in steps if s.figure.at <= other.figure.at and s.figure.change != other.figure.change]
    return before[-1:]
