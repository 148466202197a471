"""What one delivery says of the map, each thing once."""

from datetime import datetime

from seamline.model.event import Claim, MapFact
from seamline.model.refs import event_id


class Statement:
    """Map facts and claims of one delivery. Said again, the later word counts, and of two at once the first."""

    def __init__(self, source: str, seq: int) -> None:
        self._source = source
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
                id=event_id(self._source, natural_key),
                source=self._source,
                seq=self._seq,
                at=at,
                version_at=at,
                subject=subject,
                predicate=predicate,
                object=target,
                evidence=evidence,
            )

    def claim(self, at: datetime, entity: str, owner: str, evidence: str) -> None:
        """Say that `owner`, as the tool spells it, owns `entity`."""
        natural_key = f"{entity}|owner|{owner}"
        known = self._claims.get(natural_key)
        if known is None or at > known.at:
            self._claims[natural_key] = Claim(
                id=event_id(self._source, natural_key),
                source=self._source,
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
