"""What the data people do for the triage model: check what it said, load it, and keep the table it is trained on."""

from __future__ import annotations

from pathlib import Path

from openlineage.client.event_v2 import InputDataset
from openlineage.client.facet_v2 import DatasetFacet, column_lineage_dataset, data_quality_assertions_dataset

from lab.warehouse.lineage import (
    DatasetName,
    Lineage,
    Outcome,
    measured_input,
    measured_output,
    warehouse_table,
)
from lab.warehouse.loader import RAW, Source, load, reach
from lab.warehouse.streams import Column, Stream
from lab.warehouse.tables import connect, profile

STREAM = Stream(
    "load.tri.predictions",
    "public",
    "triage_predictions",
    "raw__tri__app__postgres__triage_predictions",
    (
        Column("prediction_id", "BIGINT"),
        Column("wish", "VARCHAR"),
        Column("model_version", "VARCHAR"),
        Column("department", "VARCHAR"),
        Column("urgency", "VARCHAR"),
        Column("predicted_at", "TIMESTAMP WITH TIME ZONE"),
        Column("clinician_department", "VARCHAR"),
        Column("reviewed_at", "TIMESTAMP WITH TIME ZONE"),
    ),
)
CHECK_JOB = "check.triage_predictions"
FEATURES_JOB = "features.triage"
FEATURES = "triage_features"
MAIN = "main"

LATEST = 40
LEAST_AGREEMENT = 0.85
LEAST_KNOWN = 0.98
LOOK = """
select coalesce((select avg((department = clinician_department)::int) from (
                     select * from triage_predictions where clinician_department is not null
                     order by prediction_id desc limit %(latest)s) as reviewed), 1),
       coalesce((select avg((department in (select name from departments))::int) from (
                     select * from triage_predictions order by prediction_id desc limit %(latest)s) as said), 1)
"""
# Each column of the features, the column it is made of, and how.
MADE_OF = {
    "prediction_id": ("prediction_id", "prediction_id"),
    "words": ("wish", "lower(wish)"),
    "n_words": ("wish", "len(string_split(wish, ' '))"),
    "label": ("clinician_department", "clinician_department"),
}


def check(source: Source, lineage: Lineage) -> None:
    """Hold the latest predictions against what clinicians said, in the database itself. Raises JobFailed."""
    origin = DatasetName(source.namespace, f"clinic.{STREAM.schema}.{STREAM.table}")

    def look() -> Outcome:
        with reach(source.dsn) as postgres:
            row = postgres.execute(LOOK, {"latest": LATEST}).fetchone()
        assert row is not None
        tests = [
            ("agrees_with_clinicians", float(row[0]) >= LEAST_AGREEMENT),
            ("names_a_department", float(row[1]) >= LEAST_KNOWN),
        ]
        said = data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
            [
                data_quality_assertions_dataset.Assertion(name, success=passed, column="department")
                for name, passed in tests
            ]
        )
        read = InputDataset(origin.namespace, origin.name, inputFacets={"dataQualityAssertions": said})
        return Outcome((read,), ())

    lineage.run(CHECK_JOB, [origin], [], look)


def refresh(source: Source, home: Path, lineage: Lineage) -> None:
    """Load the predictions and make the features of those that were reviewed. Raises JobFailed."""
    load(STREAM, source, home, lineage)
    raw, target = warehouse_table(RAW, STREAM.raw_table), warehouse_table(MAIN, FEATURES)
    columns = ", ".join(f"{how} as {name}" for name, (_, how) in MADE_OF.items())

    def derive() -> Outcome:
        with connect(home) as warehouse:
            warehouse.execute(
                f"create or replace table {MAIN}.{FEATURES} as select {columns}"
                f" from {RAW}.{STREAM.raw_table} where clinician_department is not null"
            )
            read = profile(warehouse, RAW, STREAM.raw_table)
            written = profile(warehouse, MAIN, FEATURES)
        return Outcome((measured_input(raw, read),), (measured_output(target, written, _made_of(raw)),))

    lineage.run(FEATURES_JOB, [raw], [target], derive)


def _made_of(raw: DatasetName) -> DatasetFacet:
    def field(origin: str, how: str) -> column_lineage_dataset.Fields:
        subtype = "IDENTITY" if how == origin else "TRANSFORMATION"
        step = column_lineage_dataset.Transformation(type="DIRECT", subtype=subtype)
        return column_lineage_dataset.Fields(
            [column_lineage_dataset.InputField(raw.namespace, raw.name, origin, [step])]
        )

    return column_lineage_dataset.ColumnLineageDatasetFacet(
        fields={name: field(origin, how) for name, (origin, how) in MADE_OF.items()}
    )
