"""What a manifest says of the map: tables, jobs and their SQL, what derives from what, who uses it, whose it is."""

from collections.abc import Iterator, Mapping

from seamline.analysis.lineage.node import Node as Read
from seamline.artefacts.dbt import names as called
from seamline.artefacts.dbt.document import FORMAT, content, tests_by_node
from seamline.artefacts.dbt.names import Names
from seamline.artefacts.dbt.owners import owned
from seamline.artefacts.dbt.project import EPHEMERAL, RELATIONS, declared, type_of
from seamline.artefacts.dbt.shape import Catalog, Manifest, Node
from seamline.model.artefact import Column, Document, Fact, Found, Place, Query, Table, Unread


def found(
    manifest: Manifest, catalog: Catalog | None, at: Place, compiled: Mapping[str, str]
) -> Iterator[Found]:
    """All that a manifest says, in its own order, placed at the manifest: the models' own files may be elsewhere.

    `compiled`: SQL by unique id, that another artefact of the same run holds.
    """
    telling = _Telling(manifest, catalog, at)
    for node in declared(manifest, catalog, compiled=compiled).nodes:
        yield from telling.node(node)
    for unique_id, use in manifest.uses.items():
        if type_of(unique_id) == "exposure":
            yield from telling.exposure(use)
    for unique_id, why in manifest.odd.items():
        yield Unread(
            at, f"{unique_id} has an odd shape: {' '.join(why.split())}", "write it again with `dbt compile`"
        )


class _Telling:
    """One manifest, told node by node."""

    def __init__(self, manifest: Manifest, catalog: Catalog | None, at: Place) -> None:
        self._manifest, self._at = manifest, at
        self._names: Names = called.names(manifest.metadata)
        self._tables = catalog.nodes | catalog.sources if catalog else {}
        self._tests = tests_by_node(manifest)

    def node(self, read: Read) -> Iterator[Found]:
        """A table, its columns, its contract; what builds it, out of what, and by which SQL."""
        node = self._manifest.nodes[read.id]
        ref, place = self._names.table(node), self._place(node)
        if read.kind != EPHEMERAL:
            yield from self._table(read, node, ref, place)
            yield from owned(self._manifest, node, ref, place)
        if read.kind in ("model", "snapshot", "seed"):
            yield from self._job(read, ref, place)

    def _table(self, read: Read, node: Node, ref: str, place: Place) -> Iterator[Found]:
        yield Fact(ref, "exists", place)
        yield Fact(ref, "same_as", place, called.by_id(read.id))
        if not self._names.is_known and node.name:
            yield Fact(ref, "named", place, node.name)
        real = self._tables.get(read.id)
        if real and real.columns:
            types = {c.name or key: c.type or "" for key, c in real.columns.items()}
            columns = tuple(Column(name, types.get(name, "")) for name in real.names())
            yield Table(ref, columns, place, complete=True)
        elif node.columns:
            columns = tuple(Column(c.name or key, c.data_type or "") for key, c in node.columns.items())
            yield Table(ref, columns, place)
        tests = self._tests.get(read.id, ())
        outputs = real.names() if real else ()
        yield Document(ref, FORMAT, content(read.id, node, read.sql, tests, outputs), place)

    def _job(self, read: Read, ref: str, place: Place) -> Iterator[Found]:
        job = called.job(read.id)
        yield Fact(job, "exists", place)
        yield Fact(job, "writes", place, ref)
        for parent in self._below(read.parents):
            yield Fact(job, "reads", place, parent)
            if parent != ref:
                yield Fact(ref, "derives", place, parent)
        if read.sql:
            yield Query(job, ref, read.sql, read.dialect, place)
        elif read.why:
            yield Unread(place, f"{read.id}: its columns can't be followed, {read.why}", _mend(read.why))

    def exposure(self, node: Node) -> Iterator[Found]:
        """Who uses the data: a dashboard or an application reads it, a model is trained on it."""
        if not node.name:
            return
        kind, predicate = called.exposed(node.type)
        ref, place = f"{kind}:{node.name}", self._place(node)
        yield Fact(ref, "exists", place)
        if node.label:
            yield Fact(ref, "named", place, node.label)
        for parent in self._below(node.parents()):
            yield Fact(ref, predicate, place, parent)
        yield from owned(self._manifest, node, ref, place)

    def _place(self, node: Node) -> Place:
        """The file that the node is written in, where it is of the project itself: what owners of paths are named by."""
        path = (node.original_file_path or "").replace("\\", "/")
        own = node.package_name in (None, self._manifest.metadata.project_name)
        if not path or not own or path.startswith("/") or ".." in path.split("/"):
            return self._at
        project, made, _ = self._at.path.rpartition("target/")
        return Place(self._at.repository, (project if made else "") + path)

    def _below(self, unique_ids: tuple[str, ...]) -> list[str]:
        """The datasets behind these nodes; what an ephemeral model is made of stands in its place."""
        found: dict[str, None] = {}
        seen: set[str] = set()
        waiting = list(reversed(unique_ids))
        while waiting:
            unique_id = waiting.pop()
            node = self._manifest.nodes.get(unique_id)
            if node is None or unique_id in seen or type_of(unique_id) not in RELATIONS:
                continue
            seen.add(unique_id)
            if node.materialized() == EPHEMERAL:
                waiting += reversed(node.parents())
            else:
                found[self._names.table(node)] = None
        return list(found)


def _mend(why: str) -> str:
    if "template" in why:
        return "run `dbt compile` and keep target/manifest.json"
    return (
        "say by hand what reads its columns"
        if "model" in why
        else "write the manifest again with `dbt compile`"
    )
