"""One run of the pipeline: load, transform, publish, in this order, stopping at the first failure."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.warehouse import triage
from lab.warehouse.errors import WarehouseError
from lab.warehouse.lineage import Lineage, Sink
from lab.warehouse.loader import Source, load
from lab.warehouse.publisher import REPORTS, publish
from lab.warehouse.streams import STREAMS
from lab.warehouse.transform import model_names, transform


def job_names() -> list[str]:
    """Every job that can be made to fail, in running order."""
    return [
        *(stream.job for stream in STREAMS),
        *model_names(),
        *(report.job for report in REPORTS.values()),
    ]


def run(
    source: Source, home: Path, sink: Sink, fail_job: str | None = None, *, with_triage: bool = False
) -> None:
    """Run every job once; `fail_job` is made to fail for real. Raises JobFailed, WarehouseError.

    A second run in the same home waits for the first. `with_triage` takes in what the triage model said, too.
    """
    if fail_job is not None and fail_job not in job_names():
        raise WarehouseError(f"--fail-job {fail_job!r} is none of {', '.join(job_names())}")
    home.mkdir(parents=True, exist_ok=True)
    lineage = Lineage(sink)
    with alone(home):
        for stream in STREAMS:
            load(stream, source, home, lineage, fail=fail_job == stream.job)
        if with_triage:
            triage.check(source, lineage)
            triage.refresh(source, home, lineage)
        transform(home, sink, fail_job if fail_job in model_names() else None)
        for report in REPORTS.values():
            publish(report, home, lineage, fail=fail_job == report.job)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the home for one run; the hold ends with the process."""
    with (home / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
