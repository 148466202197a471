"""CloudEvents as events: the CDEvents among them; of other types nothing is known.

Contract: https://github.com/cloudevents/spec and https://cdevents.dev.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from seamline.model.delivery import Delivery
from seamline.model.event import Event
from seamline.sources.cloudevents.cdevents import NAME, PREFIX, events
from seamline.sources.cloudevents.envelope import occurrences

name = NAME
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}


def parse(delivery: Delivery) -> Iterator[Event]:
    """What the CDEvents of the request say, in its order; nothing for events of other types."""
    said = occurrences(delivery.headers, delivery.body)
    return iter([event for one in said if one.type.startswith(PREFIX) for event in events(delivery, one)])
