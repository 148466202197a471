"""`seamline impact`: what breaks, and what silently loses a column, if a relation changes."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seamline.terminal import exits
from seamline.terminal.arguments import JsonOption

if TYPE_CHECKING:
    from seamline.app.chain import Followed
    from seamline.app.impact import Answer
    from seamline.app.trace import Traced
    from seamline.terminal.chain import Where

_NOWHERE = "neither checkouts nor a manifest are named"
_SOMEWHERE = "seamline impact PATH..., --manifest FILE or --home DIR says where to look"
_NOTHING = "--drop RELATION.COLUMN, --change JSON, --changes FILE, --downstream or --upstream, beside PATH..., --manifest or --home"

app = typer.Typer()

PathsArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="PATH", help="Checkouts: applications, loads, dbt projects, reports."),
]
ManifestOption = Annotated[
    list[Path] | None,
    typer.Option("--manifest", metavar="FILE", help="dbt's manifest.json, also .gz or .zst."),
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
DownstreamOption = Annotated[
    list[str] | None,
    typer.Option("--downstream", metavar="RELATION.COLUMN", help="Tell all columns that are made of it."),
]
UpstreamOption = Annotated[
    list[str] | None,
    typer.Option("--upstream", metavar="RELATION.COLUMN", help="Tell all columns that it is made of."),
]
DialectOption = Annotated[
    str, typer.Option("--dialect", help="Read all SQL as this dialect, whatever the manifest says.")
]
NoCacheOption = Annotated[
    bool, typer.Option("--no-cache", help="Read every statement anew, and keep nothing for the next time.")
]
KeptOption = Annotated[
    Path | None, typer.Option("--home", metavar="DIR", help="A home that knows the repositories.")
]
OrgOption = Annotated[
    Path | None, typer.Option("--org", metavar="FILE", help="A seamline.toml that says who is there.")
]


@app.command()
def impact(
    paths: PathsArgument = None,
    manifest: ManifestOption = None,
    home: KeptOption = None,
    org: OrgOption = None,
    catalog: CatalogOption = None,
    changes: ChangesOption = "",
    change: ChangeOption = None,
    drop: DropOption = None,
    downstream: DownstreamOption = None,
    upstream: UpstreamOption = None,
    dialect: DialectOption = "",
    no_cache: NoCacheOption = False,
    json: JsonOption = False,
) -> None:
    """Tell what breaks downstream, and what silently loses a column, if a relation changes.

    Exits 0 whatever it finds, 2 where a question could not be answered: `check` is what holds a change.
    """
    from seamline.model.errors import Fix
    from seamline.terminal import chain

    where = chain.Where(tuple(paths or ()), tuple(manifest or ()), home, org)
    lines = _asked(changes, change or (), drop or ())
    if downstream or upstream:
        if lines is not None or catalog or dialect:
            raise Fix(
                "--downstream and --upstream ask about nothing that changes, and take no --catalog or --dialect",
                hint="ask in two calls",
            )
        failed = _traced(where, downstream or (), upstream or (), keep=not no_cache, json=json)
    elif lines is None:
        raise Fix("nothing is asked", hint=_NOTHING)
    elif paths or home is not None:
        if catalog or dialect:
            raise Fix(
                "--catalog and --dialect go with --manifest alone", hint="leave them out, or the checkouts"
            )
        failed = chain.tell(where, lines, lambda found: _tell(found, changes), keep=not no_cache, json=json)
    elif manifest:
        failed = _of_manifest(manifest, catalog or (), lines, changes, dialect, keep=not no_cache, json=json)
    else:
        raise Fix(_NOWHERE, hint=_SOMEWHERE)
    if failed:
        raise typer.Exit(exits.USAGE)


def _traced(where: "Where", down: Iterable[str], up: Iterable[str], *, keep: bool, json: bool) -> bool:
    """Answer what is made of columns. Whether a question could not be answered."""
    from seamline.app.trace import Question
    from seamline.model.errors import Fix
    from seamline.terminal import tracing

    if not (where.paths or where.manifests or where.home):
        raise Fix(_NOWHERE, hint=_SOMEWHERE)
    questions = [*(Question("downstream", of) for of in down), *(Question("upstream", of) for of in up)]
    return tracing.tell(where, questions, _refused, keep=keep, json=json)


def _refused(answer: "Traced") -> bool:
    """One line on stderr for a question that has no answer."""
    if answer.error:
        exits.tell(f"error: {exits.said(answer.error, answer.hint or '')}")
    return bool(answer.error)


def _of_manifest(
    manifest: Iterable[Path], catalog: Iterable[Path], lines: Iterable[str], changes: str, dialect: str, *,
    keep: bool, json: bool,
) -> bool:  # fmt: skip
    """Answer by dbt's own artefacts alone. Whether a question could not be answered."""
    from seamline.app import impact as verb
    from seamline.bootstrap import open_lineage
    from seamline.terminal import breakage

    with open_lineage(manifest, catalog, dialect=dialect, keep=keep) as asked:
        if not json:
            breakage.show_troubles(asked.project)
        failed = False
        for answer in verb.answers(asked, lines):
            failed |= _tell(answer, changes)
            if json:
                sys.stdout.write(verb.form(answer).decode() + "\n")
            elif answer.told is not None:
                breakage.show(asked.project, answer)
    return failed


def _tell(answer: "Answer | Followed", file: str) -> bool:
    """One line on stderr for a question that has no answer."""
    if answer.error:
        where = f"{'stdin' if file == '-' else file}:{answer.line}: " if file else ""
        exits.tell(f"error: {where}{exits.said(answer.error, answer.hint)}")
    return bool(answer.error)


def _asked(file: str, changes: Iterable[str], drops: Iterable[str]) -> Iterator[str] | None:
    """The lines of the file, else the changes of the command line."""
    if file:
        return _lines(file)
    said = [*changes, *map(_dropping, drops)]
    return iter(" ".join(text.splitlines()) for text in said) if said else None


def _dropping(what: str) -> str:
    """The change that drops a column, as JSON."""
    from msgspec.json import encode

    from seamline.model.errors import Fix

    relation, _, column = (part.strip() for part in what.rpartition("."))
    if not relation or not column.strip('"`[]'):
        raise Fix(
            f"--drop {what}: names no column of a relation", hint="RELATION.COLUMN, such as visits.room"
        )
    return encode({"kind": "drop_column", "relation": relation, "column": column.strip('"`[]')}).decode()


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
