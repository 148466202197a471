"""How slow each service is, how much it fails, and how loud its resources are: the strongest series of each."""

from collections.abc import Collection, Iterable, Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.view import Reading, View, reading
from seamline.analysis.inquiry.words import series, spreads

CLEAR = 2.0  # spreads from which harm is believed to be harm
PLAIN = 2.3  # strength from which a movement is beyond doubt, ten spreads
MOST = 40.0  # spreads from which a service could not be slower, or fail more, for all that it says
_AS_CALLED = 0.8  # what slowness that callers measure says of the service, against its own word
_ONE_SIDED = frozenset({"cpu", "memory", "restarts"})  # little of it harms nobody
_NOT_ITS_OWN = 0.3  # of what waits at a service is its own where something that it calls is harmed
_MOST_LEAD = 2.3  # strength by which a service may be the loudest: ten times as loud


def strength(z: Floats) -> Floats:
    """The weight of a movement of `z` spreads; nothing up to one spread, which any series makes.

    It grows with the logarithm: the tenth spread more says less than the first.

    >>> strength(np.array([0.5, 2.0, 11.0])).round(2).tolist()
    [0.0, 0.69, 2.4]
    """
    return np.asarray(np.log1p(np.maximum(0.0, z - 1.0)))


class Loudest(Struct, frozen=True):
    """How far the loudest series of each service moved towards harm, in spreads, and its row (-1: none did)."""

    z: Floats
    row: NDArray[np.int64]


class Harm(Struct, frozen=True):
    """Harm per service. Slowness is what a service measures of itself, or what callers do."""

    slow: Loudest  # callers' word counts a little less than the service's own
    slow_anyhow: Floats  # whoever says so
    fails: Loudest
    watched: NDArray[np.bool_]  # whether anybody measures a service's latency or failures


def harm(view: View) -> Harm:
    """The harm of every service. O(rows)."""
    p = view.panel
    timed = [(row, service) for row, service, _ in view.rows("latency") if p.kinds[row].noun != "gap"]
    alone = _loudest(
        view, [(r, s) for r, s in timed if not p.watches[r].caller and p.kinds[r].whose != "caller"], MOST
    )
    called = _loudest(view, [(r, s) for r, s in timed if p.watches[r].caller], MOST)
    believed = _AS_CALLED * called.z
    slow = Loudest(np.maximum(alone.z, believed), np.where(alone.z >= believed, alone.row, called.row))
    fails = _loudest(view, [(r, s) for r, s, _ in view.rows("failures")], MOST)
    return Harm(slow, np.maximum(alone.z, called.z), fails, _watched(view))


def resources(view: View) -> Mapping[str, Reading]:
    """How loud a service's own resources are, and by how much the loudest of all beats the next. O(rows)."""
    found = _loudest(view, _of_its_own(view, _ONE_SIDED), np.inf)
    loud = strength(found.z)
    next_one, top = np.sort(np.append(loud, (0.0, 0.0)))[-2:]
    next_z = float(np.sort(np.append(found.z, (0.0, 0.0)))[-2])
    led = np.where(loud == top, min(top - next_one, _MOST_LEAD), 0.0)

    def say(service: int) -> str:
        text = series(view.panel, view.moved, int(found.row[service]))
        others = f"by more than {spreads(next_z)}" if next_z > 0 else "at all"
        return f"{text}; those of no other service moved {others}" if led[service] else text

    return {"resource": reading(loud, say), "loudest resource": reading(led, say)}


def filled(view: View, harmed: Harm) -> Mapping[str, Reading]:
    """What waits at each service. O(rows + calls).

    Queues, pools and connections fill up where something beneath is slow: they say less of a service then.
    """
    full = _loudest(view, _of_its_own(view, {"saturation"}), MOST)

    def say(service: int) -> str:
        return series(view.panel, view.moved, int(full.row[service]))

    ill = (harmed.slow_anyhow > CLEAR) | (harmed.fails.z > CLEAR)
    return {"filled up": reading(strength(full.z) * own_part(view, ill), say)}


def stirred(view: View) -> Floats:
    """How sure it is, 0 to 1, that a resource of each service's own moved. O(rows)."""
    return np.minimum(
        1.0, strength(_loudest(view, _of_its_own(view, _ONE_SIDED | {"saturation"}), MOST).z) / PLAIN
    )


def _of_its_own(view: View, nouns: Collection[str]) -> list[tuple[int, int]]:
    """Row and service of the resources of these kinds; what calls use is nobody's own."""
    p = view.panel
    return [
        (row, service)
        for row, service, _ in view.rows("resource")
        if p.kinds[row].noun in nouns and not p.watches[row].caller
    ]


def own_part(view: View, ill: NDArray[np.bool_]) -> Floats:
    """1 for a service of whose callees none is ill, less for others."""
    return np.array([_NOT_ITS_OWN if ill[list(callees)].any() else 1.0 for callees in view.calls.out])


def _loudest(view: View, rows: Iterable[tuple[int, int]], most: float) -> Loudest:
    """The loudest of these rows for each service; those of hosts say nothing, of equals the first stands."""
    found = Loudest(view.nothing(), np.full(len(view.calls.services), -1))
    for row, service in rows:
        z = min(float(view.moved.z[row]), most)
        if view.panel.kinds[row].whose != "host" and z > found.z[service]:
            found.z[service] = z
            found.row[service] = row
    return found


def _watched(view: View) -> NDArray[np.bool_]:
    found = np.zeros(len(view.calls.services), dtype=bool)
    for role in ("latency", "failures"):
        for row, service, _ in view.rows(role):
            found[service] |= view.moved.known[row]
    return found
