"""`seamline init`: on checkouts, with and without a home; what it prints, and what it does with bad input."""

import json
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from seamline import bootstrap
from seamline.analysis.survey.joining import Joined, Lost
from seamline.app import survey as verb
from seamline.terminal import survey
from tests.analysis.survey.found import repository
from tests.checkouts.test_git import commit, run
from tests.cli.conftest import Run

COMPOSE = """\
services:
  booking:
    build: .
    environment: {DATABASE_URL: "postgres://app:geheim@visits-db:5432/visits"}
  visits-db: {image: "postgres:16"}
"""


@pytest.fixture
def checkouts(tmp_path: Path) -> Path:
    """Two repositories in a folder, one of them with trouble of every kind."""
    root = tmp_path / "src"
    for name in ("booking", "odd"):
        (root / name).mkdir(parents=True)
        run(root / name, "init", "-q", "-b", "main")
    commit(root / "booking", "first", CODEOWNERS="* @ben\n", README="x")
    (root / "booking" / "compose.yaml").write_text(COMPOSE)
    odd = root / "odd"
    (odd / "broken.yaml").write_text("apiVersion: v1\nkind: [Service\n  x: :\n")
    (odd / "template.yaml").write_text(
        "apiVersion: v1\nkind: Service\nmetadata: {name: {{ .Values.name }}}\n"
    )
    (odd / "latin.yaml").write_bytes(b"apiVersion: v1\nkind: Service\nmetadata: {name: caf\xe9}\n")
    (odd / "binary.yaml").write_bytes(bytes(range(256)) * 40)
    (odd / "manifest.json").write_text(
        '{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"'
    )
    (odd / "loop.yaml").symlink_to("loop.yaml")
    (odd / "good.yaml").write_text(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: good}\nspec: {template: {spec: {}}}\n"
    )
    return root


def test_it_prints_the_stack_and_writes_nothing(seamline: Run, checkouts: Path, home: Path) -> None:
    """Entities, seams with a person each, what could not be read; no home appears, SEAMLINE_HOME or not."""
    done = seamline("init", str(checkouts), "--owner", "Mara Vogel")
    assert done.returncode == 0, done.stderr
    assert "2 repositories" in done.stdout
    assert "whole-stack owner: Mara Vogel" in done.stdout
    assert "service:booking uses database:visits-db" in done.stdout
    assert "Not read" in done.stdout
    assert "Nothing was written" in done.stdout
    assert not home.exists()


def test_the_json_says_everything(seamline: Run, checkouts: Path) -> None:
    """Every seam with its standing and exactly one accountable person."""
    told = json.loads(seamline("init", str(checkouts), "--owner", "Mara Vogel", "--json").stdout)
    people = {p["id"] for p in told["organisation"]["people"]}
    assert told["owner"] == "mara-vogel"
    assert [r["name"] for r in told["repositories"]] == ["booking", "odd"]
    assert told["seams"]
    assert {s["accountable"] for s in told["seams"]} <= people
    assert {s["standing"] for s in told["seams"]} <= {"out_of_reach", "unclaimed", "contested", "held"}
    assert "deployment:default/good" in {e["ref"] for e in told["entities"]}


def test_bad_files_are_a_line_each_and_the_rest_is_read(seamline: Run, checkouts: Path) -> None:
    """Each names the file and the mend; no traceback, no secret."""
    done = seamline("init", str(checkouts), "--owner", "Mara Vogel", "--json")
    unread = {u["place"]["path"]: u for u in json.loads(done.stdout)["unread"]}
    assert {"broken.yaml", "template.yaml", "latin.yaml", "manifest.json", "loop.yaml"} <= unread.keys()
    assert all(u["why"] and u["mend"] and "\n" not in u["why"] + u["mend"] for u in unread.values())
    assert "Traceback" not in done.stdout + done.stderr
    assert "geheim" not in done.stdout


