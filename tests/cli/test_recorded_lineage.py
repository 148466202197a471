"""What recorded lineage knows of jobs, `impact` and `check` follow: from files on disk, and from events that came in."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.checkouts.test_git import commit, run
from tests.cli.conftest import Run

ORG = """\
[[person]]
id = "mara"
[[person]]
id = "ben"
reports_to = "mara"
handles = ["github:@ben"]
[[template]]
match = "{app}.public.{table}"
"""
SPACE = "postgres://db:5432"
EVENT = {
    "eventTime": "2026-11-01T06:00:00Z",
    "eventType": "COMPLETE",
    "run": {"runId": "0193a0f2-5d1c-7b6e-9f66-3a4f3a1f0000"},
    "job": {"namespace": "spark", "name": "daily"},
    "inputs": [{"namespace": SPACE, "name": "booking.public.visits"}],
    "outputs": [
        {
            "namespace": "s3://lake",
            "name": "marts.daily",
            "facets": {
                "columnLineage": {
                    "fields": {
                        "n": {
                            "inputFields": [
                                {"namespace": SPACE, "name": "booking.public.visits", "field": "room"}
                            ]
                        }
                    }
                }
            },
        }
    ],
}
VISITS = "create table visits (id int, room text, fax text);\n"
DROP = "alter table visits drop column {};\n"


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application that makes `visits`, and who is there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    booking = tmp_path / "src" / "booking"
    booking.mkdir(parents=True)
    run(booking, "init", "-q", "-b", "main")
    commit(booking, "first", **{"CODEOWNERS": "* @ben\n", "migrations__V1__visits.sql": VISITS})
    (tmp_path / "org.toml").write_text(ORG)
    return tmp_path


def recorded(stack: Path) -> Path:
    """A checkout that holds the event as a file."""
    lake = stack / "src" / "lake"
    lake.mkdir()
    (lake / "events.jsonl").write_text(json.dumps(EVENT) + "\n")
    return lake


def home(seamline: Run, stack: Path, *, sent: bool) -> str:
    """A home that has read the checkouts, to which the event was sent as well."""
    at = str(stack / "kept")
    made = seamline("init", str(stack / "src"), "--org", str(stack / "org.toml"), "--home", at)
    assert made.returncode == 0, made.stderr
    if sent:
        line = {"source": "openlineage", "received_at": "2026-11-01T06:00:01Z", "headers": {}}
        (stack / "events.jsonl").write_text(json.dumps({**line, "body": json.dumps(EVENT)}) + "\n")
        taken = seamline("ingest", str(stack / "events.jsonl"), "--home", at)
        assert taken.returncode == 0, taken.stderr
    return at


def answer(seamline: Run, *arguments: str) -> dict[str, Any]:
    """The one answer to a question."""
    result = seamline("impact", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_file_of_events_is_followed(seamline: Run, stack: Path) -> None:
    """From the application's own table to the job that was seen to read its column."""
    recorded(stack)
    where = (str(stack / "src"), "--org", str(stack / "org.toml"))
    assert answer(seamline, *where, "--drop", "visits.room")["breaks"] == ["job:spark/daily"]
    assert answer(seamline, *where, "--drop", "visits.fax")["breaks"] == []


def test_a_home_keeps_what_it_read_of_them(seamline: Run, stack: Path) -> None:
    """No file has to be at hand."""
    recorded(stack)
    at = home(seamline, stack, sent=False)
    assert answer(seamline, "--home", at, "--drop", "visits.room")["breaks"] == ["job:spark/daily"]


def test_an_event_that_came_in_is_followed_like_a_file(seamline: Run, stack: Path) -> None:
    """Nobody has to read checkouts again."""
    at = home(seamline, stack, sent=True)
    found = answer(seamline, "--home", at, "--drop", "visits.room")
    assert found["breaks"] == ["job:spark/daily"]


@pytest.mark.parametrize("sent", [False, True])
def test_a_check_holds_what_a_recorded_job_needs(seamline: Run, stack: Path, *, sent: bool) -> None:
    """And passes what it does not, by file and by event."""
    if not sent:
        recorded(stack)
    at = home(seamline, stack, sent=sent)
    booking = stack / "src" / "booking"
    commit(booking, "drop", **{"migrations__V2__drop.sql": DROP.format("room")})
    held = seamline("check", str(booking), "--base", "HEAD~1", "--head", "HEAD", "--home", at, "--json")
    assert held.returncode == 3, (held.stdout, held.stderr)
    assert "daily" in json.loads(held.stdout)["verdict"]["findings"][0]["reason"]
    commit(booking, "drop", **{"migrations__V3__drop.sql": DROP.format("fax")})
    passed = seamline("check", str(booking), "--base", "HEAD~1", "--head", "HEAD", "--home", at)
    assert passed.returncode == 0, passed.stdout
