"""`seamline impact` over checkouts and homes: from an application's table to who answers for what reads it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

ORG = """\
[[person]]
id = "mara"
name = "Mara Vogel"
[[person]]
id = "ben"
name = "Ben Okafor"
reports_to = "mara"
handles = ["github:@ben"]
[[person]]
id = "ann"
name = "Ann Lind"
reports_to = "mara"
handles = ["github:@ann"]
"""
VISITS = "create table visits (id int, room text, fax text);\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache folder of the test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """An application, a warehouse with a model and a report on its table, and who is there."""
    write(
        tmp_path / "src",
        {
            "booking/migrations/V1__visits.sql": VISITS,
            "booking/CODEOWNERS": "* @ben\n",
            "wh/CODEOWNERS": "* @ann\n",
            "wh/dbt_project.yml": "name: wh\nmodel-paths: [models]\n",
            "wh/models/sources.yml": "sources: [{name: raw, tables: [{name: raw__booking__visits}]}]\n",
            "wh/models/stg.sql": "select id, room from {{ source('raw', 'raw__booking__visits') }}",
            "wh/models/rooms.sql": "select room from {{ ref('stg') }}",
            "wh/models/e.yml": "exposures: [{name: board, type: dashboard, depends_on: [ref('rooms')]}]\n",
        },
    )
    (tmp_path / "org.toml").write_text(ORG + '[[template]]\nmatch = "raw__{app}__{table}"\n')
    return tmp_path


def ask(seamline: Run, stack: Path, *more: str) -> dict[str, Any]:
    """The one answer to a question about the checkouts."""
    result = seamline("impact", str(stack / "src"), "--org", str(stack / "org.toml"), "--json", *more)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_column_of_an_application_is_followed_to_the_dashboard(seamline: Run, stack: Path) -> None:
    """Through the load's copy, under dbt's own ids."""
    found = ask(seamline, stack, "--drop", "visits.room")
    assert found["breaks"] == ["model.wh.stg"]
    assert found["blocked"] == ["model.wh.rooms"]
    assert found["users"] == ["dashboard:board"]


def test_who_answers_stands_there_once(seamline: Run, stack: Path) -> None:
    """Ben's table and Ann's models: the lowest above both, with all that is to be mended."""
    people = ask(seamline, stack, "--drop", "visits.room")["people"]
    assert [(p["person"], p["name"], p["reached"]["breaks"]) for p in people] == [
        ("mara", "Mara Vogel", ["model.wh.stg"])
    ]


def test_a_column_that_nobody_names_breaks_nothing(seamline: Run, stack: Path) -> None:
    """Its answer has all fields, and nobody in them."""
    found = ask(seamline, stack, "--drop", "visits.fax")
    assert not any(found[field] for field in ("breaks", "blocked", "loses", "unknown", "users", "people"))


def test_a_home_knows_the_repositories_that_it_has_read(seamline: Run, stack: Path) -> None:
    """No checkout has to be at hand."""
    home = str(stack / "home")
    made = seamline("init", str(stack / "src"), "--org", str(stack / "org.toml"), "--home", home)
    assert made.returncode == 0, made.stderr
    result = seamline("impact", "--home", home, "--drop", "visits.room", "--json")
    assert json.loads(result.stdout)["breaks"] == ["model.wh.stg"]


def test_a_name_of_several_applications_has_to_be_said_in_full(seamline: Run, stack: Path) -> None:
    """The line says how; said so, it is the one application's."""
    write(stack / "src", {"depot/migrations/V1__visits.sql": VISITS})
    result = seamline("impact", str(stack / "src"), "--drop", "visits.room")
    assert result.returncode == 2
    assert "visits: several applications have one (write booking/visits or depot/visits)" in result.stderr
    assert ask(seamline, stack, "--drop", "booking/visits.room")["breaks"] == ["model.wh.stg"]
    assert ask(seamline, stack, "--drop", "depot/visits.room")["breaks"] == []


