"""`seamline check`: what a diff breaks, in whatever reads what it changes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seamline.terminal import exits
from seamline.terminal.arguments import JsonOption

if TYPE_CHECKING:
    from seamline.analysis.opinion import Base
    from seamline.app.home import Home
    from seamline.model.verdict import Checked

app = typer.Typer()

PathArgument = Annotated[Path, typer.Argument(metavar="[PATH]", help="The checkout [the current folder].")]
BaseOption = Annotated[
    str, typer.Option("--base", metavar="REV", help="What it is to be merged into [origin's main branch].")
]
HeadOption = Annotated[str, typer.Option("--head", metavar="REV", help="What is merged [the working tree].")]
WithOption = Annotated[
    list[Path] | None, typer.Option("--with", metavar="PATH", help="Checkouts of what may read it.")
]
ManifestOption = Annotated[
    list[Path] | None,
    typer.Option("--manifest", metavar="FILE", help="A dbt manifest.json of what may read it."),
]
KeptOption = Annotated[
    Path | None, typer.Option("--home", metavar="DIR", help="A home that knows the other repositories.")
]
OwnerOption = Annotated[
    str, typer.Option("--owner", metavar="NAME", help="The whole-stack owner, where no home says it.")
]
OrgOption = Annotated[
    Path | None, typer.Option("--org", metavar="FILE", help="A seamline.toml that says who is there.")
]
SarifOption = Annotated[
    Path | None,
    typer.Option("--sarif", metavar="FILE", help="Also as SARIF, for a code scanner; - for stdout."),
]
MarkdownOption = Annotated[
    Path | None,
    typer.Option("--markdown", metavar="FILE", help="Also as the comment on a pull request; - for stdout."),
]


@app.command()
def check(
    path: PathArgument = Path(),
    base: BaseOption = "",
    head: HeadOption = "",
    with_: WithOption = None,
    manifest: ManifestOption = None,
    home: KeptOption = None,
    owner: OwnerOption = "",
    org: OrgOption = None,
    sarif: SarifOption = None,
    markdown: MarkdownOption = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Read every statement anew.")] = False,
    every: Annotated[bool, typer.Option("--all", help="Cut no list short.")] = False,
    json: JsonOption = False,
) -> None:
    """Gate a git diff: exit 0 pass, 3 hold, 4 unknown. Names who answers for each seam that it breaks."""
    from seamline import bootstrap
    from seamline.app import check as verb
    from seamline.app import survey
    from seamline.terminal import progress

    states = bootstrap.states_of(path, base, head)
    others = bootstrap.checkouts_at(with_) if with_ else ()
    with progress.on_stderr("reading repositories") as on_progress:
        read = survey.read([*states, *others], bootstrap.readers(), on_progress)
    before, after, *around = read.repositories
    around += [bootstrap.manifest_at(file) for file in manifest or ()]
    with _map(home, survey.Surveyed((after, *around), 0, 0, 0.0), owner, org) as (opened, known):
        around += [
            r for r in verb.kept(opened) if home and r.name not in {after.name, *(o.name for o in around)}
        ]
        with bootstrap.lineage_opener(keep=not no_cache) as opener:
            step = verb.Step(before, after, tuple(around))
            checked = verb.check(step, known, opened.clock(), opener, verb.records(opened))
    _print(checked, sarif, markdown, every=every, json=json)
    raise typer.Exit({"pass": 0, "hold": exits.HOLD, "unknown": exits.UNKNOWN}[checked.verdict.outcome])


@contextmanager
def _map(home: Path | None, surveyed: object, owner: str, org: Path | None) -> "Iterator[tuple[Home, Base]]":
    """A home and its map: the one that is kept, else one in memory, made of what was just read."""
    from seamline import bootstrap
    from seamline.analysis.opinion import base_of
    from seamline.app import survey, views
    from seamline.terminal.homes import opened
    from seamline.terminal.surveying import UNNAMED

    if home is not None:
        with opened(home) as kept:
            yield kept, base_of(views.facts_of(kept))
        return
    with bootstrap.home_in_memory() as made:
        assert isinstance(surveyed, survey.Surveyed)
        survey.survey(made, surveyed, owner=owner or UNNAMED, name="", org=org)
        yield made, base_of(views.facts_of(made))


def _print(checked: "Checked", sarif: Path | None, markdown: Path | None, *, every: bool, json: bool) -> None:
    from seamline.terminal.checked import markdown as comment
    from seamline.terminal.checked import sarif as scan
    from seamline.terminal.checked import text

    for file, told in ((sarif, scan.render), (markdown, comment.render)):
        if file is not None:
            _write(file, told(checked))
    if json:
        sys.stdout.write(text.as_json(checked))
    elif Path("-") not in (sarif, markdown):
        text.show(checked, every=every)


def _write(file: Path, told: str) -> None:
    from seamline.model.errors import Fix

    if file == Path("-"):
        sys.stdout.write(told)
        return
    try:
        file.write_text(told, encoding="utf-8")
    except OSError as error:
        raise Fix(
            f"{file}: can't be written ({error.strerror})", hint="name a file in a folder that is there"
        ) from error
