"""Pods folded into their services: pods come and go, a service stays.

Of each metric of a service's pods, and of the calls between two services' pods, two series remain: all pods together
(requests and counted failures add up, anything else is averaged), and the worst of them.
"""

import msgspec
import numpy as np

from seamline.analysis.inquiry.case import Case, Floats, Watch
from seamline.analysis.inquiry.kinds import WORST, Kind, kind_of


def fold(case: Case) -> Case:
    """The case with series and an alert of services only; as it is where no pod has one. O(samples)."""
    pods = case.pods()
    if case.alert is not None and case.alert.entity in pods:
        alert = msgspec.structs.replace(case.alert, entity=pods[case.alert.entity])
        case = msgspec.structs.replace(case, alert=alert)
    groups: dict[Watch, list[int]] = {}
    folded = False
    for row, w in enumerate(case.watches):
        key = Watch(pods.get(w.entity, w.entity), w.metric, pods.get(w.caller, w.caller))
        folded = folded or key != w
        groups.setdefault(key, []).append(row)
    if not folded:
        return case
    watches: list[Watch] = []
    values: list[Floats] = []
    for watch, rows in groups.items():
        kind = kind_of(watch.metric)
        block = case.values[rows]
        watches.append(watch)
        values.append(_together(kind, block))
        if len(rows) > 1 and kind.role != "requests" and not _counts(kind, block):
            watches.append(Watch(watch.entity, WORST + watch.metric, watch.caller))
            values.append(_worst(kind, block))
    return msgspec.structs.replace(case, watches=tuple(watches), values=np.array(values))


def _counts(kind: Kind, block: Floats) -> bool:
    """Whether these are failures counted rather than a share of the requests."""
    return kind.noun == "failures" and float(np.nanmax(block, initial=0.0)) > 1.0


def _together(kind: Kind, block: Floats) -> Floats:
    known = np.isfinite(block)
    total = np.where(known, block, 0.0).sum(axis=0)
    n = known.sum(axis=0)
    if kind.role != "requests" and kind.noun != "restarts" and not _counts(kind, block):
        total = total / np.maximum(n, 1)
    return np.where(n > 0, total, np.nan)


def _worst(kind: Kind, block: Floats) -> Floats:
    known = np.isfinite(block)
    if kind.good:
        return np.where(known.any(axis=0), np.where(known, block, np.inf).min(axis=0), np.nan)
    return np.where(known.any(axis=0), np.where(known, block, -np.inf).max(axis=0), np.nan)
