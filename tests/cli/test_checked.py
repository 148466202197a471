"""A check told in the terminal, to a code scanner and on a pull request."""

import json
import re
from datetime import UTC, datetime
from io import StringIO

from msgspec.structs import replace
from rich.console import Console

from seamline.model.artefact import Place, Unread
from seamline.model.verdict import Checked, Finding, Verdict
from seamline.terminal import verdict as gate
from seamline.terminal.checked import markdown, sarif, text

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
SEAM = ("service:courses", "dataset:warehouse/raw.courses", "reads")
HOLD = Finding(
    "migration/drop-column", "hold", "high", 0.95, SEAM,
    "courses_run.url_path goes, and 2 models read it", "stop reading it first, then drop it",
    entity="dataset:app://courses/courses_run", place=Place("courses", "courses/migrations/0042 drop.py", 17),
    downstream=(("model.shop.stg_runs",), ("model.shop.runs", "dashboard:Runs")), person="petra",
)  # fmt: skip
NOTE = Finding(
    "openapi/response-optional-property-removed", "note", "low", 0.6, None, "GET /runs no longer says `hint`", "",
    place=Place("courses", "api.yaml"), person="dario",
)  # fmt: skip
UNREAD = Unread(
    Place("courses", "chart/templates/app.yaml"), "a template, not yet rendered", "helm template it first"
)


def checked(*findings: Finding, outcome: str = "hold") -> Checked:
    """A check with these findings, decided by Mara."""
    override = "mara may pass it: seamline decide 1 --pass --why TEXT" if outcome == "hold" else ""
    verdict = Verdict("1", outcome, findings, "mara", "lowest person above both", AT, None, override)  # type: ignore[arg-type]
    names = {"mara": "Mara Vogel", "petra": "Petra Lang", "dario": "Dario Ruiz"}
    return Checked("courses", "a" * 40, "", verdict, "0.1.0/3f2a", names, ("warehouse",), (UNREAD,))


