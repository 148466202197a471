"""The first border a fault crosses on its way: between units that differ in owner or domain."""

from collections.abc import Sequence

from seamline.analysis.seams import carriers
from seamline.analysis.stackmap import StackMap
from seamline.model.incident import Hop
from seamline.model.refs import name_of
from seamline.model.symptom import Observable

SeamKey = tuple[str, str, str]


def differ(a: str, b: str, stack: StackMap) -> bool:
    """Whether two owned units have another owner or another domain."""
    return a != b and (stack.owner(a) != stack.owner(b) or stack.domain(a) != stack.domain(b))


def first_crossing(hops: Sequence[Hop], stack: StackMap) -> SeamKey | None:
    """The key of the first seam on a path; the seam's ends stand in the tool's own direction.

    A dataset that derives from another is made by a job, where there is one: the border is then the job's.
    """
    for hop in hops:
        for source, relation, target in _steps(hop, stack):
            a, b = stack.unit(source), stack.unit(target)
            if differ(a, b, stack):
                forward = stack.related(source, relation, target)
                return (a, b, relation) if forward else (b, a, relation)
    return None


def seen_across(o: Observable, stack: StackMap) -> SeamKey | None:
    """The seam over which something outside is watched: nobody sees a vendor's fault but who calls it."""
    if stack.domain(o.entity) != "vendor":
        return None
    callers = sorted(r.source for r in stack.to(o.entity) if r.kind == "calls")
    named = [c for c in callers if name_of(c) in o.slice.split()] or callers
    return (stack.unit(named[0]), stack.unit(o.entity), "calls") if named else None


def _steps(hop: Hop, stack: StackMap) -> list[tuple[str, str, str]]:
    """A hop as (from, relation, to) in the direction the fault travels; `derives` through its job."""
    if hop.relation == "derives":
        upstream, downstream = stack.unit(hop.source), stack.unit(hop.target)
        for job in carriers(downstream, upstream, stack)[:1]:
            return [(upstream, "reads", job), (job, "writes", downstream)]
    return [(hop.source, hop.relation, hop.target)]
