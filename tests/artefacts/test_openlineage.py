"""A recorded event says the same of the map as when it is sent."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from seamline.artefacts import openlineage as reader
from seamline.model.artefact import Artefact, Fact
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import MapFact
from seamline.sources import openlineage as source

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.parametrize("folder", ["captured", "client-python", "marquez", "dbt-events", "flink", "spark"])
def test_files_and_deliveries_agree(shared: Path, folder: str) -> None:
    """What a delivery says of jobs and datasets, the same bytes in a file say too, and nothing else."""
    n_facts = 0
    for path in sorted((shared / "payloads" / "openlineage" / folder).glob("*.json")):
        if path.name.endswith(".headers.json"):
            continue
        data = path.read_bytes()
        found = reader.read([Artefact("r", path.name, data)])
        said = {(f.subject, f.predicate, f.object) for f in found if isinstance(f, Fact)}
        assert said == _sent(data), path.name
        n_facts += len(said)
    assert n_facts


def _sent(data: bytes) -> set[tuple[str, str, str]]:
    """What the source reads; columns are edges of a reader, and facts of the source."""
    try:
        events = list(source.parse(Delivery(1, "openlineage", "", "", {}, NOW, data)))
    except Unreadable:
        return set()
    facts = ((e.subject, e.predicate, e.object) for e in events if isinstance(e, MapFact))
    return {fact for fact in facts if not any(end.startswith("column:") for end in fact)}
