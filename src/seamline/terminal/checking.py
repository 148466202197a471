"""`seamline check`: what a diff breaks, in whatever reads what it changes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seamline.terminal import exits
from seamline.terminal.arguments import JsonOption

if TYPE_CHECKING:
    from seamline.app.check import Step
    from seamline.model.verdict import Checked, Verdict

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
    from seamline.app import rereading, survey
    from seamline.terminal import progress

    _refuse_two_organisations(home, owner, org)
    _refuse_two_on_stdout(sarif, markdown, json=json)
    states = rereading.alike(*bootstrap.states_of(path, base, head))
    beside = bootstrap.checkouts_at(with_) if with_ else ()
    others = [one for one in beside if one.repository != states[1].repository]  # a folder may hold them all
    with progress.on_stderr("reading repositories") as on_progress:
        read = survey.read([*states, *others], rereading.once(bootstrap.readers()), on_progress)
    before, after, *around = read.repositories
    around += [bootstrap.manifest_at(file) for file in manifest or ()]
    checked = _checked(verb.Step(before, after, tuple(around)), home, owner, org, keep=not no_cache)
    _print(checked, sarif, markdown, every=every, json=json)
    raise typer.Exit({"pass": 0, "hold": exits.HOLD, "unknown": exits.UNKNOWN}[checked.verdict.outcome])


def _refuse_two_organisations(home: Path | None, owner: str, org: Path | None) -> None:
    from seamline.model.errors import Fix

    if home is not None and (owner or org is not None):
        given = "--owner" if owner else "--org"
        raise Fix(f"{given}: the home says who is there", hint=f"leave {given} out, or --home")


def _refuse_two_on_stdout(sarif: Path | None, markdown: Path | None, *, json: bool) -> None:
    from seamline.model.errors import Fix

    if [sarif, markdown].count(Path("-")) + json > 1:
        raise Fix("more than one of --json, --sarif and --markdown on stdout", hint="give the others a FILE")


def _checked(step: "Step", home: Path | None, owner: str, org: Path | None, *, keep: bool) -> "Checked":
    """By a home's map and people, else by a map in memory, made of what was just read."""
    from seamline import bootstrap
    from seamline.app import check as verb
    from seamline.terminal.homes import opened
    from seamline.terminal.surveying import UNNAMED

    with bootstrap.lineage_opener(keep=keep) as opener:
        if home is None:
            with bootstrap.home_in_memory() as made:
                return verb.check_alone(made, step, opener, owner=owner or UNNAMED, org=org)
        with opened(home) as known:
            checked = verb.check_in(known, step, opener)
    if checked.verdict.outcome != "pass":
        _put_on_record(home, checked.verdict)
    return checked


def _put_on_record(home: Path, verdict: "Verdict") -> None:
    """So that somebody can decide on it, by the home's server where one runs. A home that nobody can write just now
    keeps no pipeline waiting."""
    from seamline.app.act import Check
    from seamline.model.errors import SeamlineError
    from seamline.terminal.served import done

    try:
        done(home, Check(verdict))
    except SeamlineError as error:
        exits.tell(f"note: {error}, so this verdict is not on record, and can't be decided on")


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
