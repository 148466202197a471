"""`seamline impact` as people and pipelines run it."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard

Run = Callable[..., Any]  # see conftest
SCHEMA = "https://schemas.getdbt.com/dbt/{}/v1.json"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


def manifest(**more: Any) -> dict[str, Any]:
    """A source and three models: one passes a column on, one names it, one is below."""

    def model(name: str, sql: str, parent: str) -> dict[str, Any]:
        return {
            "name": name, "database": "lab", "schema": "main", "alias": name, "compiled_code": sql,
            "relation_name": f'"lab"."main"."{name}"', "depends_on": {"nodes": [parent]},
        }  # fmt: skip

    return {
        "metadata": {"dbt_schema_version": SCHEMA.format("manifest"), "adapter_type": "duckdb", "project_name": "p"},
        "nodes": {
            "model.p.stg": model("stg", 'select * from "lab"."raw"."visits"', "source.p.raw.visits"),
            "model.p.mid": model("mid", 'select id, code from "lab"."main"."stg"', "model.p.stg"),
            "model.p.end": model("end", 'select id from "lab"."main"."mid"', "model.p.mid"),
        },
        "sources": {
            "source.p.raw.visits": {
                "name": "visits", "database": "lab", "schema": "raw", "identifier": "visits",
                "relation_name": '"lab"."raw"."visits"', "columns": {"id": {"name": "id"}},
            }
        },
        "exposures": {
            "exposure.p.board": {"name": "board", "owner": {"name": "Ann"}, "depends_on": {"nodes": ["model.p.end"]}}
        },
        **more,
    }  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The manifest as a file."""
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest()))
    return path


QUESTION = '{"kind": "drop_column", "relation": "lab.raw.visits", "column": "code", "note": "mine"}'
ANSWER = {
    "change": json.loads(QUESTION),
    "breaks": ["model.p.mid"],
    "blocked": ["model.p.end"],
    "loses": [{"model": "model.p.stg", "column": "code"}],
    "unknown": [],
}


def test_one_line_of_json_per_line_of_input(seamline: Run, file: Path, tmp_path: Path) -> None:
    """The change comes back as it was written; blank lines ask nothing."""
    changes = tmp_path / "changes.jsonl"
    changes.write_text(f"\ufeff{QUESTION}\n\n{QUESTION}\n", encoding="utf-8")
    done = seamline("impact", "--manifest", str(file), "--changes", str(changes), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line) for line in done.stdout.splitlines()] == [ANSWER, ANSWER]


def test_standard_input_and_no_home(seamline: Run, file: Path, home: Path) -> None:
    """`-` reads stdin, and no home is needed or made."""
    done = seamline("impact", "--manifest", str(file), "--changes", "-", "--json", stdin=QUESTION)
    assert json.loads(done.stdout) == ANSWER
    assert not home.exists()


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, lambda data: b"\xef\xbb\xbf" + data])
def test_packed_manifests_are_read(seamline: Run, file: Path, pack: Callable[[bytes], bytes]) -> None:
    """gzip, zstandard and a byte order mark, whatever the file is called."""
    file.write_bytes(pack(file.read_bytes()))
    done = seamline("impact", "--manifest", str(file), "--change", QUESTION, "--json")
    assert json.loads(done.stdout) == ANSWER


def test_bad_lines_cost_themselves_only(seamline: Run, file: Path) -> None:
    """Each has its line number on stderr and its place in the output; the code is 2 at the end."""
    lines = [
        "{broken",
        QUESTION,
        '{"kind":"drop_column","relation":"lab.raw.nurses","column":"x"}',
        '{"kind":"drop"}',
    ]
    done = seamline("impact", "--manifest", str(file), "--changes", "-", "--json", stdin="\n".join(lines))
    assert done.returncode == 2
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [("error" in one, one["breaks"]) for one in found] == [
        (True, []), (False, ["model.p.mid"]), (True, []), (True, []),
    ]  # fmt: skip
    assert found[0]["change"] == "{broken"
    assert [line.split(": ")[1] for line in done.stderr.splitlines()] == ["stdin:1", "stdin:3", "stdin:4"]


