"""What a person sees who opens a report."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.warehouse.publisher import Report, extract_path


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows on screen, and whether the figure that the reader came for is missing."""

    rows: list[dict[str, Any]]
    hurt: bool
    why: str


def read(report: Report, home: Path) -> Reading:
    """Open the report as last published. Nothing published yet hurts nobody."""
    try:
        rows = json.loads(extract_path(home, report).read_text())
    except FileNotFoundError:
        return Reading([], False, "nothing published yet")
    if not rows:
        return Reading(rows, True, "the report has no rows")
    n_empty = sum(row[report.figure] is None for row in rows)
    if n_empty == len(rows):
        return Reading(rows, True, f"{report.figure} is empty in every row")
    return Reading(rows, False, f"{report.figure} is there in {len(rows) - n_empty} of {len(rows)} rows")
