"""Which target of a profile a dbt project is read for."""

from typing import Any

import pytest

from seamline.artefacts.dbt_project.settings import adapter_in


def _profiles(target: object, **types: object) -> dict[str, Any]:
    return {"shop": {"target": target, "outputs": {name: {"type": t} for name, t in types.items()}}}


@pytest.mark.parametrize("name", ["prod", "production", "Production", "live"])
def test_what_production_runs_on_goes_before_what_people_try_out(name: str) -> None:
    """Branches for a local engine are not what breaks."""
    assert adapter_in(_profiles("dev", dev="duckdb", **{name: "trino"}), "shop") == "trino"


def test_without_a_production_target_the_usual_one_counts() -> None:
    """A name that only begins like production's is somebody's own."""
    assert adapter_in(_profiles("dev", production_of_ana="trino", dev="duckdb"), "shop") == "duckdb"


@pytest.mark.parametrize(
    "profiles", [None, [], {"shop": 1}, {"shop": {"outputs": {"prod": 3}}}, _profiles(["x"])]
)
def test_a_profile_that_is_none_names_no_adapter(profiles: object) -> None:
    """Anything may stand in a file of that name."""
    assert adapter_in(profiles, "shop") == ""
