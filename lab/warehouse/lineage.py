"""OpenLineage from our own programs; dbt-ol speaks for dbt."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import duckdb
import psycopg
import requests
from openlineage.client.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    column_lineage_dataset,
    data_quality_metrics_dataset,
    data_quality_metrics_input_dataset,
    error_message_run,
    output_statistics_output_dataset,
    schema_dataset,
)
from openlineage.client.transport.http import HttpConfig, HttpTransport
from openlineage.client.uuid import generate_new_uuid

from lab.warehouse.errors import JobFailed, WarehouseError, first_line
from lab.warehouse.streams import Column
from lab.warehouse.tables import DATABASE_FILE, Profile

JOB_NAMESPACE = "warehouse"
WAREHOUSE_NAMESPACE = f"duckdb://{DATABASE_FILE}"
PRODUCER = "https://clinic.example/warehouse"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DatasetName:
    """A dataset in OpenLineage's two parts."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a finished job read and wrote."""

    inputs: tuple[InputDataset, ...]
    outputs: tuple[OutputDataset, ...]


def warehouse_table(schema: str, table: str) -> DatasetName:
    """The name that dbt-ol gives to the same table."""
    return DatasetName(WAREHOUSE_NAMESPACE, f"warehouse.{schema}.{table}")


@dataclass(frozen=True, slots=True)
class Sink:
    """Where run events go: scheme and host, and the path of the lineage endpoint."""

    url: str
    endpoint: str

    @classmethod
    def parse(cls, url: str) -> Sink:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc or not parts.path.strip("/"):
            raise WarehouseError(f"--lineage-url {url!r} is not http(s)://host:port/path")
        return cls(f"{parts.scheme}://{parts.netloc}", parts.path.strip("/"))

    def transport(self) -> dict[str, object]:
        """The OpenLineage client's own setting, for us and for dbt-ol.

        One retry: by default the client holds a job up for most of a minute per event that can't be sent.
        """
        return {"type": "http", "url": self.url, "endpoint": self.endpoint, "retry": {"total": 1}}


class Lineage:
    """Runs jobs and tells the sink; a sink that is away is logged and never stops a job."""

    def __init__(self, sink: Sink) -> None:
        self._client = OpenLineageClient(transport=HttpTransport(HttpConfig.from_dict(sink.transport())))

    def run(
        self,
        job: str,
        reads: Sequence[DatasetName],
        writes: Sequence[DatasetName],
        work: Callable[[], Outcome],
    ) -> None:
        """Do the work between START and COMPLETE. Raises JobFailed after FAIL."""
        run_id = str(generate_new_uuid())
        planned = Outcome(
            tuple(InputDataset(namespace=d.namespace, name=d.name) for d in reads),
            tuple(OutputDataset(namespace=d.namespace, name=d.name) for d in writes),
        )
        self._emit(RunState.START, job, run_id, planned)
        try:
            outcome = work()
        except (psycopg.Error, duckdb.Error, OSError) as error:
            message = error_message_run.ErrorMessageRunFacet(str(error).strip(), "SQL")
            self._emit(RunState.FAIL, job, run_id, planned, {"errorMessage": message})
            raise JobFailed(job, first_line(error)) from error
        self._emit(RunState.COMPLETE, job, run_id, outcome)

    def _emit(
        self,
        state: RunState,
        job: str,
        run_id: str,
        outcome: Outcome,
        facets: Mapping[str, RunFacet] | None = None,
    ) -> None:
        event = RunEvent(
            eventTime=datetime.now(UTC).isoformat(),
            eventType=state,
            run=Run(runId=run_id, facets=dict(facets or {})),
            job=Job(namespace=JOB_NAMESPACE, name=job),
            inputs=list(outcome.inputs),
            outputs=list(outcome.outputs),
            producer=PRODUCER,
        )
        try:
            self._client.emit(event)
        except requests.RequestException as error:
            log.warning("lineage of %s not delivered: %s", job, first_line(error))


def schema_facet(columns: Sequence[Column]) -> schema_dataset.SchemaDatasetFacet:
    fields = [schema_dataset.SchemaDatasetFacetFields(name=c.name, type=c.type) for c in columns]
    return schema_dataset.SchemaDatasetFacet(fields=fields)


def identity_facet(source: DatasetName, names: Sequence[str]) -> DatasetFacet:
    """Column lineage of a plain copy: each column from the one of the same name."""
    step = column_lineage_dataset.Transformation(type="DIRECT", subtype="IDENTITY")
    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={
            name: column_lineage_dataset.Fields(
                [column_lineage_dataset.InputField(source.namespace, source.name, name, [step])]
            )
            for name in names
        }
    )


def measured_input(dataset: DatasetName, found: Profile) -> InputDataset:
    """A dataset that was read whole, with its schema, rows and NULLs."""
    metrics = {
        name: data_quality_metrics_input_dataset.ColumnMetrics(nullCount=n, quantiles=None)
        for name, n in found.n_nulls.items()
    }
    quality = data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
        columnMetrics=metrics, rowCount=found.n_rows
    )
    return InputDataset(
        namespace=dataset.namespace,
        name=dataset.name,
        facets={"schema": schema_facet(found.columns)},
        inputFacets={"dataQualityMetrics": quality},
    )


def measured_output(dataset: DatasetName, found: Profile, lineage: DatasetFacet) -> OutputDataset:
    """A dataset that was written whole, with its schema, rows, NULLs and the origin of its columns."""
    metrics = {
        name: data_quality_metrics_dataset.ColumnMetrics(nullCount=n, quantiles=None)
        for name, n in found.n_nulls.items()
    }
    quality = data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
        columnMetrics=metrics, rowCount=found.n_rows
    )
    written = output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=found.n_rows)
    return OutputDataset(
        namespace=dataset.namespace,
        name=dataset.name,
        facets={
            "schema": schema_facet(found.columns),
            "columnLineage": lineage,
            "dataQualityMetrics": quality,
        },
        outputFacets={"outputStatistics": written},
    )
