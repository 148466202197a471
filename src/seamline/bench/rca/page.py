"""A report as one page that needs nothing else: no script, no font, no picture from elsewhere."""

import math
from collections.abc import Sequence
from pathlib import Path

import jinja2
from msgspec import Struct

from seamline.bench.rca import wording
from seamline.bench.rca.report import CHANCE, SetReport, Standing
from seamline.bench.rca.scores import Bin
from seamline.model.errors import Fix

SIDE = 300.0  # user units of the reliability diagram's square
LENGTH = 360.0  # of the axis from 0 to 1 on which methods stand
ROW = 32.0
Z = 1.96  # standard normal deviate of 95 %


class Mark(Struct, frozen=True):
    """One tenth in the reliability diagram, in user units from its upper left corner."""

    x: float
    y: float
    low: float  # ends of the interval; y grows downwards
    high: float
    r: float
    said: str


class Spot(Struct, frozen=True):
    """One method on its axis, in user units; `low` and `high` equal x where there is no interval."""

    name: str
    y: float
    x: float
    low: float
    high: float
    said: str
    kind: str  # ours, reference, chance


class Cells(Struct, frozen=True):
    """A table of groups: what they are, and a row each."""

    title: str
    heading: str
    rows: tuple[tuple[str, ...], ...]


class Section(Struct, frozen=True):
    """A set's part of the page."""

    report: SetReport
    anchor: str
    headline: str
    spots: tuple[Spot, ...]
    marks: tuple[Mark, ...]
    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    compared: tuple[str, ...]
    tables: tuple[Cells, ...]


def write(path: Path, reports: Sequence[SetReport]) -> None:
    """The page into a file. Raises Fix where that can't be written."""
    html = render(reports)
    try:
        path.write_text(html, encoding="utf-8")
    except OSError as error:
        raise Fix(
            f"{path}: can't be written ({error.strerror})", hint="name a file in a folder that is there"
        ) from error


def render(reports: Sequence[SetReport]) -> str:
    """The page's text."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seamline.bench.rca", "pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    sections = [section(report, f"set-{n}") for n, report in enumerate(reports, start=1)]
    shown = {name for one in sections for name in one.names}
    meanings = {name: about for name, about in wording.FIGURES.items() if name in shown}
    return environment.get_template("report.html").render(
        sections=sections,
        meanings=meanings,
        side=SIDE,
        length=LENGTH,
        row=ROW,
        versus=wording.versus,
        blame=wording.blame,
    )


def section(report: SetReport, anchor: str) -> Section:
    """Everything drawn of one set, worked out."""
    names, leading = wording.figures(report), wording.headline(report)
    shown = wording.compared(report)
    parts = [("Where the root is the loudest node, and where it is not", "the root is", report.loudness)]
    if report.by:
        parts.append((f"By {report.by}", report.by, report.groups))
    return Section(
        report=report,
        anchor=anchor,
        headline=leading,
        spots=tuple(spot(standing, leading, place) for place, standing in enumerate(report.standings)),
        marks=tuple(mark(one) for one in report.standings[0].scores.bins if one.n),
        names=tuple(names),
        rows=tuple((wording.named(s), tuple(wording.cells(s, names, leading))) for s in report.standings),
        compared=tuple(wording.named(s) for s in shown),
        tables=tuple(
            Cells(title, heading, tuple(wording.group_cells(group, shown, leading) for group in groups))
            for title, heading, groups in parts
        ),
    )


def spot(standing: Standing, leading: str, place: int) -> Spot:
    """A method in its row, on the axis of the leading figure."""
    figure = standing.scores.figures.get(leading)
    value, low, high = (figure.value, figure.low, figure.high) if figure else (0.0, math.nan, math.nan)
    ends = (value, value) if math.isnan(low) else (low, high)
    kind = "ours" if place == 0 else "chance" if standing.method == CHANCE else "reference"
    x, left, right = (round(v * LENGTH, 1) for v in (value, *ends))
    said = wording.figure(figure, interval=False)
    return Spot(standing.method, place * ROW + ROW / 2, x, left, right, said, kind)


def mark(one: Bin) -> Mark:
    """A tenth where it was as often right as it says on the diagonal."""
    low, high = wilson(one.right, one.n)
    cases = "1 case" if one.n == 1 else f"{one.n} cases"
    return Mark(
        x=round(one.said * SIDE, 1),
        y=round((1 - one.right) * SIDE, 1),
        low=round((1 - low) * SIDE, 1),
        high=round((1 - high) * SIDE, 1),
        r=round(min(14.0, 2.5 + 1.2 * math.sqrt(one.n)), 1),
        said=f"{cases}: said {one.said:.2f}, right {one.right:.2f} (95 % {low:.2f} to {high:.2f})",
    )


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a share of n (Wilson 1927); it stays within 0 and 1, and is wide where n is small.

    >>> [round(end, 3) for end in wilson(0.5, 10)]
    [0.237, 0.763]
    """
    spread = Z * math.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    middle, scale = share + Z**2 / (2 * n), 1 + Z**2 / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