def test_the_page_names_a_person_above_what_they_have_to_mend(seamline: Run, stack: Path) -> None:
    """Figures first."""
    result = seamline("impact", str(stack / "src"), "--org", str(stack / "org.toml"), "--drop", "visits.room")
    lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
    assert lines[0] == "drop column room of booking/visits"
    assert lines[1].startswith("1 breaks, ")
    assert [line for line in lines if line == "Mara Vogel"] == ["Mara Vogel"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--drop", "a.b"], "neither checkouts nor a manifest are named"),
        (["nowhere", "--drop", "a.b"], "nowhere"),
        ([".", "--catalog", "c.json", "--drop", "a.b"], "--catalog and --dialect go with --manifest alone"),
        (["--home", "h", "--org", "o.toml", "--drop", "a.b"], "--org: the home says who is there"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(seamline: Run, arguments: list[str], said: str) -> None:
    """With the mend, and exit 2."""
    result = seamline("impact", *arguments)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_a_bad_line_costs_no_other(seamline: Run, stack: Path) -> None:
    """It is told of, and the rest is answered."""
    (stack / "c.jsonl").write_text('{"kind": 1}\n{"kind":"drop_table","relation":"visits"}\n')
    org, file = str(stack / "org.toml"), str(stack / "c.jsonl")
    result = seamline("impact", str(stack / "src"), "--org", org, "--changes", file, "--json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert result.returncode == 2
    assert "error" in first
    assert second["breaks"] == ["model.wh.stg"]


# -- what is made of what -------------------------------------------------------------------------
def kept(seamline: Run, stack: Path) -> str:
    """A home that has read the checkouts."""
    home = str(stack / "home")
    made = seamline("init", str(stack / "src"), "--org", str(stack / "org.toml"), "--home", home)
    assert made.returncode == 0, made.stderr
    return home


def test_a_home_tells_all_that_is_made_of_a_column(seamline: Run, stack: Path) -> None:
    """Through the load's copy to the dashboard, by the graph that `init` left; checkouts say the same."""
    home = kept(seamline, stack)
    found = json.loads(
        seamline("impact", "--home", home, "--downstream", "booking/visits.room", "--json").stdout
    )
    tables = {part["table"].rpartition(".")[2]: part["columns"] for part in found["parts"]}
    assert tables == {"raw__booking__visits": ["room"], "stg": ["room"], "rooms": ["room"]}
    assert (found["users"], found["unknown"]) == (["dashboard:board"], [])
    org = str(stack / "org.toml")
    walked = seamline(
        "impact", str(stack / "src"), "--org", org, "--downstream", "booking/visits.room", "--json"
    )
    assert json.loads(walked.stdout) == found


def test_a_column_is_traced_back_to_the_application(seamline: Run, stack: Path) -> None:
    """The same graph, the other way."""
    home = kept(seamline, stack)
    found = json.loads(seamline("impact", "--home", home, "--upstream", "rooms.room", "--json").stdout)
    assert "dataset:app://booking/visits" in [part["table"] for part in found["parts"]]


def test_the_page_of_a_trace_has_figures_then_tables(seamline: Run, stack: Path) -> None:
    """Tables by the names that people use."""
    page = seamline("impact", "--home", kept(seamline, stack), "--downstream", "visits.room").stdout
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    assert lines[:2] == ["made of room of booking/visits, near and far", "3 columns, 3 tables, 1 user"]
    assert "USERS  1  read a table of these" in lines


def test_a_home_without_edges_says_so(seamline: Run, stack: Path) -> None:
    """With the mend, and exit 2."""
    home = str(stack / "empty")
    assert seamline("init", "--home", home, "--owner", "Mara").returncode == 0
    result = seamline("impact", "--home", home, "--downstream", "visits.room")
    assert result.returncode == 2
    assert "nothing in it says which column is made of which" in result.stderr
    assert f"seamline init PATH... --home {home}" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--downstream", "a.b"], "neither checkouts nor a manifest are named"),
        (["--home", "h", "--upstream", "a.b", "--drop", "a.b"], "ask about nothing that changes"),
    ],
)
def test_a_trace_that_cannot_be_meant_is_refused(seamline: Run, arguments: list[str], said: str) -> None:
    """In one line, with exit 2."""
    result = seamline("impact", *arguments)
    assert result.returncode == 2
    assert said in result.stderr


def test_a_trace_without_an_answer_costs_no_other(seamline: Run, stack: Path) -> None:
    """It is told of, and the rest is answered."""
    home = kept(seamline, stack)
    asked = ("--downstream", "visits.zip", "--downstream", "visits.fax")
    result = seamline("impact", "--home", home, *asked, "--json")
    first, second = map(json.loads, result.stdout.splitlines())
    assert result.returncode == 2
    assert "visits has no column zip that is known (it has id, room, fax)" in result.stderr
    assert (first["error"], second["parts"][0]["columns"]) == (
        "visits has no column zip that is known",
        ["fax"],
    )


def test_a_graph_that_cannot_be_kept_costs_no_survey(seamline: Run, stack: Path) -> None:
    """A line says so, and who asks gets an answer all the same."""
    (stack / "home").mkdir()
    (stack / "home" / "lineage.sqlite").mkdir()
    org, home = str(stack / "org.toml"), str(stack / "home")
    made = seamline("init", str(stack / "src"), "--org", org, "--home", home)
    assert made.returncode == 0, made.stderr
    assert "worked out when asked" in made.stderr
    asked = seamline("impact", "--home", home, "--downstream", "visits.room", "--json")
    assert len(json.loads(asked.stdout)["parts"]) == 3
