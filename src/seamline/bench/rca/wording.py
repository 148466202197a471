"""How a report on root-cause cases words its figures, in the terminal and on a page alike."""

from collections.abc import Mapping

from seamline.bench.rca.report import CHANCE, N_CHANCES, Group, SetReport, Standing
from seamline.bench.rca.scores import Figure

FIGURES: Mapping[str, str] = {
    "HR@1": "the guilty change is put first",
    "HR@3": "it is among the first three",
    "MAR": "its mean rank",
    "AC@1": "the root entity is put first",
    "AC@3": "it is among the first three",
    "Avg@5": "mean of AC@1 to AC@5",
    "MRR": "mean of 1/rank",
    "FA": "share of the cases without a fault in which something is accused",
    "accused": "the same of the cases with one",
    "right": "share of those accusations that hold",
    "ECE": "how far the first probability lies from how often it is right",
    "median s": "seconds a case; with reading it where it was run for this report",
    "peak MB": "the most memory a process held",
}
_BESIDE = ("ECE", "median s", "peak MB")  # not means over cases


def figures(report: SetReport) -> list[str]:
    """The names of the figures that there are, in the order they are shown in."""
    known = {name for standing in report.standings for name in standing.scores.figures}
    return [name for name in FIGURES if name in known or name in _BESIDE]


def cells(standing: Standing, names: list[str], leading: str) -> list[str]:
    """A method's figures in words; the leading one's with its interval."""
    beside = {
        "ECE": _number(standing.scores.ece, 2),
        "median s": _number(standing.scores.median_s, 4),
        "peak MB": _number(standing.peak_mb, 0),
    }
    known = standing.scores.figures
    return [beside[n] if n in beside else figure(known.get(n), interval=n == leading) for n in names]


def headline(report: SetReport) -> str:
    """The figure that is looked at first."""
    return "HR@1" if report.change_asked else "AC@1"


def named(standing: Standing) -> str:
    """A method as tables call it."""
    return f"{CHANCE} (mean of {N_CHANCES})" if standing.method == CHANCE else standing.method


def blame(report: SetReport) -> str:
    """In a sentence how good the first method is at changes, faults without a guilty one apart."""
    found = report.standings[0].scores.blame
    if found is None:
        return ""
    return (
        f"Of {found.n_guilty} cases with a guilty change (either of two that did it together): first {figure(found.first, interval=True)}, "
        f"mean rank {figure(found.mean_rank, interval=True)}. Of {found.n_others} without: a change is accused in "
        f"{figure(found.accused, interval=True)}."
    )


def versus(report: SetReport) -> str:
    """The comparison with the best reference in a sentence."""
    other = report.versus
    if other is None:
        return ""
    return (
        f"Against {other.method}, the reference most often right: right only here {other.n_only_here}, only there "
        f"{other.n_only_there}, exact McNemar p {other.p:.3f}, difference {figure(other.difference, interval=True, sign=True)}."
    )


def compared(report: SetReport) -> list[Standing]:
    """What no figure stands without: the best reference, recency and chance beside the examined method."""
    best = report.versus.method if report.versus else ""
    first, *others = report.standings
    return [first, *(s for s in others if s.method in (best, "recency", CHANCE))]


def figure(value: Figure | None, *, interval: bool = False, sign: bool = False) -> str:
    """Two digits, and the ends of the interval where there is one."""
    if value is None:
        return "-"
    said = f"{value.value:+.2f}" if sign else f"{value.value:.2f}"
    ends = interval and value.low == value.low  # NaN: there is none
    return f"{said} [{value.low:.2f} {value.high:.2f}]" if ends else said


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def group_cells(group: Group, shown: list[Standing], leading: str) -> tuple[str, ...]:
    """A group's name, its cases, and the leading figure of each method shown, the first one's with its interval."""
    of = {standing.method: standing.scores for standing in group.standings}
    said = [figure(of[s.method].figures.get(leading), interval=s is shown[0]) for s in shown]
    return (group.name, str(group.standings[0].scores.n), *said)