def page(c: Checked, width: int = 100) -> str:
    out = StringIO()
    text.show(c, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def test_the_page_says_what_who_where_and_the_way_past() -> None:
    """What stops the change comes first; a note comes last; nothing is cut at 80 columns."""
    said = page(checked(NOTE, HOLD), 80)
    assert said.index("HOLD") < said.index("Petra Lang") < said.index("Dario Ruiz")
    for part in ("0042 drop.py:17", "stg_runs", "hop 2", "decides", "seamline decide", "could not be read"):
        assert part in " ".join(said.split())


def test_what_sure_means_is_said_once() -> None:
    """Where a page, a comment or the gate's answer says how sure a rule is, it says that nobody calibrated that."""
    c = checked(NOTE, HOLD)
    out = StringIO()
    gate.show(c.verdict, Console(file=out, width=100, highlight=False))
    for said in (page(c), markdown.render(c), out.getvalue()):
        assert "95% sure" in " ".join(said.split())
        assert said.count("not calibrated") == 1
    assert "calibrated" not in page(checked(outcome="pass")) + markdown.render(checked(outcome="pass"))


def test_a_pass_says_so_and_names_no_way_past() -> None:
    """Who reads it knows what was looked at."""
    said = page(checked(outcome="pass"))
    assert said.startswith("PASS")
    assert "override" not in said
    assert "warehouse" in said


def test_markdown_names_each_person_once() -> None:
    """However many findings are theirs."""
    said = markdown.render(checked(HOLD, NOTE, HOLD))
    assert [said.count(n) for n in ("Petra Lang", "Dario Ruiz", "Mara Vogel")] == [1, 1, 1]
    assert said.startswith(markdown.MARK)


def test_markdown_pings_nobody_and_runs_nothing() -> None:
    """What stands in a repository is text, whatever it looks like."""
    nasty = Finding(
        "x/y", "hold", "high", 1.0, None, "@everyone <img src=x> [a](b) **c**", "`do`", person="petra"
    )
    said = markdown.render(checked(nasty))
    assert "@everyone" not in said
    for raw in (r"<img", r"\[a", r"\*c", "`do"):
        assert not re.search(rf"(?<!\\){raw}", said)


def test_a_comment_stays_within_what_hosts_take() -> None:
    """It is cut at a line, and says that it is."""
    many = [
        Finding("x/y", "hold", "high", 1.0, None, f"{n} " + "long " * 40, "", person="petra")
        for n in range(900)
    ]
    said = markdown.render(checked(*many))
    assert len(said) < 65_536
    assert "cut here" in said


def test_sarif_has_what_scanners_read() -> None:
    """Version, rules, levels, places with quoted paths, and fingerprints that outlive a moved line."""
    told = json.loads(sarif.render(checked(HOLD, NOTE)))
    (run,) = told["runs"]
    assert told["version"] == "2.1.0"
    assert [r["level"] for r in run["results"]] == ["error", "note"]
    where = run["results"][0]["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "courses/migrations/0042%20drop.py"
    assert where["region"] == {"startLine": 17}
    rules = [r["id"] for r in run["tool"]["driver"]["rules"]]
    assert all(rules[r["ruleIndex"]] == r["ruleId"] for r in run["results"])
    assert run["invocations"][0]["toolExecutionNotifications"]


def test_a_finding_keeps_its_fingerprint_when_its_line_moves() -> None:
    """Else a scanner would open it again with every edit above it."""
    moved = replace(HOLD, place=Place("courses", "courses/migrations/0042 drop.py", 99))
    one, other = (json.loads(sarif.render(checked(f)))["runs"][0]["results"][0] for f in (HOLD, moved))
    assert one["partialFingerprints"] == other["partialFingerprints"]


def test_a_hold_that_somebody_passed_is_suppressed_for_scanners_and_told_to_reviewers() -> None:
    """With who did, and why."""
    passed = checked(HOLD, NOTE, outcome="pass")
    passed = replace(passed, verdict=replace(passed.verdict, why_person="mara decided to pass it: moved"))
    held, noted = json.loads(sarif.render(passed))["runs"][0]["results"]
    assert held["suppressions"][0]["justification"] == "mara decided to pass it: moved"
    assert "suppressions" not in noted
    assert "Passed all the same: mara decided to pass it: moved" in markdown.render(passed)
    assert "passed by  Mara Vogel" in page(passed)


def test_a_hold_that_reaches_hundreds_stays_readable() -> None:
    """The nearest by name, the rest by number, unless all are asked for."""
    hops = tuple(tuple(f"model.shop.m{hop}_{n}" for n in range(60)) for hop in range(5))
    wide = checked(replace(HOLD, downstream=hops))
    said = page(wide, 80)
    assert len(said.splitlines()) < 30
    assert "120 more, up to hop 5" in " ".join(said.split())
    out = StringIO()
    text.show(wide, Console(file=out, width=80), every=True)
    assert "m4_59" in out.getvalue()
    assert len(markdown.render(wide)) < 1_500


def test_many_notes_are_folded_in_a_comment() -> None:
    """What stops the change is not pushed out of sight; a comment that is cut leaves nothing open."""
    few, many = (
        markdown.render(checked(HOLD, *(replace(NOTE, reason=f"{n}") for n in range(n_notes))))
        for n_notes in (3, 4)
    )
    assert "<details>" not in few
    assert "<summary>4 notes</summary>" in many
    cut = markdown.render(checked(*(replace(NOTE, reason=f"{n} " + "long " * 40) for n in range(900))))
    assert cut.count("<details>") == cut.count("</details>") == 1
    assert len(cut) < 65_536


def test_json_is_the_whole_check() -> None:
    """Programs get what people get."""
    told = json.loads(text.as_json(checked(HOLD)))
    assert told["verdict"]["outcome"] == "hold"
    assert told["verdict"]["findings"][0]["downstream"][0] == ["model.shop.stg_runs"]


def test_a_step_of_no_length_says_so() -> None:
    """A wrong base in a pipeline would be green for ever."""
    same = replace(checked(outcome="pass"), head="a" * 40)
    assert "nothing to compare" in page(same)
    assert "nothing to compare" in markdown.render(same)
