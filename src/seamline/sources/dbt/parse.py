"""dbt's artefacts as events: Runs, facts of the map, claims. Each file by itself, or several in one delivery.

Contract: https://docs.getdbt.com/reference/artifacts/dbt-artifacts
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from seamline.model.delivery import Delivery
from seamline.model.event import Event
from seamline.model.payload import decode, moment
from seamline.sources.dbt import manifest as of_manifest
from seamline.sources.dbt import results as of_results
from seamline.sources.dbt.names import names
from seamline.sources.dbt.results import Invocation
from seamline.sources.dbt.shape import (
    SOURCE,
    Catalog,
    Freshness,
    Manifest,
    Metadata,
    RunResults,
    Said,
    artefacts,
)

name = SOURCE
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {}


def parse(delivery: Delivery) -> Iterator[Event]:
    """The map as the manifest says it, then what was built and tested, looked at, and found in the warehouse."""
    sent = artefacts(delivery.body)
    manifest = decode(sent.manifest, Manifest) if sent.manifest else None
    events: list[Event] = []
    if manifest is not None:
        said = _said(delivery, manifest.metadata)
        events += of_manifest.state(manifest, names(manifest.metadata), said)
    if sent.run_results:
        results = decode(sent.run_results, RunResults)
        events += of_results.runs(results, _invocation(delivery, results.metadata, manifest))
    if sent.sources:
        looked = decode(sent.sources, Freshness)
        events += of_results.freshness(looked, _invocation(delivery, looked.metadata, manifest))
    if sent.catalog:
        catalog = decode(sent.catalog, Catalog)
        events += of_results.columns(catalog, _invocation(delivery, catalog.metadata, manifest))
    return iter(events)


def _said(delivery: Delivery, metadata: Metadata) -> Said:
    return Said(delivery.seq, moment(metadata.generated_at, delivery.received_at))


def _invocation(delivery: Delivery, metadata: Metadata, manifest: Manifest | None) -> Invocation:
    """The invocation's id tells its runs from others; without one the artefact's time does."""
    said = _said(delivery, metadata)
    named = names(metadata, manifest.metadata if manifest else None)
    return Invocation(said, metadata.invocation_id or said.at.isoformat(), named, manifest)
