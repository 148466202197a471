"""Who calls whom, read out of traces."""

from seamline.analysis.inquiry.case import Link, Spans


def of(spans: Spans | None) -> tuple[Link, ...]:
    """A call for every span whose parent is another entity's, each once, sorted."""
    if spans is None:
        return ()
    entities = dict(zip(zip(spans.traces, spans.ids, strict=True), spans.entities, strict=True))
    found = set()
    for trace, parent, callee in zip(spans.traces, spans.parents, spans.entities, strict=True):
        caller = entities.get((trace, parent))
        if caller and callee and caller != callee:
            found.add(Link(caller, callee, "calls"))
    return tuple(sorted(found))
