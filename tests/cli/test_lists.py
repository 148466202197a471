"""Lists of what is on the map: readable in 80 columns, picked by kind, domain and name, with a total."""

import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from seamline.model.stack import Entity, LooseEnd
from seamline.terminal import lists
from tests.cli.conftest import Run

MAP = """\
[[person]]
id = "mara"
[[person]]
id = "ben"
reports_to = "mara"
[[entity]]
ref = "service:booking"
owner = "ben"
[[entity]]
ref = "dataset:postgres://visits-db:5432/clinic.public.visits"
owner = "ben"
[[entity]]
ref = "dataset:postgres://visits-db:5432/clinic.public.invoices"
owner = "mara"
[[alias]]
ref = "service:booking"
same_as = ["scrape:appt"]
[[relation]]
from = "service:booking"
kind = "calls"
to = "service:ghost"
"""
LONG = (
    "dataset:postgres://a-very-long-name-of-a-database-host.of.the.clinic.example:5432/clinic.public."
    + "x" * 90
)


@pytest.fixture
def listed(seamline: Run, home: Path) -> Run:
    """The command line on a home with a small map."""
    home.mkdir()
    (home / "seamline.toml").write_text(MAP)
    assert seamline("configure").returncode == 0
    return seamline


def refs(listed: Run, *arguments: str) -> list[str]:
    done = listed("entities", "--json", *arguments)
    return [e["ref"].rpartition("/")[2] for e in json.loads(done.stdout)["entities"]]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (("--kind", "service"), ["service:booking"]),
        (("--kind", "service", "--kind", "dataset", "--domain", "dev"), ["service:booking"]),
        (("--match", "VISITS"), ["clinic.public.invoices", "clinic.public.visits"]),  # in the host of both
        (("--match", "public*it"), ["clinic.public.visits"]),
        (("--match", "appt"), ["service:booking"]),  # its other spelling
        (("--match", "[0-9]"), []),
        (("--kind", "queue"), []),
    ],
)
def test_entities_are_picked(listed: Run, arguments: tuple[str, ...], found: list[str]) -> None:
    """By kind, by domain, and by a part of any spelling; all that is given has to fit."""
    assert [ref for ref in refs(listed, *arguments) if ref != "service:ghost"] == found


def test_loose_ends_are_picked(seamline: Run, tmp_path: Path) -> None:
    """By kind and by name; the rows that there are besides are counted."""
    (tmp_path / "d.jsonl").write_text(
        "".join(
            json.dumps(
                {
                    "source": "json", "received_at": "2026-11-20T12:00:00Z", "headers": {},
                    "body": json.dumps({
                        "type": "change", "id": ref, "entity": ref, "at": "2026-11-20T12:00:00Z", "kind": "deploy",
                    }),
                }
            ) + "\n"
            for ref in ("service:ghost", "queue:mail")
        )
    )  # fmt: skip
    assert seamline("ingest", str(tmp_path / "d.jsonl")).returncode == 0
    for arguments in (("--kind", "queue"), ("--match", "MAI")):
        done = seamline("loose-ends", "--json", *arguments)
        assert [end["ref"] for end in json.loads(done.stdout)["loose_ends"]] == ["queue:mail"]
    assert "1 loose end (of 2 rows)" in seamline("loose-ends", "--kind", "queue").stdout


def test_a_total_says_how_many_of_what(listed: Run) -> None:
    """The last line; nothing that fits is said so as well, and ends well."""
    told = listed("entities", "--kind", "dataset").stdout.splitlines()[-1]
    assert told.startswith("2 entities of ")
    assert told.endswith(": 2 datasets")
    done = listed("entities", "--kind", "queue")
    assert (done.returncode, done.stdout[:8]) == (0, "None of ")


def test_a_domain_that_is_none_is_refused(listed: Run) -> None:
    """With those there are."""
    done = listed("entities", "--domain", "ops")
    assert done.returncode == 2
    assert "dev, platform, support, data, vendor" in done.stderr


def drawn(name: str, rows: list[Entity] | list[LooseEnd]) -> list[str]:
    out = StringIO()
    lists.show(name, rows, len(rows), Console(file=out, width=80))
    return out.getvalue().splitlines()


def test_entities_fit_a_narrow_terminal() -> None:
    """No line is longer than it is wide, whatever the names; the address that names share stands above them once."""
    rows = [
        Entity(ref, "dataset", "data", owner, "declared", ref, ("scrape:x",))
        for ref, owner in (
            ("dataset:postgres://db/a.b.c", "ben"), ("dataset:postgres://db/a.b.d", "x" * 99), (LONG, "ben"),
        )
    ]  # fmt: skip
    told = drawn("entities", rows)
    assert max(map(len, told)) <= 80
    assert "data dataset  postgres://db/" in told
    assert sum("postgres://db/" in line for line in told) == 1
    assert "x" * 76 in "".join(line.strip() for line in told)


def test_loose_ends_fit_a_narrow_terminal() -> None:
    """Each with why and what it may be; contested owners stand below, what is said of several once."""
    why = "checkout says ann owns it; ben is inherited"
    told = drawn(
        "loose_ends",
        [
            LooseEnd("dataset:d/a", why, evidence="CODEOWNERS:1", contested=True),
            LooseEnd("dataset:d/b", why, evidence="CODEOWNERS:1", contested=True),
            LooseEnd(LONG, "spoken of by 2 alerts " * 8, "service:x", 'both are called "x"'),
        ],
    )
    assert max(map(len, told)) <= 80
    assert '  may be service:x: both are called "x"' in told
    assert [line.strip() for line in told[-5:]] == [
        why, "CODEOWNERS:1", "dataset:d/a", "dataset:d/b", "1 loose end, 2 contested owners",
    ]  # fmt: skip
