"""The journal's own schema: made once, brought up to date, and never in the place of somebody else's."""

import pytest

from seamline.model.errors import Fix

from .stand import Stand

TO_BIGINT = "  - change_type: {table: t, column: v, to: bigint}"
TABLE = "CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t SELECT g, g FROM generate_series(1, 50) g"
# how the first journals were
EARLIER = """
COMMENT ON SCHEMA seam IS NULL;
ALTER TABLE seam.conductor DROP COLUMN wish;
ALTER TABLE seam.canary ADD FOREIGN KEY (mig) REFERENCES seam.migration ON DELETE CASCADE
"""


def test_a_journal_of_an_earlier_version_goes_on(stand: Stand) -> None:
    """What it holds stays, and the next migration runs through."""
    stand.sql(TABLE)
    stand.approved(TO_BIGINT, "first")
    stand.start("first")
    stand.contract("first")
    stand.sql(EARLIER)
    stand.approved("  - add_column: {table: t, name: w, type: int, up: v}", "second")
    stand.sql(EARLIER)  # between plan and start, too
    stand.start("second")
    stand.contract("second")
    assert [m.state for m in (stand.status("first").migration, stand.status("second").migration)] == [
        "DONE",
        "DONE",
    ]


def test_a_schema_of_somebody_else_s_is_left_alone(stand: Stand) -> None:
    """Nothing of ours is made in it."""
    stand.sql("CREATE SCHEMA seam; CREATE TABLE seam.stitch (id int);" + TABLE)
    with pytest.raises(Fix, match="not Seamline's"):
        stand.plan(TO_BIGINT)
    assert stand.sql("SELECT relname FROM pg_class WHERE relnamespace = 'seam'::regnamespace") == [
        ("stitch",)
    ]
