"""More connections than a database takes, at the most that everything on it may grow to.

`replicas x processes x pool`, summed over the services of a database, against its max_connections: before, and after.
"""

from collections.abc import Iterator, Sequence
from math import floor

from msgspec import Struct

from seamline.analysis.seams import CAPACITY
from seamline.guards.capacity._stack import Amount, Stack, stacks
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("capacity/connections-exceeded",)
WHOLE = True
_SEVERE = 1.5  # times the limit: no tuning of the database will absorb it


class Demand(Struct, frozen=True):
    """What one service may open. A figure that is None is not known."""

    service: str
    replicas: Amount | None
    processes: float
    pool: Amount | None

    @property
    def total(self) -> float | None:
        known = self.replicas is not None and self.pool is not None
        return self.replicas.value * self.processes * self.pool.value if known else None  # type: ignore[union-attr]

    def __str__(self) -> str:
        replicas = f"{self.replicas.value:g}" if self.replicas else "?"
        processes = f" x {self.processes:g} processes" if self.processes != 1 else ""
        pool = f"{self.pool.value:g}" if self.pool else "?"
        return f"{self.service} {replicas} replicas{processes} x {pool}"


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """At most one finding a database, in the order of sets and databases; each once."""
    found = (
        f for was, now in stacks(before, after) for d in sorted(now.users) for f in _database(d, was, now)
    )
    return list(dict.fromkeys(found))


def _demands(database: str, stack: Stack) -> dict[str, Demand]:
    return {
        service: Demand(
            service,
            stack.most(service),
            workers.value if (workers := stack.figure(service, "workers_per_replica")) else 1.0,
            stack.figure(service, "db_pool_size"),
        )
        for service in stack.users.get(database, ())
    }


def _total(demands: dict[str, Demand]) -> float:
    return sum(d.total or 0.0 for d in demands.values())


def _database(database: str, was: Stack, now: Stack) -> Iterator[Finding]:
    old, new = _demands(database, was), _demands(database, now)
    limit, limit_before = now.figure(database, "max_connections"), was.figure(database, "max_connections")
    grown = [d for s, d in new.items() if _grows(old.get(s), d)]
    tighter = limit is not None and limit_before is not None and limit.value < limit_before.value
    if not grown and not tighter:
        return
    if limit is None:
        if database in now.relational and any(d.pool is not None for d in grown):
            yield _unknown(database, grown, (f"max_connections of {database}",))
        return
    total = _total(new)
    if total > limit.value:
        yield _hold(database, new, _total(old), limit, grown)
        return
    missing = tuple(m for d in grown for m in _missing(d))
    if missing:
        yield _unknown(database, grown, missing)


def _grows(old: Demand | None, new: Demand) -> bool:
    """Whether a service may open more than before, as far as that can be told."""
    if old is None:
        return True
    for before, after in ((old.replicas, new.replicas), (old.pool, new.pool)):
        if after is not None and (before is None or after.value > before.value):
            return True
        if after is None and before is not None:
            return True
    return new.processes > old.processes


def _missing(demand: Demand) -> Iterator[str]:
    if demand.pool is None:
        yield f"connections per replica of {demand.service} (DB_POOL_SIZE or the like)"
    if demand.replicas is None:
        yield f"the most replicas of {demand.service}"


def _hold(
    database: str, demands: dict[str, Demand], before: float, limit: Amount, grown: Sequence[Demand]
) -> Finding:
    total = _total(demands)
    known = sorted((d for d in demands.values() if d.total), key=lambda d: (-(d.total or 0.0), d.service))
    cause = max(grown, key=lambda d: (d.total or 0.0, d.service), default=None)
    about = cause or known[0]
    unknown = [d.service for d in demands.values() if d.total is None]
    more = f", and {', '.join(unknown)} on top" if unknown else ""
    place = limit.place if cause is None else (about.pool or about.replicas or limit).place
    return Finding(
        IDS[0], "hold", "high" if total > _SEVERE * limit.value else "medium", 0.9, _seam(about.service, database),
        f"{database} takes {limit.value:g} connections, and {' + '.join(str(d) for d in known)} = {total:g}{more} "
        f"may open more (before: {before:g})",
        _way_out(about, total - (about.total or 0.0), limit.value),
        evidence=tuple(str(a.place) for a in (about.replicas, about.pool, limit) if a and a.place),
        entity=about.service, place=place or limit.place,
    )  # fmt: skip


def _way_out(about: Demand, beside: float, limit: float) -> str:
    room = max(0.0, limit - beside)
    replicas = about.replicas.value if about.replicas else 0.0
    pool = (about.pool.value if about.pool else 0.0) * about.processes
    each = floor(room / (replicas * about.processes)) if replicas else 0
    return (
        f"give {about.service} a pool of at most {each}, or at most {floor(room / pool) if pool else 0} replicas; "
        "or raise max_connections, or put a pooler between, first"
    )


def _unknown(database: str, grown: Sequence[Demand], missing: tuple[str, ...]) -> Finding:
    first = min(grown, key=lambda d: d.service)
    place = next((a.place for d in grown for a in (d.replicas, d.pool) if a and a.place), None)
    names = ", ".join(d.service for d in grown)
    return Finding(
        IDS[0], "unknown", "medium", 0.9, _seam(first.service, database),
        f"{names} may open more connections than before, and whether {database} takes them can't be told",
        "write the missing figures where they are set, or let the seam's person pass it", missing,
        entity=first.service, place=place,
    )  # fmt: skip


def _seam(service: str, database: str) -> tuple[str, str, str]:
    first, second = sorted((service, database))
    return (first, second, CAPACITY)
