"""One event, as far as it is read. Producers deviate: what is not of the shape its schema gives counts as absent."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from seamline.model import refs
from seamline.model.artefact import Place

_SIGNS = ("eventTime", "eventType", "schemaURL", "run")  # some producers leave out what the schema requires


class Thing(Struct, frozen=True):
    """A job or dataset with its facets. `ref` is "" where namespace or name are missing."""

    ref: str
    namespace: str
    name: str
    facets: dict[str, Any]


class Event(Struct, frozen=True):
    """A RunEvent, JobEvent or DatasetEvent; which one shows in what is there."""

    at: str  # eventTime, as written
    job: Thing
    inputs: tuple[Thing, ...]
    outputs: tuple[Thing, ...]
    dataset: Thing | None
    place: Place

    def datasets(self) -> Iterator[Thing]:
        """Every dataset that it describes."""
        yield from self.inputs
        yield from self.outputs
        if self.dataset is not None:
            yield self.dataset


def event(content: Any, place: Place) -> Event | None:
    """The event of a document; None for what is none."""
    if not isinstance(content, dict) or not any(key in content for key in _SIGNS):
        return None
    job = _thing(content.get("job"), "job")
    found = Event(
        text(content.get("eventTime")),
        job,
        tuple(_things(content.get("inputs"))),
        tuple(_things(content.get("outputs"))),
        next(_things([content.get("dataset")]), None),
        place,
    )
    return found if job.ref or any(found.datasets()) else None


def text(value: Any) -> str:
    """A text; "" for anything else, and for a template that its producer did not fill in."""
    return value if isinstance(value, str) and not value.startswith(("${", "{{")) else ""


def items(value: Any) -> Iterator[dict[str, Any]]:
    """The mappings in a list."""
    yield from (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))


def mapping(value: Any) -> dict[str, Any]:
    """A mapping, empty for anything else."""
    return value if isinstance(value, dict) else {}


def named(value: dict[str, Any]) -> str:
    """The ref of a dataset that is named by `namespace` and `name`; "" where one is missing."""
    space, name = text(value.get("namespace")), text(value.get("name"))
    return refs.dataset(space, name) if space and name else ""


def _things(value: Any) -> Iterator[Thing]:
    for item in items(value):
        found = _thing(item, "dataset")
        if found.ref:
            yield found


def _thing(value: Any, kind: str) -> Thing:
    said = mapping(value)
    space, name = text(said.get("namespace")), text(said.get("name"))
    # a facet counts wherever the producer put it
    facets = {
        **mapping(said.get("outputFacets")),
        **mapping(said.get("inputFacets")),
        **mapping(said.get("facets")),
    }
    return Thing(f"{kind}:{space}/{name}" if space and name else "", space, name, facets)
