"""Two catalogues are equal when what they promise is."""

from seamline.bench.migrate.catalogue import catalogue, differing
from seamline.bench.migrate.server import CONDUCTOR, execute
from tests.bench.migrate.conftest import Copied


def test_a_column_that_was_made_again_at_another_place_is_no_difference(copied: Copied) -> None:
    """A table's columns have no order that counts; constraints, grants and owners do."""
    with copied("plain") as plain, copied("again") as again:
        execute(
            again.dsn(CONDUCTOR),
            "ALTER TABLE enc DROP COLUMN ward",
            "ALTER TABLE enc ADD COLUMN ward int",
            "CREATE SCHEMA seam CREATE TABLE journal (id int)",
        )
        assert differing(catalogue(again), catalogue(plain)) == []


def test_what_is_left_behind_and_what_is_gone_is_named(copied: Copied) -> None:
    """A function that stayed, a grant that went."""
    with copied("plain") as plain, copied("other") as other:
        execute(
            other.dsn(CONDUCTOR),
            "CREATE FUNCTION left_behind() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$",
            "REVOKE DELETE ON enc FROM app",
        )
        found = differing(catalogue(other), catalogue(plain))
        assert any(line.startswith("+ CREATE FUNCTION public.left_behind()") for line in found)
        assert "- GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.enc TO app;" in found
