"""How far an autoscaler may go, and how low: bounds that move, and scaling to nothing."""

from collections.abc import Iterator, Sequence
from typing import Literal

from seamline.analysis.seams import CAPACITY
from seamline.guards.capacity._stack import Amount, Stack, stacks
from seamline.model.artefact import Found
from seamline.model.verdict import Finding

IDS = ("capacity/max-replicas-lowered", "capacity/min-replicas-lowered", "capacity/scale-to-zero")
WHOLE = True
_GIVES = ("writes", "triggers", "publishes")


def check(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """Findings in the order of sets and autoscalers; each once."""
    found = (f for was, now in stacks(before, after) for look in (_highest, _lowest) for f in look(was, now))
    return list(dict.fromkeys(found))


def _steps(was: Stack, now: Stack, name: str) -> Iterator[tuple[str, Amount, Amount]]:
    for entity in now.entities_with(name):
        old, new = was.figure(entity, name), now.figure(entity, name)
        if old is not None and new is not None and new.value < old.value:
            yield entity, old, new


def _highest(was: Stack, now: Stack) -> Iterator[Finding]:
    for scaler, old, new in _steps(was, now, "max_replicas"):
        halved = new.value * 2 <= old.value
        yield _finding(
            "max-replicas-lowered", "hold" if halved else "note", "medium", scaler, new, now,
            f"{_whom(scaler, now)} may go to {new.value:g} replicas instead of {old.value:g}: what its busiest hour needed beyond that "
            "is refused or late",
            "compare with the most replicas it ever had, and lower it in steps",
        )  # fmt: skip


def _lowest(was: Stack, now: Stack) -> Iterator[Finding]:
    for scaler, old, new in _steps(was, now, "min_replicas"):
        if new.value == 0:
            yield _to_zero(scaler, old, new, now)
        else:
            yield _finding(
                "min-replicas-lowered", "note", "low", scaler, new, now,
                f"{_whom(scaler, now)} keeps {new.value:g} replicas instead of {old.value:g}"
                + (": one restart is an outage" if new.value == 1 else ""),
                "keep as many as its quietest minute and one lost node need",
            )  # fmt: skip


def _to_zero(scaler: str, old: Amount, new: Amount, now: Stack) -> Finding:
    services = _services(scaler, now)
    takes = sorted(
        {f.object for f in now.facts if f.predicate == "consumes" and now.one(f.subject) in services}
    )
    gives = sorted({f.object for f in now.facts if f.predicate in _GIVES and now.one(f.subject) in services})
    reason = f"{_whom(scaler, now)} goes from at least {old.value:g} replicas to none"
    if takes and gives:
        return _finding(
            "scale-to-zero", "hold", "high", scaler, new, now,
            f"{reason}, takes from {', '.join(takes)} and feeds {', '.join(gives)}: whoever reads that gets nothing while it sleeps, "
            "and no error",
            "keep one replica, or let those who read it check its freshness first",
        )  # fmt: skip
    if takes:
        return _finding(
            "scale-to-zero", "hold", "medium", scaler, new, now,
            f"{reason}, and takes from {', '.join(takes)}: messages wait until something wakes it",
            "scale on the queue's length, alert on the age of its oldest message, then go to zero",
        )  # fmt: skip
    return _finding(
        "scale-to-zero", "note", "medium", scaler, new, now, f"{reason}: the first who asks waits for a start",
        "measure a cold start first, and give its callers a longer timeout",
    )  # fmt: skip


def _services(scaler: str, now: Stack) -> list[str]:
    """What runs on what an autoscaler sizes."""
    sized = now.scaled.get(scaler, [])
    return sorted({entity for workload in sized for entity in now.entities.get(workload, [workload])}) or [
        scaler
    ]


def _whom(scaler: str, now: Stack) -> str:
    return ", ".join(_services(scaler, now))


def _finding(
    guard: str, outcome: Literal["hold", "note"], severity: Literal["low", "medium", "high"], scaler: str, new: Amount,
    now: Stack, reason: str, do: str,
) -> Finding:  # fmt: skip
    services = _services(scaler, now)
    first, second = sorted((services[0], scaler))
    seam = (first, second, CAPACITY) if first != second else None
    return Finding(
        f"capacity/{guard}", outcome, severity, 0.9, seam, reason, do, evidence=(str(new.place),), entity=scaler,
        place=new.place,
    )  # fmt: skip
