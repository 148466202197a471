"""From the bytes of manifests and catalogs to one declared project."""

from collections.abc import Sequence

from seamline.analysis.lineage.node import Declared
from seamline.artefacts.dbt import shape
from seamline.artefacts.dbt.packed import unpacked
from seamline.artefacts.dbt.project import declared

File = tuple[str, bytes]  # what people call it, what it holds


def project(manifests: Sequence[File], catalogs: Sequence[File] = (), dialect: str = "") -> Declared:
    """Everything that these artefacts declare, as one project; of two nodes with one id the first counts.

    Raises Fix with the mend for a file that is not what it is given as.
    """
    tables = [shape.catalog(unpacked(data, name), name) for name, data in catalogs]
    known = _merged(tables)
    parts = [declared(shape.manifest(unpacked(data, name), name), known, dialect) for name, data in manifests]
    nodes = {node.id: node for part in reversed(parts) for node in reversed(part.nodes)}
    uses = {use.id: use for part in reversed(parts) for use in reversed(part.uses)}
    troubles = tuple(trouble for part in parts for trouble in part.troubles)
    return Declared(tuple(reversed(nodes.values())), tuple(reversed(uses.values())), troubles)


def _merged(catalogs: Sequence[shape.Catalog]) -> shape.Catalog | None:
    if not catalogs:
        return None
    nodes = {i: table for one in reversed(catalogs) for i, table in one.nodes.items()}
    sources = {i: table for one in reversed(catalogs) for i, table in one.sources.items()}
    return shape.Catalog(catalogs[0].metadata, nodes, sources)
