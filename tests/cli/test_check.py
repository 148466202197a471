"""`seamline check` on real repositories of git: an application, and a warehouse that reads its tables."""

import json
from pathlib import Path
from shlex import split

import pytest

from tests.checkouts.test_git import commit, run
from tests.cli.conftest import Run

TABLES = ("visit", "patient", "doctor")
FIRST = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = []
    operations = [
{tables}
    ]
"""
TABLE = """\
        migrations.CreateModel(
            name="{name}",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=9)),
                ("room", models.CharField(max_length=9, null=True)),
                ("fax", models.CharField(max_length=9, null=True)),
            ],
        ),"""
NEXT = """\
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]
    operations = [{operation}]
"""
DROP_ROOM = 'migrations.RemoveField(model_name="visit", name="room")'
DROP_FAX = 'migrations.RemoveField(model_name="visit", name="fax")'
DROP_TABLE = 'migrations.DeleteModel(name="Visit")'
ADD = 'migrations.AddField(model_name="visit", name="floor", field=models.IntegerField(null=True))'
OPAQUE = "migrations.RunPython(everything)"
ORG = """\
[organisation]
name = "Clinic"

[[person]]
id = "mara"
name = "Mara Vogel"
[[person]]
id = "ben"
name = "Ben Ruf"
reports_to = "mara"
handles = ["github:@ben"]
[[person]]
id = "ann"
name = "Ann Iwu"
reports_to = "mara"
handles = ["github:@ann"]
[[person]]
id = "zoe"
name = "Zoe Lind"
reports_to = "mara"
handles = ["github:@zoe"]
"""
SOURCES = """\
version: 2
sources:
  - name: raw
    schema: raw
    tables:
"""


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `booking`, `warehouse` and `org.toml`; what is cached stays in it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "org.toml").write_text(ORG)
    for name in ("booking", "warehouse"):
        (tmp_path / name).mkdir()
        run(tmp_path / name, "init", "-q", "-b", "main")
    tables = "\n".join(TABLE.format(name=name.title()) for name in TABLES)
    commit(
        tmp_path / "booking", "first", CODEOWNERS="* @ben\n", clinic__apps__py="",
        **{"manage.py": "", "clinic__migrations__0001_initial.py": FIRST.format(tables=tables)},
    )  # fmt: skip
    raw = SOURCES + "".join(f"      - name: raw__booking__app__postgres__clinic_{t}\n" for t in TABLES)
    models = {
        f"models__stg_{t}.sql": "select id, name"
        + (", room" if t == "visit" else "")
        + f" from {{{{ source('raw', 'raw__booking__app__postgres__clinic_{t}') }}}}\n"
        for t in TABLES
    }
    commit(
        tmp_path / "warehouse", "first", CODEOWNERS="* @ann\n/models/marts/ @zoe\n",
        **{
            "dbt_project.yml": 'name: wh\nversion: "1.0"\nprofile: wh\nmodel-paths: [models]\n',
            "models__sources.yml": raw,
            "models__marts__rooms.sql": "select room, count(*) as n from {{ ref('stg_visit') }} group by room\n",
            **models,
        },
    )  # fmt: skip
    return tmp_path


def migrate(stack: Path, operation: str) -> None:
    """Another migration of the application, committed on a branch."""
    run(stack / "booking", "switch", "-q", "-c", "change")
    text = NEXT.format(operation=operation)
    commit(stack / "booking", "second", **{"clinic__migrations__0002_next.py": text})


def checked(seamline: Run, stack: Path, *more: str) -> tuple[int, dict]:  # type: ignore[type-arg]
    """Its exit code and what it says as JSON, with the warehouse beside it."""
    done = seamline(
        "check", str(stack / "booking"), "--with", str(stack / "warehouse"),
        "--org", str(stack / "org.toml"), "--json", *more,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


# -- outcomes -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("operation", "code", "outcome"),
    [(DROP_ROOM, 3, "hold"), (DROP_TABLE, 3, "hold"), (DROP_FAX, 0, "pass"), (ADD, 0, "pass"), (OPAQUE, 4, "unknown")],
)  # fmt: skip
def test_the_exit_code_is_the_outcome(
    seamline: Run, stack: Path, operation: str, code: int, outcome: str
) -> None:
    """A column that is read, a table, one that nobody reads, an addition, and what can't be told."""
    migrate(stack, operation)
    exit_code, told = checked(seamline, stack)
    assert (exit_code, told["verdict"]["outcome"]) == (code, outcome)


