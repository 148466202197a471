"""When a reader of a report is hurt."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.warehouse.publisher import REPORTS, extract_path
from lab.warehouse.reader import read

REPORT = REPORTS["revenue"]


@pytest.mark.parametrize(
    ("rows", "hurt", "why"),
    [
        (None, False, "nothing published yet"),
        ([], True, "the report has no rows"),
        ([{"revenue_eur": None}, {"revenue_eur": None}], True, "revenue_eur is empty in every row"),
        ([{"revenue_eur": None}, {"revenue_eur": 0.0}], False, "revenue_eur is there in 1 of 2 rows"),
    ],
)
def test_hurt(tmp_path: Path, rows: list[dict[str, Any]] | None, hurt: bool, why: str) -> None:
    """A reader is hurt when the figure is in no row of what was published."""
    if rows is not None:
        path = extract_path(tmp_path, REPORT)
        path.parent.mkdir()
        path.write_text(json.dumps(rows))
    reading = read(REPORT, tmp_path)
    assert (reading.hurt, reading.why) == (hurt, why)
