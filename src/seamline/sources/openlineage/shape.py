"""The parts of OpenLineage events that are read. Schema: https://openlineage.io/spec/2-0-2/OpenLineage.json

Facets are decoded one by one, when asked for: producers deviate, and one facet of another shape must not
cost the rest of its event. A text that is an unfilled template (`{{ run_id }}`, `${...}`) is none.
"""

from datetime import datetime
from typing import TypeVar

from msgspec import Raw, Struct

from seamline.model import refs
from seamline.model.errors import Unreadable
from seamline.model.payload import Stamp, decode

SOURCE = "openlineage"

T = TypeVar("T")
Facets = dict[str, Raw] | None


def said(text: str | None) -> str:
    """The text, "" for none and for a template that its producer did not fill in."""
    return "" if text is None or text.startswith(("${", "{{")) else text


class Run(Struct, frozen=True, rename="camel"):
    """Which run an event is about."""

    run_id: str | None = None
    facets: Facets = None


class Job(Struct, frozen=True):
    """A job, named within its namespace."""

    namespace: str | None = None
    name: str | None = None
    facets: Facets = None

    def ref(self) -> str:
        """`job:{namespace}/{name}`; "" when either is missing."""
        space, name = said(self.namespace), said(self.name)
        return f"job:{space}/{name}" if space and name else ""


class Dataset(Struct, frozen=True, rename="camel"):
    """A dataset with all that the event says of it."""

    namespace: str | None = None
    name: str | None = None
    facets: Facets = None
    input_facets: Facets = None
    output_facets: Facets = None

    def ref(self) -> str:
        """The dataset's ref; "" when namespace or name is missing."""
        space, name = said(self.namespace), said(self.name)
        return refs.dataset(space, name) if space and name else ""

    def facet(self, name: str, shape: type[T]) -> T | None:
        """A facet, wherever the producer put it: of the dataset, of its use as input, as output."""
        for facets in (self.facets, self.input_facets, self.output_facets):
            found = facet(facets, name, shape)
            if found is not None:
                return found
        return None


class Event(Struct, frozen=True, rename="camel"):
    """A RunEvent, JobEvent or DatasetEvent; which one shows in what is there."""

    event_time: Stamp = None
    event_type: str | None = None
    run: Run | None = None
    job: Job | None = None
    dataset: Dataset | None = None
    inputs: list[Dataset] | None = None
    outputs: list[Dataset] | None = None


class Said(Struct, frozen=True):
    """One event, where it was read and when it says it happened."""

    seq: int
    at: datetime
    dated: bool  # False: the event says no time, `at` is when it was received
    event: Event
    job: str  # ref, "" when the event names none


def facet(facets: Facets, name: str, shape: type[T]) -> T | None:
    """One facet; None when it is absent or not of the shape its schema gives it."""
    raw = (facets or {}).get(name)
    try:
        return None if raw is None else decode(raw, shape)
    except Unreadable:
        return None
