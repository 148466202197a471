"""The warehouse's commands; see README.md beside this file."""

from __future__ import annotations

import argparse
import json
import logging
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from types import FrameType

from lab.warehouse.errors import JobFailed, WarehouseError, first_line
from lab.warehouse.lineage import Sink
from lab.warehouse.loader import Source
from lab.warehouse.pipeline import run
from lab.warehouse.publisher import REPORTS
from lab.warehouse.reader import read

EXIT_USAGE = 2
EXIT_JOB_FAILED = 3


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m lab.warehouse", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="load, transform and publish once")
    runs.add_argument("--dsn", required=True, help="the clinic's PostgreSQL")
    runs.add_argument("--dir", required=True, type=Path, help="the warehouse's folder, created when missing")
    runs.add_argument("--lineage-url", required=True, help="where OpenLineage events go")
    runs.add_argument("--fail-job", metavar="NAME", help="make this job fail for real")
    runs.add_argument(
        "--with-triage", action="store_true", help="check and load what the triage model said, too"
    )
    runs.add_argument("--source-namespace", default="postgres://visits-db:5432")
    reads = commands.add_parser("read-report", help="print a published report as JSON")
    reads.add_argument("--dir", required=True, type=Path, help="the warehouse's folder")
    reads.add_argument("--report", required=True, choices=sorted(REPORTS))
    return top


def leave(number: int, _frame: FrameType | None) -> None:
    """End as an interrupt does, so that dbt is not left running behind us."""
    sys.exit(128 + number)


def main() -> int:
    """0 done, 2 usage, 3 a job failed and said so."""
    arguments = parser().parse_args()
    signal.signal(signal.SIGTERM, leave)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # we say ourselves what was not delivered
    try:
        if arguments.command == "read-report":
            print(json.dumps(asdict(read(REPORTS[arguments.report], arguments.dir))))
        else:
            source = Source(arguments.dsn, arguments.source_namespace)
            sink = Sink.parse(arguments.lineage_url)
            run(source, arguments.dir, sink, arguments.fail_job, with_triage=arguments.with_triage)
    except JobFailed as failure:
        print(failure, file=sys.stderr)
        return EXIT_JOB_FAILED
    except (WarehouseError, OSError) as error:
        print(first_line(error), file=sys.stderr)
        return EXIT_USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
