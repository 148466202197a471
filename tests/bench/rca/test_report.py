"""The report: what is said beside what, in the terminal and on the page."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from seamline.bench.rca import folder, page, report, wording
from seamline.bench.rca.prediction import Prediction, RankedChange, RankedEntity
from seamline.bench.rca.report import SetReport
from seamline.terminal import rca_report
from tests.bench.rca.cases import at, metrics, write

NAMES = ("right", "wrong", "calm")


@pytest.fixture
def reports(tmp_path: Path) -> tuple[SetReport, ...]:
    """Two sets: a case answered right, one answered wrong whose root is quiet, and one where nothing was."""
    scored: dict[str, list[report.Runs]] = {}
    for name in ("shop & <i>", "other"):
        root = tmp_path / name
        write(root, f"{name}-right")
        write(root, f"{name}-wrong", files={"metrics.csv.gz": metrics(guilty="cart")})
        write(root, f"{name}-calm", truth={"root_entities": [], "fault": "", "guilty_change": None})
        for place in folder.places(root):
            said = Prediction(place.name, (RankedEntity("stock" if "right" in place.name else "cart", 0.8),))
            scored.setdefault(name, []).append(report.scored(place, "neutral", None, "seamline", said))
    return report.report(scored, by="root", peak_mb=123.0)


def test_every_set_stands_alone_and_all_together(reports: tuple[SetReport, ...]) -> None:
    """The examined method first, chance last, and figures over the right cases."""
    assert [(r.name, r.standings[0].scores.n) for r in reports] == [
        ("shop & <i>", 3),
        ("other", 3),
        ("all sets", 6),
    ]
    methods = [s.method for s in reports[0].standings]
    assert (methods[0], methods[-1]) == ("seamline", "chance")
    assert "recency" not in methods  # nothing had changed
    assert reports[0].standings[0].scores.figures["AC@1"].value == 0.5
    assert reports[0].standings[0].peak_mb == 123.0


def test_the_hard_cases_stand_apart(reports: tuple[SetReport, ...]) -> None:
    """Where the root is the loudest node and where it is not."""
    groups = {g.name: g.standings[0].scores for g in reports[2].loudness}
    assert {name: scores.n for name, scores in groups.items()} == {
        "the loudest node": 2,
        "not the loudest node": 2,
    }
    assert groups["not the loudest node"].figures["AC@1"].value == 0


def test_what_was_missed_is_told_once(reports: tuple[SetReport, ...]) -> None:
    """With the true entity's rank and what stood first; a false accusation too; not of all sets once more."""
    missed = {m.case: (m.truth, m.rank, m.first) for m in reports[1].missed}
    assert missed == {"other-wrong": ("stock", None, "cart"), "other-calm": ("", None, "cart")}
    assert reports[2].missed == ()


def test_a_fault_without_a_guilty_change_has_its_roots_rank(tmp_path: Path) -> None:
    """Where a change is asked for and none is guilty, the list tells how far the root was."""
    change = f'{{"id":"r","kind":"deploy","entity":"cart","at":"{at(600)}"}}'
    (place,) = folder.places(write(tmp_path, question="change", files={"changes.jsonl": change}))
    said = Prediction(
        place.name, (RankedEntity("cart", 0.6), RankedEntity("stock", 0.3)), (RankedChange("r", 0.4),)
    )
    (one,) = report.report({"set": [report.scored(place, "neutral", None, "seamline", said)]})
    assert [(m.truth, m.rank, m.first) for m in one.missed] == [("stock", 2, "r")]
    assert "recency" in [s.method for s in one.standings]


def test_the_best_reference_is_the_one_to_beat(reports: tuple[SetReport, ...]) -> None:
    """Case by case, with an exact p."""
    versus = reports[2].versus
    assert versus is not None
    assert versus.p == report.mcnemar(versus.n_only_here, versus.n_only_there)
    assert versus.difference is not None


def test_a_case_that_can_not_be_read_is_missed_by_all(tmp_path: Path) -> None:
    """It stays in every mean."""
    (place,) = folder.places(write(tmp_path, files={"metrics.csv.gz": "time,a:x\nnever,1\n"}))
    rows = report.scored(place, "neutral", None, "seamline", None)
    assert {runs[0][0].entity_rank for runs in rows.values()} == {float("inf")}


def _printed(reports: tuple[SetReport, ...], encoding: str) -> str:
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="replace")
    rca_report.show(reports, misses=True, console=Console(file=out, width=200))
    out.seek(0)
    return out.read()


def test_the_terminal_shows_every_figure_with_chance_beside_it(reports: tuple[SetReport, ...]) -> None:
    """A line a method, the hard cases, the reliability bars, and the missed."""
    text = _printed(reports, "utf-8")
    for word in (
        "AC@1 [95 %]",
        "MRR",
        "FA",
        "ECE",
        "peak MB",
        "chance (mean of 20)",
        "McNemar",
        "not the loudest node",
        "█",
    ):
        assert word in text
    assert re.search(r"other-wrong +stock +cpu +not named +cart +0.80", text)
    assert re.search(r"other-calm +no fault +cart +0.80", text)


def test_a_plain_terminal_gets_plain_bars(reports: tuple[SetReport, ...]) -> None:
    """No question marks where there should be a bar."""
    text = _printed(reports, "ascii")
    assert "?" not in text
    assert "####" in text


class _Read(HTMLParser):
    """Which tags and attributes a page has, and whether what opens closes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href")]
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_stands_alone(reports: tuple[SetReport, ...], tmp_path: Path) -> None:
    """No script, nothing from elsewhere, well formed, and texts of cases are escaped."""
    page.write(tmp_path / "report.html", reports)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    read = _Read()
    read.feed(text)
    assert read.open == []
    assert "script" not in read.tags
    assert all(link.startswith("#") for link in read.links)
    assert "url(" not in text
    assert "shop &amp; &lt;i&gt;" in text
    assert "<i>" not in text
    assert text.count("<svg") == 6


def test_the_page_says_what_the_terminal_says(reports: tuple[SetReport, ...]) -> None:
    """Every figure of every method."""
    text = page.render(reports)
    for one in reports:
        for standing in one.standings:
            for cell in wording.cells(standing, wording.figures(one), wording.headline(one)):
                assert f">{cell}<" in text
