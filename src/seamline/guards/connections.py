"""More connections than the database takes: replicas x pool, at the most that the autoscaler may go to.

A release is safe today and fatal on the day the autoscaler does what it was told it may. So the guard asks for the
largest number of replicas allowed, not for the number that runs.
"""

from collections.abc import Iterable
from math import floor

from msgspec.structs import replace

from seamline.analysis.capacity import Capacity
from seamline.analysis.figures import POOL_FACTS, Figure, number
from seamline.analysis.seams import CAPACITY
from seamline.analysis.stackmap import StackMap
from seamline.model.event import Change
from seamline.model.refs import kind_of
from seamline.model.verdict import Finding

ID = "connections"
_BOUND = "max_replicas"
SIZE_FACTS = ("replicas_to", _BOUND)
_SEVERE = 1.5  # times the limit: no tuning of the database will absorb it


def check(change: Change, stack: StackMap, state: Capacity) -> list[Finding]:
    """Findings for each service whose pool or replicas the change moves and which works on a database.

    A release may always move the pool; a configuration only when it says so.
    """
    if change.kind in ("config", "flag") and not any(k in change.facts for k in (*POOL_FACTS, *SIZE_FACTS)):
        return []
    return [
        f for service in _services(change, stack, state) for f in _of_service(change, service, stack, state)
    ]


def _services(change: Change, stack: StackMap, state: Capacity) -> list[str]:
    """Services with a database that the change releases, configures or sizes."""
    touched = {stack.canonical(r) for r in (change.entity, *change.also)}
    out = set()
    for service in state.databases:
        decks = set(state.deployments.get(service, ()))
        sizers = {a for d in decks for a in state.autoscalers.get(d, ())}
        moved = {service} if change.kind in ("deploy", "config", "flag") else set()
        if change.kind in ("scale", "config"):
            moved |= decks | sizers
        if touched & moved:
            out.add(service)
    return sorted(out)


def _of_service(change: Change, service: str, stack: StackMap, state: Capacity) -> list[Finding]:
    state = _after(change, service, stack, state)
    seam = _seam(service, stack, state)
    replicas = _replicas(change, service, stack, state)
    found = []
    for database in state.databases[service]:
        pool, limit = state.pools.get(service), state.limits.get(database)
        missing = _missing(service, database, pool, limit, replicas)
        if missing:
            found.append(_unknown(service, seam, missing))
            continue
        if pool is None or limit is None or replicas is None:
            continue  # never: `missing` names them; this tells the type checker
        beside = state.others(service, database)
        total = replicas * pool.value + beside
        if total > limit.value:
            found.append(_hold(service, database, seam, replicas, pool, limit, beside))
    return found


def _after(change: Change, service: str, stack: StackMap, state: Capacity) -> Capacity:
    """The figures as they will be: what the change says counts, and what it says unreadably is not known."""
    pools, most = dict(state.pools), dict(state.most)
    if change.kind != "scale" and any(k in change.facts for k in POOL_FACTS):
        _put(pools, service, change, number(change, POOL_FACTS))
    if _BOUND in change.facts:
        _put(most, stack.canonical(change.entity), change, number(change, (_BOUND,)))
    return replace(state, pools=pools, most=most)


def _put(figures: dict[str, Figure], ref: str, change: Change, value: float | None) -> None:
    figures.pop(ref, None)
    if value is not None:
        figures[ref] = Figure(value, change.seq, change.at, change.id)


def _replicas(change: Change, service: str, stack: StackMap, state: Capacity) -> float | None:
    """The most replicas allowed once it is made, or what it asks for when that is more; None: not known."""
    entity = stack.canonical(change.entity)
    allowed = state.at_most(service)
    if not any(k in change.facts for k in SIZE_FACTS) or kind_of(entity) == "service":
        return allowed
    asked = number(change, SIZE_FACTS)
    if asked is None:
        return None
    if _BOUND in change.facts and entity in state.most:
        return allowed
    return max(asked, allowed or 0.0)


def _missing(
    service: str, database: str, pool: Figure | None, limit: Figure | None, replicas: float | None
) -> tuple[str, ...]:
    wanted = (
        (pool, f"connections per replica of {service} (db_pool_size in the deployment's payload)"),
        (limit, f"max_connections of {database} (its exporter's pg_settings_max_connections)"),
        (replicas, f"the most replicas of {service} (its autoscaler's maximum)"),
    )
    return tuple(text for figure, text in wanted if figure is None)


def _seam(service: str, stack: StackMap, state: Capacity) -> tuple[str, str, str]:
    """Where it would break: between the service and what decides its replicas, else its database."""
    sizers: Iterable[str] = (
        a for d in state.deployments.get(service, ()) for a in state.autoscalers.get(d, ()) or (d,)
    )
    other = min(sizers, default=state.databases[service][0])
    first, second = sorted((stack.unit(service), stack.unit(other)))
    return (first, second, CAPACITY)


def _unknown(service: str, seam: tuple[str, str, str], missing: tuple[str, ...]) -> Finding:
    return Finding(
        ID, "unknown", "medium", 1.0, seam,
        f"can't tell whether {service} may open more connections than its database takes",
        "send the missing facts, or let the seam's person pass it", missing,
    )  # fmt: skip


def _hold(
    service: str, database: str, seam: tuple[str, str, str], replicas: float, pool: Figure, limit: Figure,
    beside: float,
) -> Finding:  # fmt: skip
    total = replicas * pool.value + beside
    others = f" + {beside:g} of other services" if beside else ""
    room = max(0.0, limit.value - beside)
    return Finding(
        ID, "hold", "high" if total > _SEVERE * limit.value else "medium", 0.95, seam,
        f"{service} may open {replicas:g} replicas x {pool.value:g} connections{others} = {total:g}, and "
        f"{database} takes {limit.value:g}",
        f"pool of at most {floor(room / replicas) if replicas else 0} per replica, or at most "
        f"{floor(room / pool.value) if pool.value else 0} replicas, or more connections first",
        (), tuple(_read(f, what) for f, what in ((pool, "pool"), (limit, "max_connections"))),
    )  # fmt: skip


def _read(figure: Figure, what: str) -> str:
    where = f"delivery {figure.seq}" if figure.seq else "the change itself"
    return f"{where}: {what} {figure.value:g}"
