"""`impact` held against DuckDB: on a project small enough to know the truth of."""

import sys
from pathlib import Path

import msgspec
import pytest

from seamline.analysis.lineage.node import Node
from seamline.bench import rebind
from seamline.bench._oracle import Opinion, Oracle
from seamline.model.errors import Fix
from seamline.model.schema_change import Impact, SchemaChange

pytest.importorskip("duckdb", reason="DuckDB is missing: uv sync --group lab")

RAW = Node(
    "source.shop.raw.orders", "source", "lake.raw.orders", columns=("id", "code", "spare"), complete=True
)


def model(name: str, sql: str, *, dialect: str = "duckdb", columns: tuple[str, ...] = ()) -> Node:
    """A model of the project, in schema `lake.main`."""
    return Node(f"model.shop.{name}", "model", f"lake.main.{name}", sql=sql, dialect=dialect, columns=columns)


STG = model("stg", "select * from lake.raw.orders")
LINES = model("lines", "select id, code from lake.main.stg where spare is null")
REPORT = model("report", "select code from lake.main.lines")
PROJECT = (RAW, STG, LINES, REPORT)
TYPES = {RAW.id: {"id": "BIGINT", "code": "VARCHAR", "spare": "TIMESTAMP"}}


def test_what_binds_with_less_loses_and_what_fails_breaks_and_keeps_its_table() -> None:
    """The star passes the loss on, the model that names the column breaks, its reader still binds."""
    said = Oracle(PROJECT, TYPES).without(RAW.id, "code")
    assert said == Opinion(frozenset({LINES.id}), frozenset({(STG.id, "code")}), frozenset())


def test_a_trial_leaves_the_tables_as_they_were() -> None:
    """The same question has the same answer after others were asked."""
    oracle = Oracle(PROJECT, TYPES)
    first = [oracle.without(RAW.id, column) for column in ("code", "spare", "id")]
    assert [oracle.without(RAW.id, column) for column in ("code", "spare", "id")] == first


def test_a_filter_needs_its_column() -> None:
    """A column that is only filtered by breaks the model as well."""
    assert Oracle(PROJECT, TYPES).without(RAW.id, "spare").breaks == {LINES.id}


def test_other_dialects_are_translated() -> None:
    """A statement in BigQuery's spelling is judged too."""
    star = model("rest", "select * except (spare) from `lake`.`raw`.`orders`", dialect="bigquery")
    said = Oracle((RAW, star), TYPES).without(RAW.id, "code")
    assert said.loses == {(star.id, "code")}


def test_what_can_not_be_bound_is_unsure_with_what_lies_below() -> None:
    """No word on a statement that DuckDB does not understand, nor on who reads what it makes."""
    odd = model("odd", "select no_such_function(code) as code from lake.main.stg", columns=("code",))
    below = model("below", "select code from lake.main.odd")
    oracle = Oracle((RAW, STG, odd, below), TYPES)
    assert oracle.unbuilt.keys() == {odd.id}
    assert oracle.without(RAW.id, "code").unsure == {odd.id, below.id}


def test_what_reads_itself_is_bound_to_its_last_state() -> None:
    """An incremental model finds its own table as the catalog has it."""
    own = "select id from lake.raw.orders where id > (select max(id) from lake.main.sums)"
    oracle = Oracle((RAW, model("sums", own, columns=("id",))), TYPES)
    assert oracle.unbuilt == {}


def files(folder: Path) -> dict[str, str]:
    """The project as dbt would have written it."""

    def node(one: Node) -> dict[str, object]:
        schema, name = one.relation.split(".")[1:]
        return {
            "unique_id": one.id,
            "resource_type": one.kind,
            "name": name,
            "database": "lake",
            "schema": schema,
            "relation_name": f'"lake"."{schema}"."{name}"',
            "compiled_code": one.sql,
            "depends_on": {"nodes": [p.id for p in PROJECT if p.relation in one.sql]},
            "config": {"materialized": "table"},
        }

    columns = {c: {"name": c, "index": i, "type": TYPES[RAW.id][c]} for i, c in enumerate(RAW.columns)}
    schema = "https://schemas.getdbt.com/dbt"
    manifest = {
        "metadata": {"dbt_schema_version": f"{schema}/manifest/v12.json", "adapter_type": "duckdb"},
        "nodes": {one.id: node(one) for one in PROJECT if one.kind == "model"},
        "sources": {RAW.id: node(RAW)},
    }
    catalog = {
        "metadata": {"dbt_schema_version": f"{schema}/catalog/v1.json"},
        "nodes": {},
        "sources": {RAW.id: {"columns": columns}},
    }
    for name, content in (("manifest", manifest), ("catalog", catalog)):
        (folder / f"{name}.json").write_bytes(msgspec.json.encode(content))
    return {name: str(folder / f"{name}.json") for name in ("manifest", "catalog")}


def test_a_whole_project_is_held_against_duckdb(tmp_path: Path) -> None:
    """Every column of the small project: all breaks and losses are named, and no others."""
    figures = rebind.run(**files(tmp_path), n=50)
    right = {"precision": 1.0, "recall": 1.0, "recall_with_unknown": 1.0}
    assert figures["breaks"] == {"n": 7, **right}
    assert figures["losses"] == {"n": 3, **right}
    assert (figures["n_trials"], figures["n_wrong"], figures["n_unbuilt"]) == (8, 0, 0)


def test_a_wrong_answer_is_counted_and_named() -> None:
    """A missed break that was admitted as unknown counts for one recall only, a false one against precision."""
    change = SchemaChange("drop_column", "lake.raw.orders", "code")
    truth = Opinion(frozenset({"a", "b"}), frozenset({("c", "code")}), frozenset({"d"}))
    said = Impact(breaks=("b", "d", "e"), unknown=("a",))
    figures = rebind._figures([rebind.Trial(change, "raw", truth, said)])
    assert figures["breaks"] == {"n": 2, "precision": 0.5, "recall": 0.5, "recall_with_unknown": 1.0}
    assert figures["losses"] == {"n": 1, "precision": None, "recall": 0.0, "recall_with_unknown": 0.0}
    assert figures["wrong"] == [
        "without lake.raw.orders.code: breaks a, and impact does not say so",
        "without lake.raw.orders.code: impact says breaks e, and DuckDB does not",
        "without lake.raw.orders.code: loses c#code, and impact does not say so",
    ]


def test_without_files_it_says_which() -> None:
    """Both are needed, and the error says where dbt writes them."""
    with pytest.raises(Fix, match="manifest and a catalog") as error:
        rebind.run()
    assert "catalog=target/catalog.json" in error.value.hint


def test_without_duckdb_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB is no part of the install; its absence is one line with the mend."""
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(Fix, match="DuckDB is not installed") as error:
        Oracle(PROJECT, TYPES)
    assert error.value.hint == "pip install duckdb"