def test_a_hold_names_the_model_the_seam_and_who_answers_for_it(seamline: Run, stack: Path) -> None:
    """Ann's model reads Ben's table: the lowest person above both."""
    migrate(stack, DROP_ROOM)
    (finding,) = checked(seamline, stack)[1]["verdict"]["findings"]
    assert finding["downstream"] == [["model.wh.stg_visit"], ["model.wh.rooms"]]
    assert finding["seam"] == ["job:wh/model.wh.stg_visit", "dataset:app://booking/clinic_visit", "reads"]
    assert finding["person"] == "mara"
    assert finding["place"]["path"] == "clinic/migrations/0002_next.py"


def test_without_its_readers_nobody_can_say(seamline: Run, stack: Path) -> None:
    """Exit 4, and it says what to name."""
    migrate(stack, DROP_ROOM)
    done = seamline("check", str(stack / "booking"), "--org", str(stack / "org.toml"))
    assert done.returncode == 4
    assert "--with" in done.stdout


def test_a_reader_in_which_nothing_is_found_is_none(seamline: Run, stack: Path) -> None:
    """An empty folder says nothing of who reads a column."""
    (stack / "notes").mkdir()
    (stack / "notes/todo.txt").write_text("call Ann")
    migrate(stack, DROP_ROOM)
    done = seamline("check", str(stack / "booking"), "--with", str(stack / "notes"), "--owner", "M")
    assert done.returncode == 4


def test_a_consumer_that_moved_first_is_not_held_up(seamline: Run, stack: Path) -> None:
    """The warehouse stopped reading it: nothing breaks."""
    (stack / "warehouse/models/marts/rooms.sql").unlink()
    commit(stack / "warehouse", "moved", models__stg_visit__sql="")
    sql = "select id, name from {{ source('raw', 'raw__booking__app__postgres__clinic_visit') }}\n"
    commit(stack / "warehouse", "moved", **{"models__stg_visit.sql": sql})
    migrate(stack, DROP_ROOM)
    assert checked(seamline, stack)[0] == 0


def test_a_repository_without_changes_passes(seamline: Run, stack: Path) -> None:
    """Nothing found."""
    code, told = checked(seamline, stack)
    assert (code, told["verdict"]["findings"]) == (0, [])


def test_edits_count_before_they_are_committed(seamline: Run, stack: Path) -> None:
    """The working tree is what is merged, unless --head says otherwise; files nobody added count too."""
    (stack / "booking/clinic/migrations/0002_next.py").write_text(NEXT.format(operation=DROP_ROOM))
    assert checked(seamline, stack)[0] == 3
    assert checked(seamline, stack, "--head", "main")[0] == 0


def test_a_detached_head_is_compared_with_main(seamline: Run, stack: Path) -> None:
    """As CI checks it out."""
    migrate(stack, DROP_ROOM)
    run(stack / "booking", "switch", "-q", "--detach", "HEAD")
    assert checked(seamline, stack)[0] == 3


def test_a_folder_that_holds_all_of_them_may_be_named(seamline: Run, stack: Path) -> None:
    """The repository that is checked is not read as one of its own readers."""
    migrate(stack, DROP_ROOM)
    done = seamline(
        "check",
        str(stack / "booking/clinic"),
        "--with",
        str(stack),
        "--org",
        str(stack / "org.toml"),
        "--json",
    )
    told = json.loads(done.stdout)
    assert done.returncode == 3
    assert "warehouse" in told["readers"]
    assert "booking" not in told["readers"]
    assert told["verdict"]["findings"] == checked(seamline, stack)[1]["verdict"]["findings"]


def test_a_worktree_is_a_checkout(seamline: Run, stack: Path) -> None:
    """It is called as the repository that it belongs to where `origin` says so, else as its folder."""
    migrate(stack, DROP_ROOM)
    run(stack / "booking", "remote", "add", "origin", "https://git.invalid/acme/booking.git")
    run(stack / "booking", "switch", "-q", "main")
    run(stack / "booking", "worktree", "add", "-q", "../tree", "change")
    done = seamline(
        "check",
        str(stack / "tree"),
        "--with",
        str(stack / "warehouse"),
        "--org",
        str(stack / "org.toml"),
        "--json",
    )
    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["repository"] == "booking"