def test_a_catalog_knows_which_columns_there_are(seamline: Run, file: Path, tmp_path: Path) -> None:
    """A column that the catalog lacks is told as an error, not as harmless."""
    catalog = tmp_path / "catalog.json"
    columns = {name: {"name": name, "index": i} for i, name in enumerate(["id", "code"])}
    said = {
        "metadata": {"dbt_schema_version": SCHEMA.format("catalog")},
        "nodes": {},
        "sources": {"source.p.raw.visits": {"columns": columns}},
    }
    catalog.write_text(json.dumps(said))
    done = seamline(
        "impact", "--manifest", str(file), "--catalog", str(catalog), "--drop", "lab.raw.visits.zip", "--json"
    )
    assert done.returncode == 2
    assert "has no column zip" in json.loads(done.stdout)["error"]
    done = seamline(
        "impact", "--manifest", str(file), "--catalog", str(catalog), "--change", QUESTION, "--json"
    )
    assert json.loads(done.stdout) == ANSWER


def test_the_page_names_what_breaks_and_who_uses_it(seamline: Run, file: Path) -> None:
    """For people: the figures, each model by hop, the dashboard with its owner."""
    done = seamline("impact", "--manifest", str(file), "--drop", "lab.raw.visits.code")
    assert done.returncode == 0
    assert "1 break, 0 unknown, 1 blocked, 1 column lost silently in 1 model, 1 user touched" in done.stdout
    for text in ("BREAKS", "hop 2  mid", "it names stg.code", "LOSES", "BLOCKED", "board", "dbt:Ann"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "broken JSON"),
        (b"{", "broken JSON"),
        (b"\xff\xfe\x00", "broken JSON"),
        (b"[]", "not dbt's manifest"),
        (b'{"name": "Clinic"}', "not dbt's manifest"),
        (
            b'{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"}}',
            "but catalog",
        ),
        (b"\x1f\x8b\x08broken", "gzip"),
        (b"\x28\xb5\x2f\xfdbroken", "zstandard"),
        (b"[" * 100_000, "manifest"),
    ],
)
def test_what_is_no_manifest_is_one_line_with_the_mend(
    seamline: Run, file: Path, data: bytes, said: str
) -> None:
    """The file is named, the mend is in brackets, the code is 2."""
    file.write_bytes(data)
    done = seamline("impact", "--manifest", str(file), "--change", QUESTION, "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert str(file) in done.stderr
    assert said in done.stderr
    assert done.stderr.rstrip().endswith(")")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--manifest", "nowhere.json", "--change", QUESTION], "nowhere.json: can't be read"),
        ([], "beside PATH..., --manifest or --home"),
        (["--manifest", "FILE"], "nothing is asked"),
        (["--manifest", "FILE", "--drop", "code"], "RELATION.COLUMN, such as"),
        (["--manifest", "FILE", "--drop", "visits."], "--drop visits.: names no column"),
        (["--drop", "raw.visits.code"], "--home DIR says where to look"),
        (
            ["--manifest", "FILE", "--change", '{"kind": "nope", "relation": "a"}'],
            "drop_column, rename_column, ",
        ),
        (["--manifest", "FILE", "--change", QUESTION, "--dialect", "klingon"], "no such dialect"),
        (["--manifest", "FILE", "--changes", "nowhere.jsonl"], "nowhere.jsonl: can't be read"),
    ],
)
def test_what_is_asked_wrongly_is_one_line(
    seamline: Run, file: Path, arguments: list[str], said: str
) -> None:
    """Missing files, unknown dialects, no question."""
    done = seamline("impact", *(str(file) if a == "FILE" else a for a in arguments), "--json")
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_odd_node_costs_itself_only(seamline: Run, file: Path) -> None:
    """A node that is no node is left out and told of; the rest is answered."""
    whole = manifest()
    whole["nodes"]["model.p.odd"] = {"name": ["no", "name"]}
    whole["nodes"]["model.p.py"] = {
        "name": "py",
        "language": "python",
        "depends_on": {"nodes": ["model.p.stg"]},
    }
    file.write_text(json.dumps(whole))
    done = seamline("impact", "--manifest", str(file), "--change", QUESTION)
    assert "model.p.odd: left out" in done.stderr
    assert "1 break, 1 unknown" in done.stdout
    assert "a python model" in done.stdout


def test_the_cache_is_used_and_can_be_left_alone(seamline: Run, file: Path, own_cache: Path) -> None:
    """It lies in the user's cache folder; `--no-cache` makes none; the answers are the same."""
    first = seamline("impact", "--manifest", str(file), "--change", QUESTION, "--json", "--no-cache")
    assert not own_cache.exists()
    second = seamline("impact", "--manifest", str(file), "--change", QUESTION, "--json")
    assert (own_cache / "seamline" / "lineage" / "readings.sqlite").exists()
    third = seamline("impact", "--manifest", str(file), "--change", QUESTION, "--json")
    assert first.stdout == second.stdout == third.stdout
