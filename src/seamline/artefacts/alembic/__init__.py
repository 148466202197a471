"""Revisions of Alembic, read as syntax trees and never run. See docs/artefacts/alembic.md."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from seamline.analysis.ddl.schema import Schema
from seamline.analysis.ddl.steps import Origin
from seamline.artefacts.alembic.revisions import Revision, ordered, revision
from seamline.artefacts.alembic.walk import Walk
from seamline.model.artefact import Artefact, Found, Unread

name = "alembic"
_TAKEN = re.compile(r"(^|/)((versions|alembic)/(.*/)?|migrations/versions/(.*/)?)[^/]+\.py$")


def takes(path: str) -> bool:
    """Modules below a folder `versions` or `alembic`."""
    return bool(_TAKEN.search(path))


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """The operations of each history in the order it runs, then its tables as they are afterwards."""
    histories: dict[str, list[Revision]] = defaultdict(list)
    for file in files:
        found = revision(file)
        if isinstance(found, Unread):
            yield found
        elif found is not None:
            histories[_root(file.path)].append(found)
    for _, revisions in sorted(histories.items()):
        schema = Schema()
        for one in ordered(revisions):
            origin = Origin(one.id, one.place.repository, one.place.path)
            try:
                moves = list(Walk(one, origin).upgrade())
            except RecursionError:
                yield Unread(one.place, "nested too deep to be followed", "simplify the revision")
                continue
            yield from schema.apply(moves)
        yield from schema.tables(revisions[0].place.repository)


def _root(path: str) -> str:
    """The folder of the history that a file is of."""
    parts = path.split("/")[:-1]
    at = max((i for i, part in enumerate(parts) if part in ("versions", "alembic")), default=0)
    return "/".join(parts[: at + 1])
