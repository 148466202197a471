"""What a survey said of a repository, as facts and claims of the map."""

from collections.abc import Iterator, Mapping
from typing import Literal

from seamline.analysis.survey.body import map_of
from seamline.analysis.survey.told import SOURCE, claim_id, fact_id
from seamline.model import event as ev
from seamline.model.delivery import Delivery

name = SOURCE
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}


def parse(delivery: Delivery) -> Iterator[ev.Event]:
    """Its facts and claims, then empty ones in the place of those that an earlier revision had and this one has not."""
    told = map_of(delivery.body)
    at = delivery.received_at
    stamp = (name, delivery.seq, at, at)
    events: list[ev.Event] = [
        ev.MapFact(fact_id(told.repository, f), *stamp, f.subject, f.predicate, f.object, f.evidence)
        for f in told.facts
    ]
    events += [
        ev.Claim(claim_id(told.repository, c), *stamp, c.entity, c.whose(), c.evidence, c.weight)
        for c in told.claims
    ]
    events += [ev.MapFact(id_, *stamp, "", "exists") for id_ in told.gone.facts]
    events += [ev.Claim(id_, *stamp, "", "") for id_ in told.gone.claims]
    return iter(events)
