"""Made-up input for lineage: a dbt project of any size with its manifest, and a column graph of any size.

Both are the same for the same seed. The project has layers, each model made of one or two of the layers above:
renaming, joining, summing up, picking the latest row, uniting two arms, or only filtering `select *`.
"""

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

WORDS = "amount state kind rate label score level note unit region group share code title size total".split()
LAYERS = ((0.4, "stage"), (0.35, "mid"), (0.25, "mart"))
SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"
KEY = "id"
DEPTH = 12  # layers of the graph
SPREAD = 200  # tables beside the one above


def manifest(n: int, seed: int, n_columns: int = 14) -> dict[str, Any]:
    """A manifest with `n` models over a quarter as many sources."""
    rng = random.Random(seed)
    columns = {f"source.w.raw.s{i}": _names(rng, n_columns + 2) for i in range(max(2, n // 4))}
    sources = {i: _entry(i, "raw", columns[i]) for i in columns}
    above, nodes, made = list(columns), dict[str, Any](), 0
    for share, layer in LAYERS:
        new = []
        for _ in range(n - made if layer == "mart" else int(n * share)):
            node_id = f"model.w.{layer}_{made}"
            made += 1
            parents = rng.sample(above[-400:], 2)
            sql, columns[node_id], n_read = _model(rng, layer, parents, columns)
            nodes[node_id] = {
                **_entry(node_id, layer, []),
                "compiled_code": sql,
                "depends_on": {"nodes": parents[:n_read]},
            }
            new.append(node_id)
        above = new or above
    metadata = {"dbt_schema_version": SCHEMA, "adapter_type": "duckdb", "project_name": "w"}
    return {"metadata": metadata, "nodes": nodes, "sources": sources}


def edited(project: dict[str, Any]) -> None:
    """Change one model's text in the middle of the project so that what comes out of it stays the same."""
    node = list(project["nodes"].values())[len(project["nodes"]) // 2]
    node["compiled_code"] = f"select * from (\n{node['compiled_code']}\n) as edited"


def documented(project: dict[str, Any], n_text: int) -> None:
    """Have what dbt writes beside the SQL: columns with their meaning, three tests a model, `n_text` letters about each."""
    tests: dict[str, Any] = {}
    for node_id, node in project["nodes"].items():
        node["description"] = f"what {node['name']} is for; ".ljust(n_text, ".")
        node["raw_code"] = node["compiled_code"]
        named = [line.split()[-1].strip(",") for line in node["compiled_code"].splitlines() if " as " in line]
        node["columns"] = {
            c: {"name": c, "data_type": "text", "description": f"the {c} " * 12} for c in named
        }
        for column in named[:3]:
            tests[f"test.w.not_null_{node['name']}_{column}"] = {
                "name": f"not_null_{node['name']}_{column}", "column_name": column, "attached_node": node_id,
                "config": {"severity": "ERROR"}, "test_metadata": {"name": "not_null"}, "depends_on": {"nodes": [node_id]},
                "compiled_code": f"select {column} from {node['relation_name']} where {column} is null",
            }  # fmt: skip
    project["nodes"] |= tests


def _names(rng: random.Random, n: int) -> list[str]:
    return [KEY, *(f"{rng.choice(WORDS)}_{i}" for i in range(n - 1))]


def _relation(node_id: str, schema: str) -> str:
    return f'"w"."{schema}"."{node_id.rpartition(".")[2]}"'


def _entry(node_id: str, schema: str, columns: Sequence[str]) -> dict[str, Any]:
    name = node_id.rpartition(".")[2]
    said = {column: {"name": column} for column in columns}
    return {
        "name": name, "database": "w", "schema": schema, "alias": name, "identifier": name,
        "relation_name": _relation(node_id, schema), "columns": said, "config": {"materialized": "table"},
    }  # fmt: skip


def _model(
    rng: random.Random, layer: str, parents: Sequence[str], columns: dict[str, list[str]]
) -> tuple[str, list[str], int]:
    """SQL, its columns, and how many of the parents it reads."""
    of = "raw" if layer == "stage" else parents[0].rpartition(".")[2].partition("_")[0]
    first, second = (_relation(p, of) for p in parents)
    mine, theirs = columns[parents[0]], columns[parents[1]]
    taken = mine[1:]
    head = f"with a as (\n    select * from {first}\n)"
    shape = rng.random()
    if shape < 0.15:
        return f"{head}\n\nselect * from a where {taken[0]} is not null", list(mine), 1
    if shape < 0.4:
        more = [f"other_{c}" if c in mine else c for c in theirs[1:8]]
        mixed = ",\n        ".join(
            [f"a.{c}" for c in taken[:7]] + [f"b.{c} as {x}" for c, x in zip(theirs[1:8], more, strict=False)]
        )
        joined = f"select\n        a.{KEY},\n        {mixed}\n    from a left join b on a.{KEY} = b.{KEY}"
        text = (
            f"{head},\n\nb as (\n    select * from {second}\n),\n\nj as (\n    {joined}\n)\n\nselect * from j"
        )
        return text, [KEY, *taken[:7], *more], 2
    if shape < 0.55:
        sums = ",\n    ".join(f"max({c}) as {c}" for c in taken)
        return f"{head}\n\nselect\n    {KEY},\n    {sums}\nfrom a\ngroup by {KEY}", [KEY, *taken], 1
    if shape < 0.7:
        ranked = f"select *, row_number() over (partition by {KEY} order by {taken[0]}) as place from a"
        return (
            f"{head},\n\nr as (\n    {ranked}\n)\n\nselect {KEY}, {', '.join(taken)} from r where place = 1",
            [KEY, *taken],
            1,
        )
    if shape < 0.8:
        arm = f"select {KEY}, {', '.join(taken)} from a where {taken[-1]}"
        return f"{head}\n\n{arm} = 'x'\nunion all\n{arm} <> 'x'", [KEY, *taken], 1
    renamed = [f"{rng.choice(WORDS)}_{i}" for i in range(len(taken))]
    said = ",\n    ".join(f"{c} as {x}" for c, x in zip(taken, renamed, strict=True))
    return f"{head}\n\nselect\n    {KEY},\n    {said}\nfrom a", [KEY, *renamed], 1


def graph(
    n_columns: int, n_edges: int, seed: int, per_table: int = 14
) -> tuple[dict[str, list[str]], NDArray[np.int32], NDArray[np.int32]]:
    """(columns by table, sources, targets): edges go from a layer to the next, near the same place in it.

    One edge in thirty decides rows of a whole table; one in a hundred starts at one of the few tables that everybody reads. So
    reaches are uneven, as in a warehouse: mostly tens, at times a tenth of everything.
    """
    rng = np.random.default_rng(seed)
    n_tables = n_columns // per_table
    wide = n_tables // DEPTH  # tables of one layer
    names = [f"{WORDS[c % len(WORDS)]}_{c}" for c in range(per_table)]
    tables = {f"w.layer{t // wide}.table_{t}": names for t in range(n_tables)}
    into = rng.integers(wide, n_tables, n_edges)
    source_tables = into - wide + rng.integers(-SPREAD, SPREAD + 1, n_edges)
    shared = rng.random(n_edges) < 0.01
    source_tables[shared] = (source_tables[shared] // 500) * 500
    source_tables = np.clip(source_tables, 0, into - 1)
    sources = source_tables * per_table + rng.integers(0, per_table, n_edges)
    whole = rng.random(n_edges) < 1 / 30
    targets = np.where(
        whole, n_tables * per_table + into, into * per_table + rng.integers(0, per_table, n_edges)
    )
    return tables, sources.astype(np.int32), targets.astype(np.int32)