def test_an_old_build_in_the_working_tree_hides_nothing(seamline: Run, stack: Path) -> None:
    """dbt's manifest is of some earlier state, and git ignores it: both states are read from their sources."""
    warehouse = stack / "warehouse"
    commit(warehouse, "ignore", **{".gitignore": "target/\n"})
    (warehouse / "target").mkdir()
    version = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    manifest = {"metadata": {"dbt_schema_version": version, "project_name": "wh"}, "nodes": {}, "sources": {}}
    (warehouse / "target/manifest.json").write_text(json.dumps(manifest))
    check = ("check", str(warehouse), "--owner", "Mara", "--with", str(stack / "booking"), "--json")
    assert json.loads(seamline(*check).stdout)["verdict"]["findings"] == []
    sql = "select id, name from {{ source('raw', 'raw__booking__app__postgres__clinic_visit') }}\n"
    (warehouse / "models/stg_visit.sql").write_text(sql)
    (finding,) = json.loads(seamline(*check).stdout)["verdict"]["findings"]
    assert finding["downstream"] == [["model.wh.rooms"]]


# -- ways of telling ------------------------------------------------------------------------------
def test_it_tells_a_scanner_and_a_pull_request_at_once(seamline: Run, stack: Path) -> None:
    """SARIF on stdout and Markdown in a file, each person named once in it."""
    migrate(stack, DROP_ROOM)
    comment = stack / "comment.md"
    done = seamline(
        "check", str(stack / "booking"), "--with", str(stack / "warehouse"), "--org", str(stack / "org.toml"),
        "--sarif", "-", "--markdown", str(comment),
    )  # fmt: skip
    (result,) = json.loads(done.stdout)["runs"][0]["results"]
    assert result["ruleId"] == "migration/column-dropped"
    assert done.returncode == 3
    assert comment.read_text().count("Mara Vogel") == 1


