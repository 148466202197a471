"""`seamline bench rca`: cases put to the inquiry, and its answers printed."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seamline.terminal import exits, progress
from seamline.terminal.arguments import JsonOption

if TYPE_CHECKING:
    from seamline.bench.rca.answer import Answer
    from seamline.bench.rca.prediction import Prediction

FAILED = 1  # a case could not be answered; the others were

app = typer.Typer()

FoldersArgument = Annotated[
    list[Path], typer.Argument(metavar="DIR...", help="Folders of cases, or single cases.")
]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="Processes that work side by side.")]
LayoutOption = Annotated[
    str, typer.Option("--format", help="How the cases lie there: neutral, rcaeval, petshop or nezha.")
]


@app.command()
def rca(
    folders: FoldersArgument,
    layout: LayoutOption = "neutral",
    jobs: JobsOption = 1,
    json: JsonOption = False,
) -> None:
    """Find the root cause of recorded cases, one line each. A case's truth is never read for it."""
    failed = False
    for answer in _answers(folders, layout, jobs):
        failed = failed or bool(answer.trouble)
        if answer.trouble:
            exits.tell(f"error: {exits.said(answer.trouble, '')}")
        sys.stdout.write(_as_json(answer.prediction) if json else _as_line(answer))
        sys.stdout.flush()
    if failed:
        raise typer.Exit(FAILED)


def _answers(folders: list[Path], layout: str, jobs: int) -> "Iterator[Answer]":
    """Answers as they come; how far it is shows on stderr, unless the answers themselves are watched."""
    from seamline.bench.rca import answer
    from seamline.bench.rca.place import reader

    module = reader(layout)
    places = [place for folder in folders for place in module.places(folder)]
    with progress.on_stderr(f"{len(places)} cases") as on_progress:
        for n_done, answered in enumerate(answer.answers(places, layout=layout, jobs=jobs), start=1):
            if on_progress and not sys.stdout.isatty():
                on_progress(n_done, len(places))
            yield answered


def _as_json(prediction: "Prediction") -> str:
    import msgspec

    return msgspec.json.encode(prediction).decode() + "\n"


def _as_line(answer: "Answer") -> str:
    said = answer.prediction
    named = ", ".join(said.accuse or ()) or "nobody accused"
    first = next(iter(said.ranking or ()), None)
    top = f"{first.entity} {first.probability or 0:.0%}" if first else "no ranking"
    notes = "".join(f"\n    {exits.said(note, '')}" for note in answer.notes)
    return (
        exits.said(f"{said.case} {said.verdict} {named} (first: {top}) {said.seconds:g} s", "")
        + notes
        + "\n"
    )