def test_with_a_home_all_of_it_is_kept(seamline: Run, checkouts: Path, tmp_path: Path) -> None:
    """The lists of the home know it; a second time nothing is new."""
    at = str(tmp_path / "kept")
    done = seamline("init", str(checkouts), "--owner", "Mara Vogel", "--home", at)
    assert f"Kept in {at}" in done.stdout
    assert "service:booking" in seamline("entities", "--home", at).stdout
    assert "ben" in seamline("seams", "--home", at).stdout
    before = seamline("deliveries", "--home", at).stdout
    assert seamline("init", str(checkouts), "--home", at).returncode == 0
    assert seamline("deliveries", "--home", at).stdout == before
    assert seamline("replay", "--home", at).returncode == 0


def test_without_an_owner_it_is_who_works_there(seamline: Run, checkouts: Path) -> None:
    """Said aloud."""
    run(checkouts / "booking", "config", "user.name", "Ines Roth")
    done = seamline("init", str(checkouts / "booking"))
    assert "Ines Roth answers for everything" in done.stderr
    assert "whole-stack owner: Ines Roth" in done.stdout


def test_lists_are_cut_short_unless_all_is_asked(seamline: Run, tmp_path: Path) -> None:
    """With how many more there are."""
    (tmp_path / "src").mkdir()
    rules = "".join(f"/{i}/ @acme/team-{i}\n" for i in range(30))
    (tmp_path / "src" / "CODEOWNERS").write_text(rules)
    short = seamline("init", str(tmp_path / "src"), "--owner", "M").stdout
    whole = seamline("init", str(tmp_path / "src"), "--owner", "M", "--all").stdout
    assert "--all shows them" in short
    assert len(whole.splitlines()) > len(short.splitlines())
    assert "acme/team-29" in whole


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_the_page_fits_the_terminal(program: Run, checkouts: Path, columns: str) -> None:
    """Nothing is wider, and there are no colours in a pipe."""
    done = program("init", str(checkouts), "--owner", "Mara Vogel", COLUMNS=columns)
    body, _, _ = done.stdout.partition("\nNothing was written")
    assert max(len(line) for line in body.splitlines()) <= int(columns)
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("path", ["nowhere", "a-file"])
def test_a_path_that_is_no_folder_is_one_line(seamline: Run, tmp_path: Path, path: str) -> None:
    """Exit 2, with what to name instead."""
    (tmp_path / "a-file").write_text("")
    done = seamline("init", str(tmp_path / path), "--owner", "M")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert path in done.stderr


def test_an_empty_folder_is_an_empty_stack(seamline: Run, tmp_path: Path) -> None:
    """No error: there is nothing."""
    (tmp_path / "empty").mkdir()
    done = seamline("init", str(tmp_path / "empty"), "--owner", "M")
    assert done.returncode == 0
    assert "1 repository, 0 files" in done.stdout


def test_without_path_and_owner_it_says_what_to_do(seamline: Run) -> None:
    """One line, exit 2."""
    done = seamline("init")
    assert done.returncode == 2
    assert "seamline init PATH..." in done.stderr


def test_a_database_that_cannot_be_asked_is_one_line(seamline: Run) -> None:
    """Without what the connection string holds."""
    done = seamline("init", "--postgres", "postgresql://u:geheim@127.0.0.1:1/x", "--owner", "M")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "geheim" not in done.stderr


def test_tables_of_a_known_name_are_not_joined_and_no_loose_end() -> None:
    """A loose end stands with the tables that may come from it; an application that is known is none."""
    with bootstrap.home_in_memory() as memory:
        shop = repository("shop", "service:shop exists", "service:shop calls peer:stripe")
        read = verb.Surveyed((shop,), 1, 1, 0.0)
        page = verb.survey(memory, read, owner="Mara", name="Clinic")
    lost = (
        Lost("peer:stripe", ("dataset:dbt/w.raw.charge",)),
        Lost("service:shop", ("dataset:dbt/w.raw.shop__x",)),
    )
    out = StringIO()
    survey.show(replace(page, joined=Joined(lost=lost)), Console(file=out, width=200))
    told = out.getvalue()
    assert "Loose ends (1)" in told
    assert "peer:stripe  1 table of its name: w.raw.charge" in told
    assert "Not joined (1)" in told
    assert "service:shop  1 table of its name: w.raw.shop__x" in told
