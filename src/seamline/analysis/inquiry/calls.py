"""Who calls whom in a case, in services: pods stand for theirs, edges that were measured count as calls."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from seamline.analysis.inquiry.case import Case


class Calls(Struct, frozen=True):
    """`services` are sorted; `out` and `into` hold their numbers. `pods`: the service of each pod."""

    services: tuple[str, ...]
    number: Mapping[str, int]
    out: tuple[tuple[int, ...], ...]
    into: tuple[tuple[int, ...], ...]
    pods: Mapping[str, str]

    def of(self, entity: str) -> int:
        """The number of the service that an entity is, or is a pod of; -1 for none."""
        return self.number.get(self.pods.get(entity, entity), -1)

    def hops(self, start: int) -> Mapping[int, int]:
        """Calls from a service to each that it reaches, itself 0 away. O(services + calls)."""
        found, todo = {start: 0}, [start]
        for one in todo:
            for other in self.out[one]:
                if other not in found:
                    found[other] = found[one] + 1
                    todo.append(other)
        return found


def calls(case: Case) -> Calls:
    """The calls of a case. A service that calls itself, from pod to pod, is no caller of its own."""
    services, pods = case.services(), dict(case.pods())
    number = {name: n for n, name in enumerate(services)}
    out: list[set[int]] = [set() for _ in services]
    into: list[set[int]] = [set() for _ in services]
    for source, target in _pairs(case):
        a, b = (number[pods.get(end, end)] for end in (source, target))
        if a != b:
            out[a].add(b)
            into[b].add(a)
    return Calls(
        services, number, tuple(tuple(sorted(s)) for s in out), tuple(tuple(sorted(s)) for s in into), pods
    )


def _pairs(case: Case) -> Iterator[tuple[str, str]]:
    for link in case.links:
        if link.kind == "calls":
            yield link.source, link.target
    for watch in case.watches:
        if watch.caller:
            yield watch.caller, watch.entity
