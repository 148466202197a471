"""Where harm begins: what comes in at a service's callers less what comes out of what it calls.

Failed requests and seconds of waiting are conserved along calls: of those a caller sees, the part that its callees gave
it is theirs. What is left over began at the service itself. What nobody watches is shared among those it could be.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.calls import Calls
from seamline.analysis.inquiry.case import Floats

BLIND = 0.25  # as likely as the one that was seen harmed is a callee of it that nobody watches,
STIRRED = 2.0  # or so likely where something else about that callee moved beyond doubt
# or, where only one end of the calls was timed, what lies between it and its callees, all together
BETWEEN = 0.3
ALONE = 0.5  # of harm is its own where nobody knows who calls whom


class Flow(Struct, frozen=True):
    """Harm of one kind, per service and per call, in requests or seconds per sample; NaN where nobody looks."""

    at: Floats  # services
    along: dict[tuple[int, int], float]  # caller, callee


class Origin(Struct, frozen=True):
    """`own`: the part of each service's harm that is its own, 0 to 1. `share`: of all harm, what began there."""

    own: Floats
    share: Floats
    total: float  # of all harm, in the flow's unit


def origin(
    flow: Flow,
    calls: Calls,
    clear: Sequence[bool],
    elsewhere: Sequence[Mapping[int, float]],
    stirred: Floats,
) -> Origin:
    """Where the harm began; only services in `clear` are believed to be harmed at all. O(services + calls).

    `elsewhere` holds for each service what else its own harm could come from, beside callees that nobody watches:
    service to odds against the service itself. `stirred`, 0 to 1 per service: how sure it is that something about it
    moved that is no harm.
    """
    n = len(calls.services)
    came = np.nan_to_num(flow.at, nan=0.0)
    began = np.zeros(n)
    for service in range(n):
        given = sum(_given(flow, service, callee, came) for callee in calls.out[service])
        began[service] = max(0.0, came[service] - given)
    own = np.where(came > 0, began / np.maximum(came, 1e-300), 1.0)
    spread = np.zeros(n)
    for service in range(n):
        if not (clear[service] and began[service] > 0):
            continue
        unseen = _could_be(service, calls, flow)
        others = dict.fromkeys(unseen, BLIND) | dict(elsewhere[service])
        others |= {s: max(others[s], STIRRED * float(stirred[s])) for s in unseen}
        here = 1.0 / (1.0 + sum(others.values()))
        spread[service] += began[service] * here
        for other, likely in others.items():
            spread[other] += began[service] * here * likely
        own[service] *= here
    if not any(calls.out):  # who calls whom is not known: any of them may wait for any other
        return Origin(own * ALONE, np.zeros(n), 0.0)
    total = float(spread.sum())
    return Origin(own, spread / total if total > 0 else spread, total)


def _given(flow: Flow, caller: int, callee: int, came: Floats) -> float:
    """What a callee gave this caller: as measured on the call, else no more than the callee has."""
    measured = flow.along.get((caller, callee))
    return max(0.0, measured) if measured is not None and np.isfinite(measured) else float(came[callee])


def _could_be(service: int, calls: Calls, flow: Flow) -> list[int]:
    """Whatever a service reaches through callees that nobody watches for this harm, without itself."""
    found, todo = [], [service]
    for one in todo:
        for callee in calls.out[one]:
            blind = np.isnan(flow.at[callee]) and (one, callee) not in flow.along
            if blind and callee != service and callee not in found:
                found.append(callee)
                todo.append(callee)
    return found
