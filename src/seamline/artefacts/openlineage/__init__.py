"""Recorded OpenLineage events: what jobs read and wrote, tables, owners, other names, where columns come from.

Contract: https://openlineage.io/docs/spec/object-model. Live events come in through the source of the same name, by the
same rules; a file gives what lasts, not the runs.
"""

import re
from collections.abc import Iterator, Sequence

from seamline.artefacts.documents import Doc, documents
from seamline.artefacts.openlineage.event import Event, event
from seamline.artefacts.openlineage.lineage import edges
from seamline.artefacts.openlineage.said import Sayings
from seamline.model.artefact import Artefact, ColumnEdge, Found

name = "openlineage"

_FILE = re.compile(r"\.(?:json|jsonl|ndjson)$", re.I)
_NEVER = re.compile(r"(?:^|/)(?:node_modules/|package(?:-lock)?\.json$|tsconfig[^/]*\.json$|composer\.json$)")


def takes(path: str) -> bool:
    """Any JSON, for events have no name of their own; of the bytes few are looked at closer."""
    return bool(_FILE.search(path)) and not _NEVER.search(path)


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """Each thing once, however many runs say it; of a table's columns the latest word counts."""
    sayings = Sayings()
    columns: dict[tuple[str, str, str, str, str], ColumnEdge] = {}
    for artefact in files:
        if not _may_hold_events(artefact.data):
            continue
        docs, unreads = documents(artefact)
        found = [one for doc in docs for one in _events(doc)]
        if found:
            yield from unreads
        for one in found:
            sayings.take(one)
            for edge in edges(one):
                key = (edge.dataset, edge.column, edge.origin, edge.origin_column, edge.job)
                columns.setdefault(key, edge)
    yield from sayings.found()
    yield from (columns[key] for key in sorted(columns))


def _may_hold_events(data: bytes) -> bool:
    """Looked for before anything is parsed: of a repository's JSON files few are these."""
    about = (b'"eventTime"', b'"inputs"', b'"outputs"', b'"dataset"', b'"schemaURL"')
    return b'"namespace"' in data and any(word in data for word in about)


def _events(doc: Doc) -> Iterator[Event]:
    """The events of a document: one, or a list of them."""
    for content in doc.content if isinstance(doc.content, list) else [doc.content]:
        found = event(content, doc.place)
        if found is not None:
            yield found
