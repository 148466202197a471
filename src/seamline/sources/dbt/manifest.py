"""What a manifest says of the map: tables, jobs, what derives from what, who uses it, whose it is."""

from collections.abc import Iterator
from typing import Any

from seamline.model.event import Claim, MapFact
from seamline.model.refs import event_id
from seamline.sources.dbt import names as called
from seamline.sources.dbt.names import Names
from seamline.sources.dbt.shape import SOURCE, Manifest, Node, Said

# What an exposure is on the map, and how it uses what it depends on.
_EXPOSURES = {
    "dashboard": ("dashboard", "reads"),
    "notebook": ("dashboard", "reads"),
    "analysis": ("dashboard", "reads"),
    "ml": ("model", "trained_on"),
    "application": ("service", "reads"),
}
_EPHEMERAL = "ephemeral"  # built into what reads it: no table of its own


class Statement:
    """Map facts and claims of one manifest, each once, in the manifest's order."""

    def __init__(self, said: Said) -> None:
        self._said = said
        self._events: dict[str, MapFact | Claim] = {}

    def fact(self, subject: str, predicate: str, target: str = "", evidence: str = "dbt's manifest") -> None:
        """Say `subject --predicate--> target`; nothing of itself."""
        natural_key = f"{subject}|{predicate}|{target}"
        if subject != target and natural_key not in self._events:
            self._events[natural_key] = MapFact(
                event_id(SOURCE, natural_key),
                SOURCE,
                self._said.seq,
                self._said.at,
                self._said.at,
                subject,
                predicate,
                target,
                evidence,
            )

    def claim(self, entity: str, owner: str, evidence: str) -> None:
        """Say whose an entity is. A later manifest's word takes over."""
        natural_key = f"{entity}|owner"
        self._events.setdefault(
            natural_key,
            Claim(
                event_id(SOURCE, natural_key),
                SOURCE,
                self._said.seq,
                self._said.at,
                self._said.at,
                entity,
                owner,
                evidence,
            ),
        )

    def events(self) -> Iterator[MapFact | Claim]:
        return iter(self._events.values())


def state(manifest: Manifest, settings: Names, said: Said) -> Iterator[MapFact | Claim]:
    """All that the manifest says of the map."""
    statement = Statement(said)
    for unique_id, node in (manifest.sources | manifest.nodes).items():
        kind = called.type_of(unique_id)
        if kind == "test":
            _test(manifest, settings, unique_id, node, statement)
        elif kind in called.TABLES and not is_ephemeral(node):
            _table(manifest, settings, unique_id, node, statement)
    for node in (manifest.exposures or {}).values():
        _exposure(manifest, settings, node, statement)
    return statement.events()


def is_ephemeral(node: Node) -> bool:
    """Whether a model is no table of its own."""
    return node.config is not None and node.config.materialized == _EPHEMERAL


def tables_below(manifest: Manifest, settings: Names, unique_ids: tuple[str, ...]) -> list[str]:
    """The datasets behind these nodes; what an ephemeral model is made of stands in its place."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    waiting = list(reversed(unique_ids))
    while waiting:
        unique_id = waiting.pop()
        node = manifest.node(unique_id)
        if node is None or unique_id in seen or called.type_of(unique_id) not in called.TABLES:
            continue
        seen.add(unique_id)
        if is_ephemeral(node):
            waiting += reversed(node.parents())
        else:
            found[called.table(settings, node)] = None
    return list(found)


def tested(node: Node) -> tuple[str, ...]:
    """The nodes that a test is about: the one it is attached to, else all that it reads."""
    return (node.attached_node,) if node.attached_node else node.parents()


def _table(manifest: Manifest, settings: Names, unique_id: str, node: Node, statement: Statement) -> None:
    """A table exists and derives; what builds it reads and writes."""
    ref = called.table(settings, node)
    statement.fact(ref, "exists")
    statement.fact(ref, "same_as", called.by_id(unique_id), "one node of dbt's manifest")
    if settings.is_known and settings.namespace == "bigquery":  # run results don't say the adapter
        statement.fact(ref, "same_as", ref.replace("dataset:bigquery/", "dataset:dbt/", 1), "dbt's manifest")
    if not settings.is_known and node.name:
        statement.fact(ref, "named", node.name)
    whose, why = _owner(manifest, node)
    if whose:
        statement.claim(ref, whose, why)
    if called.type_of(unique_id) == "source":
        return
    job = called.job(unique_id)
    statement.fact(job, "exists")
    statement.fact(job, "writes", ref)
    for other in called.openlineage_jobs(settings, unique_id, node):
        statement.fact(job, "same_as", other, "OpenLineage's naming of dbt's jobs")
    for parent in tables_below(manifest, settings, node.parents()):
        statement.fact(job, "reads", parent)
        statement.fact(ref, "derives", parent)
    if whose:
        statement.claim(job, whose, why)


def _test(manifest: Manifest, settings: Names, unique_id: str, node: Node, statement: Statement) -> None:
    """Tests read their table. A test's id stands for the one table it is about, so that run results alone can speak of it."""
    about = tested(node)
    tables = tables_below(manifest, settings, about)
    if len(tables) == 1:
        statement.fact(tables[0], "same_as", called.by_id(unique_id), "the table this test is about")
    for node_id in about:
        below, job = manifest.node(node_id), called.job(node_id, ".test")
        for table in tables_below(manifest, settings, (node_id,)):
            statement.fact(job, "reads", table)
        for other in called.openlineage_tests(settings, node_id, below) if below else ():
            statement.fact(job, "same_as", other, "OpenLineage's naming of dbt's tests")


def _exposure(manifest: Manifest, settings: Names, node: Node, statement: Statement) -> None:
    """Who uses the data: a dashboard or an application reads it, a model is trained on it."""
    if not node.name:
        return
    kind, predicate = _EXPOSURES.get((node.type or "").lower(), _EXPOSURES["dashboard"])
    ref = f"{kind}:{node.name}"
    statement.fact(ref, "exists", evidence="an exposure of dbt's manifest")
    if node.label:
        statement.fact(ref, "named", node.label)
    for table in tables_below(manifest, settings, node.parents()):
        statement.fact(ref, predicate, table, "an exposure of dbt's manifest")
    whose, why = _owner(manifest, node)
    if whose:
        statement.claim(ref, whose, why)


def _owner(manifest: Manifest, node: Node) -> tuple[str, str]:
    """(owner, where it says so): its own, its meta's, its group's; "" for none."""
    if node.owner is not None and (own := _spelled(node.owner.name) or _spelled(node.owner.email)):
        return own, "the exposure's owner"
    for meta in (node.config.meta if node.config else None, node.meta, node.source_meta):
        if meta is not None and (own := _spelled(meta.owner)):
            return own, "meta.owner"
    for group in (manifest.groups or {}).values() if node.group else ():
        if group.name == node.group and group.owner is not None:
            return _spelled(group.owner.name) or _spelled(group.owner.email), f"owner of group {node.group}"
    return "", ""


def _spelled(owner: Any) -> str:
    """An owner as somebody wrote it: a text, or the first of a list of them."""
    if isinstance(owner, list) and owner:
        owner = owner[0]
    return owner.strip() if isinstance(owner, str) else ""