@pytest.mark.parametrize("columns", ["60", "80", "120"])
def test_the_page_fits_and_has_no_colours_in_a_pipe(program: Run, stack: Path, columns: str) -> None:
    """Whoever reads it in a log reads text."""
    migrate(stack, DROP_ROOM)
    done = program(
        "check", str(stack / "booking"), "--with", str(stack / "warehouse"), "--org", str(stack / "org.toml"),
        COLUMNS=columns, XDG_CACHE_HOME=str(stack / "cache"),
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert max(len(line) for line in done.stdout.splitlines()) <= int(columns)


# -- a home ---------------------------------------------------------------------------------------
@pytest.fixture
def known(stack: Path, seamline: Run) -> Path:
    """A home that knows the warehouse, and has never seen the application."""
    at = stack / "kept"
    org = str(stack / "org.toml")
    assert seamline("init", str(stack / "warehouse"), "--home", str(at), "--org", org).returncode == 0
    return at


def test_a_home_knows_who_reads(seamline: Run, stack: Path, known: Path) -> None:
    """Without --with, and though the application was never put into it."""
    migrate(stack, DROP_ROOM)
    done = seamline("check", str(stack / "booking"), "--home", str(known), "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 3, done.stderr
    assert told["readers"] == ["warehouse"]
    assert told["verdict"]["findings"][0]["person"] == "mara"


def test_a_home_with_both_says_the_same(seamline: Run, stack: Path) -> None:
    """What it knows of the application is an earlier state."""
    migrate(stack, DROP_ROOM)
    run(stack / "booking", "switch", "-q", "main")
    both = (str(stack / "booking"), str(stack / "warehouse"))
    at, org = str(stack / "kept"), str(stack / "org.toml")
    assert seamline("init", *both, "--home", at, "--org", org).returncode == 0
    done = seamline("check", both[0], "--head", "change", "--home", at, "--json")
    assert done.returncode == 3, done.stderr
    alone = checked(seamline, stack, "--head", "change")[1]
    assert json.loads(done.stdout)["verdict"]["findings"] == alone["verdict"]["findings"]


def test_the_override_that_is_printed_passes_the_step(seamline: Run, stack: Path, known: Path) -> None:
    """On record, by name; the next step is held again."""
    migrate(stack, DROP_ROOM)
    check = ("check", str(stack / "booking"), "--home", str(known))
    override = json.loads(seamline(*check, "--json").stdout)["verdict"]["override"]
    _, *command = split(override.partition(": ")[2])
    done = seamline(*(word if word != "TEXT" else "moved by hand" for word in command))
    assert done.returncode == 0, done.stderr
    passed = seamline(*check)
    assert passed.returncode == 0
    assert "moved by hand" in " ".join(passed.stdout.split())
    text = NEXT.replace("0001_initial", "0002_next").format(operation=DROP_TABLE)
    commit(stack / "booking", "third", **{"clinic__migrations__0003_more.py": text})
    assert seamline(*check).returncode == 3


def test_a_check_changes_no_map(seamline: Run, stack: Path, known: Path) -> None:
    """Only the verdict goes on record; one that passes does not."""
    entities = seamline("entities", "--home", str(known), "--json").stdout
    log = seamline("deliveries", "--home", str(known)).stdout
    check = ("check", str(stack / "booking"), "--home", str(known))
    assert seamline(*check).returncode == 0
    assert seamline("deliveries", "--home", str(known)).stdout == log
    migrate(stack, DROP_ROOM)
    assert seamline(*check).returncode == 3
    assert seamline("entities", "--home", str(known), "--json").stdout == entities


def test_without_a_home_no_decision_is_promised(seamline: Run, stack: Path) -> None:
    """There is nowhere to keep one."""
    migrate(stack, DROP_ROOM)
    assert checked(seamline, stack)[1]["verdict"]["override"] == ""


def test_a_home_and_an_organisation_are_one_too_many(seamline: Run, stack: Path, known: Path) -> None:
    """Nothing is silently left aside."""
    done = seamline("check", str(stack / "booking"), "--home", str(known), "--owner", "X")
    assert done.returncode == 2
    assert "--owner" in done.stderr


# -- bad input ------------------------------------------------------------------------------------
def refused(seamline: Run, *arguments: str) -> str:
    """The one line of a check that could not be made; exit 2."""
    done = seamline("check", *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert line.endswith(")")
    return line


def test_a_base_that_is_not_there_says_how_to_get_it(seamline: Run, stack: Path) -> None:
    """git fetch."""
    assert "git fetch" in refused(seamline, str(stack / "booking"), "--base", "origin/gone")


def test_a_shallow_clone_says_how_to_get_the_rest(seamline: Run, stack: Path) -> None:
    """As CI makes it unless it is told otherwise."""
    base = run(stack / "booking", "rev-parse", "HEAD")
    migrate(stack, DROP_ROOM)
    run(stack, "clone", "-q", "--depth", "1", "-b", "change", f"file://{stack}/booking", "shallow")
    assert "--unshallow" in refused(seamline, str(stack / "shallow"), "--base", base)


def test_a_branch_without_common_history_is_refused(seamline: Run, stack: Path) -> None:
    """There is no state that both came from."""
    run(stack / "booking", "switch", "-q", "--orphan", "other")
    commit(stack / "booking", "other", README="x")
    assert "no common commit" in refused(seamline, str(stack / "booking"), "--base", "main")


@pytest.mark.parametrize("path", ["plain", "empty", "nowhere", "bare.git", "org.toml"])
def test_what_is_no_checkout_is_refused(seamline: Run, stack: Path, path: str) -> None:
    """No repository, one without a commit, no folder, no working tree, a file."""
    (stack / "plain").mkdir()
    (stack / "empty").mkdir()
    run(stack / "empty", "init", "-q", "-b", "main")
    run(stack, "clone", "-q", "--bare", "booking", "bare.git")
    assert path in refused(seamline, str(stack / path))


@pytest.mark.parametrize("option", ["--with", "--manifest", "--home", "--org"])
def test_an_option_that_leads_nowhere_is_refused(seamline: Run, stack: Path, option: str) -> None:
    """It names the path."""
    assert "gone" in refused(seamline, str(stack / "booking"), option, str(stack / "gone"))


@pytest.mark.parametrize("option", ["--sarif", "--markdown"])
def test_a_file_that_cannot_be_written_is_one_line(seamline: Run, stack: Path, option: str) -> None:
    """The folder is not there."""
    refused(seamline, str(stack / "booking"), option, str(stack / "gone" / "x"))


def test_bad_files_in_the_diff_cost_themselves_only(seamline: Run, stack: Path) -> None:
    """Each is told; the migration beside them still holds the change."""
    migrate(stack, DROP_ROOM)
    booking = stack / "booking"
    (booking / "broken.yaml").write_text("apiVersion: v1\nkind: [Service\n  x: :\n")
    (booking / "template.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: {{ .x }}}\n")
    (booking / "binary.yaml").write_bytes(bytes(range(256)) * 40)
    (booking / "loop.yaml").symlink_to("loop.yaml")
    (booking / "clinic/migrations/0003_broken.py").write_text("class Migration(:\n")
    (booking / "api.json").write_bytes(b'{"openapi": "3.0.0", "info": "caf\xe9')
    for state in (False, True):
        if state:
            commit(booking, "bad")
        code, told = checked(seamline, stack)
        assert code == 3
        unread = {u["place"]["path"] for u in told["unread"]}
        assert {"broken.yaml", "template.yaml", "loop.yaml", "clinic/migrations/0003_broken.py"} <= unread
        assert all("\n" not in u["why"] + u["mend"] for u in told["unread"])
