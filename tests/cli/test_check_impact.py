"""`seamline check` never passes what `seamline impact` says breaks, however a dbt model ends."""

import json
import re
from itertools import product
from pathlib import Path

import pytest

from tests.checkouts.test_git import commit, run
from tests.cli.conftest import Run

PROJECT = 'name: shop\nversion: "1.0"\nprofile: shop\n'
SOURCES = """\
version: 2
sources:
  - name: raw
    schema: raw
    tables: [{name: orders}, {name: people}]
"""
ENDS = {
    "a list": "select id as order_id, amount, note from {{ source('raw', 'orders') }}",
    "a star over a table of its own": (
        "with source as (select * from {{ source('raw', 'orders') }}),\n"
        "renamed as (select id as order_id, amount, note from source)\nselect * from renamed"
    ),
    "a star over a join": (
        "with o as (select id as order_id, amount, note from {{ source('raw', 'orders') }}),\n"
        "p as (select id as person, name from {{ source('raw', 'people') }}),\n"
        "final as (select o.*, p.name from o join p on o.order_id = p.person)\nselect * from final"
    ),
    "two arms": (
        "with one as (select id as order_id, amount, note from {{ source('raw', 'orders') }} where id > 0)\n"
        "select * from one union all select id, amount, note from {{ source('raw', 'orders') }}"
    ),
}
MART = (
    "with orders as (select * from {{ ref('stg_orders') }}),\n"
    "final as (select order_id, amount * 2 as double_amount from orders)\nselect * from final"
)
REPORT = "select order_id, double_amount from {{ ref('mart') }}"


@pytest.mark.parametrize(("end", "column"), [*product(ENDS, ("amount", "note"))])
def test_a_column_that_a_model_no_longer_gives(tmp_path: Path, seamline: Run, end: str, column: str) -> None:
    """Held where somebody reads it, and those who do are named; unknown where nobody that was read does."""
    shop = tmp_path / "shop"
    models = shop / "models"
    models.mkdir(parents=True)
    (shop / "dbt_project.yml").write_text(PROJECT)
    (models / "sources.yml").write_text(SOURCES)
    for name, sql in {"stg_orders": ENDS[end], "mart": MART, "report": REPORT}.items():
        (models / f"{name}.sql").write_text(sql)
    run(shop, "init", "-q", "-b", "main")
    first = commit(shop, "first")
    said = seamline("impact", str(shop), "--drop", f"stg_orders.{column}", "--json")
    breaks = set(json.loads(said.stdout)["breaks"])
    assert (column == "amount") is ("model.shop.mart" in breaks)
    (models / "stg_orders.sql").write_text(re.sub(rf",? {column}\b(?= |,|\n|$)", "", ENDS[end]))
    commit(shop, "second")
    done = seamline("check", str(shop), "--base", first, "--json")
    assert done.returncode == (3 if breaks else 4)
    assert all(name.rpartition(".")[2] in done.stdout for name in breaks)


def test_a_home_keeps_a_table_of_which_no_column_is_known(tmp_path: Path, seamline: Run, home: Path) -> None:
    """It is drawn with the others, and may be asked for."""
    shop = tmp_path / "shop"
    (shop / "models").mkdir(parents=True)
    (shop / "dbt_project.yml").write_text(PROJECT)
    (shop / "models" / "sources.yml").write_text(SOURCES)
    (shop / "models" / "opaque.sql").write_text(
        "with days as ({{ calendar.days(10) }}), final as (select * from days) select * from final"
    )
    (shop / "models" / "stg_orders.sql").write_text(ENDS["a list"])
    assert seamline("init", str(shop), "--owner", "Mara", "--home", str(home)).returncode == 0
    assert seamline("impact", "--home", str(home), "--downstream", "raw.orders.id").returncode == 0
