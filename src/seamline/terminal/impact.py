"""`seamline impact`: what breaks, and what silently loses a column, if a relation changes."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seamline.terminal import exits
from seamline.terminal.arguments import JsonOption

if TYPE_CHECKING:
    from seamline.app.impact import Answer

app = typer.Typer()

ManifestOption = Annotated[
    list[Path], typer.Option("--manifest", metavar="FILE", help="dbt's manifest.json, also .gz or .zst.")
]
CatalogOption = Annotated[
    list[Path] | None,
    typer.Option("--catalog", metavar="FILE", help="dbt's catalog.json: the columns there really are."),
]
ChangesOption = Annotated[
    str, typer.Option("--changes", metavar="FILE", help="Changes as JSON, one a line; - for stdin.")
]
ChangeOption = Annotated[
    list[str] | None, typer.Option("--change", metavar="JSON", help='{"kind", "relation", "column", "to"}.')
]
DropOption = Annotated[
    list[str] | None, typer.Option("--drop", metavar="RELATION.COLUMN", help="Ask about dropping a column.")
]
DialectOption = Annotated[
    str, typer.Option("--dialect", help="Read all SQL as this dialect, whatever the manifest says.")
]
NoCacheOption = Annotated[
    bool, typer.Option("--no-cache", help="Read every statement anew, and keep nothing for the next time.")
]


@app.command()
def impact(
    manifest: ManifestOption,
    catalog: CatalogOption = None,
    changes: ChangesOption = "",
    change: ChangeOption = None,
    drop: DropOption = None,
    dialect: DialectOption = "",
    no_cache: NoCacheOption = False,
    json: JsonOption = False,
) -> None:
    """Tell what breaks downstream, and what silently loses a column, if a relation changes."""
    from seamline.app import impact as verb
    from seamline.bootstrap import open_lineage
    from seamline.model.errors import Fix
    from seamline.terminal import breakage

    lines = _asked(changes, change or (), drop or ())
    if lines is None:
        raise Fix("nothing is asked", hint="--changes FILE, --change JSON or --drop db.schema.table.column")
    with open_lineage(manifest, catalog or (), dialect=dialect, keep=not no_cache) as asked:
        if not json:
            breakage.show_troubles(asked.project)
        failed = False
        for answer in verb.answers(asked, lines):
            failed |= _tell(answer, changes)
            if json:
                sys.stdout.write(verb.form(answer).decode() + "\n")
            elif answer.told is not None:
                breakage.show(asked.project, answer)
    if failed:
        raise typer.Exit(exits.USAGE)


def _tell(answer: "Answer", file: str) -> bool:
    """One line on stderr for a question that has no answer."""
    if answer.error:
        where = f"{'stdin' if file == '-' else file}:{answer.line}: " if file else ""
        exits.tell(f"error: {where}{exits.said(answer.error, answer.hint)}")
    return bool(answer.error)


def _asked(file: str, changes: Iterable[str], drops: Iterable[str]) -> Iterator[str] | None:
    """The lines of the file, else the changes of the command line."""
    if file:
        return _lines(file)
    from msgspec.json import encode

    said = [*changes]
    for one in drops:
        relation, _, column = one.rpartition(".")
        said.append(
            encode({"kind": "drop_column", "relation": relation, "column": column.strip('"`[]')}).decode()
        )
    return iter(" ".join(text.splitlines()) for text in said) if said else None


def _lines(file: str) -> Iterator[str]:
    from seamline.model.errors import Fix

    try:
        stream = sys.stdin if file == "-" else Path(file).open(encoding="utf-8-sig", errors="replace")  # noqa: SIM115
    except OSError as error:
        raise Fix(
            f"{file}: can't be read ({error.strerror})", hint="one change a line, - for stdin"
        ) from error
    with stream:
        yield from stream
