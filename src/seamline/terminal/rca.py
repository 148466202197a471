"""`seamline bench rca`: cases put to the inquiry, and its answers printed or held against their truth."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer
from msgspec import Struct

from seamline.model.errors import Fix
from seamline.terminal import exits, progress
from seamline.terminal.arguments import JsonOption

if TYPE_CHECKING:
    from seamline.bench.rca.answer import Answer
    from seamline.bench.rca.place import Place
    from seamline.bench.rca.prediction import Prediction
    from seamline.bench.rca.report import SetReport

FAILED = 1  # a case could not be answered; the others were

app = typer.Typer()

FoldersArgument = Annotated[
    list[str], typer.Argument(metavar="DIR...", help="Folders of cases, or single cases.")
]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="Processes that work side by side.")]
LayoutOption = Annotated[
    str, typer.Option("--format", help="How the cases lie there: neutral, rcaeval, petshop or nezha.")
]
ReportOption = Annotated[
    bool, typer.Option("--report", help="Score the answers, beside reference methods and chance.")
]
TruthOption = Annotated[
    Path | None,
    typer.Option("--truth", metavar="DIR", help="Truths: CASE.json or SET/CASE.json [the cases']."),
]
PredictionsOption = Annotated[
    list[Path] | None,
    typer.Option("--predictions", metavar="FILE", help="Score these lines instead of running anything."),
]
ByOption = Annotated[
    Literal["fault", "root"] | None, typer.Option("--by", help="Break the report down by this.")
]
MissesOption = Annotated[
    bool, typer.Option("--list-misses", help="What was not answered right: its rank, and what stood first.")
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="The report as a page that stands alone.")
]


class _Asked(Struct, frozen=True):
    """What is to be run, and on what."""

    sets: Mapping[str, "Sequence[Place]"]
    layout: str
    jobs: int

    def places(self) -> "list[Place]":
        return [place for part in self.sets.values() for place in part]


@app.command(name="rca")
def rca(
    folders: FoldersArgument,
    layout: LayoutOption = "neutral",
    jobs: JobsOption = 1,
    json: JsonOption = False,
    report: ReportOption = False,
    truth: TruthOption = None,
    predictions: PredictionsOption = None,
    by: ByOption = None,
    list_misses: MissesOption = False,
    html: HtmlOption = None,
) -> None:
    """Find the root cause of recorded cases, one line each; or report how good that is.

    What answers never sees a case's truth: the report reads it after the last answer.
    """
    asked = _Asked(_sets(folders, layout), layout, jobs)
    if not (report or truth or predictions or by or list_misses or html):
        failed = _print_answers(asked, json=json)
    else:
        reports, failed = _reports(asked, predictions, truth, by)
        _print_report(reports, json=json, misses=list_misses, html=html)
    if failed:
        raise typer.Exit(FAILED)


def _sets(folders: Sequence[str], layout: str) -> "dict[str, list[Place]]":
    """Cases by the name of their set. `folder=DIR` is taken as well, as other measurements have it."""
    from seamline.bench.rca.place import reader

    module = reader(layout)
    sets: dict[str, list[Place]] = {}
    for folder in folders:
        path = Path(folder.removeprefix("folder="))
        places = module.places(path)
        own = path.resolve().parent if [place.path for place in places] == [path] else path.resolve()
        sets.setdefault(own.name, []).extend(places)
    n_of = Counter(place.name for part in sets.values() for place in part)
    if doubled := [name for name, n in n_of.items() if n > 1]:
        raise Fix(
            f"two cases are called {doubled[0]}", hint="name each set once, and give each case its own name"
        )
    return sets


def _print_answers(asked: _Asked, *, json: bool) -> bool:
    """Each answer as soon as it is there; whether one failed."""
    failed = False
    for answer in _answers(asked, watched=sys.stdout.isatty()):
        failed = failed or bool(answer.trouble)
        sys.stdout.write(_as_json(answer.prediction) if json else _as_line(answer))
        sys.stdout.flush()
    return failed


def _answers(asked: _Asked, *, watched: bool) -> "Iterator[Answer]":
    """Answers as they come, troubles told; how far it is shows on stderr, unless the answers themselves are watched."""
    from seamline.bench.rca import answer

    places = asked.places()
    with progress.on_stderr(f"answering {len(places)} cases") as on_progress:
        found = answer.answers(places, layout=asked.layout, jobs=asked.jobs)
        for n_done, answered in enumerate(found, start=1):
            if on_progress and not watched:
                on_progress(n_done, len(places))
            if answered.trouble:
                exits.tell(f"error: {exits.said(answered.trouble, '')}")
            yield answered


def _reports(
    asked: _Asked, predictions: Sequence[Path] | None, truth: Path | None, by: Literal["fault", "root"] | None
) -> "tuple[tuple[SetReport, ...], bool]":
    """The reports, and whether a case failed. Truths are opened once all answers are there."""
    from seamline.bench.rca import report as reporting
    from seamline.bench.rca import truths

    truths.check(asked.places(), asked.layout, truth)
    name, said, peak_mb, failed = _given(asked, predictions) if predictions else _own(asked)
    n_all = len(asked.places())
    scored: dict[str, list[reporting.Runs]] = {part: [] for part in asked.sets}
    with progress.on_stderr(f"scoring {n_all} cases") as on_progress:
        for n_done, (part, place) in enumerate(_each(asked), start=1):
            rows = reporting.scored(place, asked.layout, truth, name, said.get(place.name))
            scored[part].append(rows)
            if on_progress:
                on_progress(n_done, n_all)
    return reporting.report(scored, by=by, peak_mb=peak_mb), failed


class _Said(NamedTuple):
    """The predictions that are scored, and what they are called."""

    name: str
    predictions: "Mapping[str, Prediction]"
    peak_mb: float | None = None
    failed: bool = False


def _own(asked: _Asked) -> _Said:
    answers = list(_answers(asked, watched=False))
    return _Said(
        "seamline",
        {a.prediction.case: a.prediction for a in answers},
        max((a.peak_mb for a in answers if a.peak_mb), default=None),
        any(a.trouble for a in answers),
    )


def _given(asked: _Asked, files: Sequence[Path]) -> _Said:
    from seamline.bench.rca import prediction

    said = prediction.read(files)
    strange = sorted(said.keys() - {place.name for place in asked.places()})
    if strange:
        exits.tell(
            exits.said(f"note: {len(strange)} predictions are of no case here, such as {strange[0]}", "")
        )
    return _Said("given", said)


def _each(asked: _Asked) -> "Iterator[tuple[str, Place]]":
    for part, places in asked.sets.items():
        for place in places:
            yield part, place


def _print_report(reports: "Sequence[SetReport]", *, json: bool, misses: bool, html: Path | None) -> None:
    import msgspec

    from seamline.terminal import rca_report

    if html is not None:
        from seamline.bench.rca.page import write

        write(html, reports)
        exits.tell(f"written: {html}")
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(reports), indent=2).decode() + "\n")
    else:
        rca_report.show(reports, misses=misses)


def _as_json(prediction: "Prediction") -> str:
    import msgspec

    return msgspec.json.encode(prediction).decode() + "\n"


def _as_line(answer: "Answer") -> str:
    said = answer.prediction
    named = ", ".join(said.accuse or ()) or "nobody accused"
    first = next(iter(said.ranking or ()), None)
    top = f"{first.entity} {first.probability or 0:.0%}" if first else "no ranking"
    notes = "".join(f"    {exits.said(note, '')}\n" for note in answer.notes)
    return (
        exits.said(f"{said.case} {said.verdict} {named} (first: {top}) {said.seconds:g} s", "") + f"\n{notes}"
    )
