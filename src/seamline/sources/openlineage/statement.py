"""What one delivery says of the map, each thing once: what exists, reads, writes, derives, and whose it is."""

from datetime import datetime

from seamline.model.event import Claim, MapFact
from seamline.model.refs import dataset as dataset_ref
from seamline.model.refs import event_id
from seamline.sources.openlineage import facets, lineage, shape
from seamline.sources.openlineage.shape import SOURCE, Said


class Statement:
    """Map facts and claims of one delivery. Said again, the later word counts, and of two at once the first."""

    def __init__(self, seq: int) -> None:
        self._seq = seq
        self._facts: dict[str, MapFact] = {}
        self._claims: dict[str, Claim] = {}

    def fact(self, at: datetime, subject: str, predicate: str, target: str = "", evidence: str = "") -> None:
        """Say `subject --predicate--> target`. Nothing is derived from itself, nor the same as itself."""
        if subject == target:
            return
        natural_key = f"{subject}|{predicate}|{target}"
        known = self._facts.get(natural_key)
        if known is None or at > known.at:
            self._facts[natural_key] = MapFact(
                id=event_id(SOURCE, natural_key),
                source=SOURCE,
                seq=self._seq,
                at=at,
                version_at=at,
                subject=subject,
                predicate=predicate,
                object=target,
                evidence=evidence,
            )

    def claim(self, at: datetime, entity: str, place: int, owner: str, evidence: str) -> None:
        """Say that `owner`, as the tool spells it, is at this place of the owners of `entity`.

        The place is the key, not the owner: a new owner takes over from the one who was named there before.
        """
        natural_key = f"{entity}|owner|{place}"
        known = self._claims.get(natural_key)
        if known is None or at > known.at:
            self._claims[natural_key] = Claim(
                id=event_id(SOURCE, natural_key),
                source=SOURCE,
                seq=self._seq,
                at=at,
                version_at=at,
                entity=entity,
                owner=owner,
                evidence=evidence,
            )

    def events(self) -> list[MapFact | Claim]:
        """Facts, then claims, each sorted by what they say."""
        return [
            *(self._facts[natural_key] for natural_key in sorted(self._facts)),
            *(self._claims[natural_key] for natural_key in sorted(self._claims)),
        ]


def state_job(said: Said, statement: Statement) -> None:
    """The job exists, is somebody's, reads and writes."""
    if not said.job or said.event.job is None:
        return
    statement.fact(said.at, said.job, "exists", evidence="named by its own events")
    _claim(said.at, said.job, shape.facet(said.event.job.facets, "ownership", facets.Ownership), statement)
    for predicate, datasets in (("reads", said.event.inputs), ("writes", said.event.outputs)):
        for dataset in datasets or ():
            if dataset.ref():
                statement.fact(said.at, said.job, predicate, dataset.ref(), f"an event of {said.job}")


def state_datasets(said: Said, statement: Statement) -> None:
    """Datasets exist, are somebody's, and have other names."""
    for dataset in _datasets(said.event):
        ref = dataset.ref()
        if not ref:
            continue
        statement.fact(said.at, ref, "exists", evidence=f"named by {said.job or 'an event without a job'}")
        _claim(said.at, ref, dataset.facet("ownership", facets.Ownership), statement)
        symlinks = dataset.facet("symlinks", facets.Symlinks)
        for other in symlinks.identifiers if symlinks else ():
            statement.fact(
                said.at, ref, "same_as", dataset_ref(other.namespace, other.name), "symlinks facet"
            )


def state_lineage(said: Said, statement: Statement) -> None:
    """What derives from what: by the facets, which know columns, then by what the job read and wrote."""
    inputs = said.event.inputs or []
    derived = [lineage.of_dataset(dataset, inputs) for dataset in _datasets(said.event) if dataset.ref()]
    derived += lineage.of_job(said.event.job, inputs)
    for derivation in derived:
        for target, source, why in (*derivation.whole, *derivation.columns):
            statement.fact(said.at, target, "derives", source, why)
    for target in filter(None, (output.ref() for output in said.event.outputs or ())):
        for source in filter(None, (read.ref() for read in inputs)):
            statement.fact(said.at, target, "derives", source, f"read and written by {said.job or 'one run'}")


def _datasets(event: shape.Event) -> list[shape.Dataset]:
    own = [event.dataset] if event.dataset else []
    return [*(event.inputs or ()), *(event.outputs or ()), *own]


def _claim(at: datetime, entity: str, ownership: facets.Ownership | None, statement: Statement) -> None:
    for place, owner in enumerate(ownership.owners if ownership else ()):
        if owner.name:
            role = f" as {owner.type}" if owner.type else ""
            statement.claim(at, entity, place, owner.name, f"ownership facet{role}")
