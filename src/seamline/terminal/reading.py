"""Commands that read a home: its lists, an incident's story, the tree of people; for people or as JSON."""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seamline.model.refs import DOMAINS
from seamline.terminal.arguments import AsOfOption, HomeOption, IncidentArgument, JsonOption
from seamline.terminal.homes import opened, tell_of_an_edit

if TYPE_CHECKING:
    from seamline.app.home import Home

app = typer.Typer()


def domain_of(text: str) -> str:
    """One of the five."""
    if text not in DOMAINS:
        raise typer.BadParameter(f"{text!r} is not one of {', '.join(DOMAINS)}")
    return text


KindOption = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="Only of this kind, such as service or dataset."),
]
DomainOption = Annotated[
    list[str] | None,
    typer.Option("--domain", metavar="|".join(DOMAINS), parser=domain_of, help="Only of this domain."),
]
MatchOption = Annotated[
    str, typer.Option("--match", metavar="TEXT", help="Only what is called so; * stands for anything.")
]


@app.command()
def incidents(home: HomeOption, as_of: AsOfOption = None, json: JsonOption = False) -> None:
    """List what broke: one person, one cause, one seam each."""
    from seamline.app import views

    with opened(home) as known:
        _print("incidents", views.incidents(known, as_of), as_of or _known_until(known), json=json)


@app.command()
def seams(home: HomeOption, as_of: AsOfOption = None, json: JsonOption = False) -> None:
    """List where two owners or domains meet, and who answers."""
    from seamline.app import views

    with opened(home) as known:
        _tell_of_an_edit(known, as_of)
        _print("seams", views.seams(known, as_of), as_of or _known_until(known), json=json)


@app.command()
def entities(
    home: HomeOption,
    kind: KindOption = None,
    domain: DomainOption = None,
    match: MatchOption = "",
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """List all that can break, its owner and its spellings."""
    from seamline.app import pick, views

    with opened(home) as known:
        _tell_of_an_edit(known, as_of)
        rows = views.entities(known, as_of)
        wanted = pick.entities(rows, pick.Wanted(tuple(kind or ()), tuple(domain or ()), match))
        _print("entities", wanted, as_of or _known_until(known), json=json, n_all=len(rows))


@app.command("loose-ends")
def loose_ends(
    home: HomeOption,
    kind: KindOption = None,
    match: MatchOption = "",
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """List what tools speak of and nothing on the map explains. Below stands whose owner is contested."""
    from seamline.app import pick, views

    with opened(home) as known:
        _tell_of_an_edit(known, as_of)
        rows = views.loose_ends(known, as_of)
        wanted = pick.loose_ends(rows, pick.Wanted(tuple(kind or ()), match=match))
        _print("loose_ends", wanted, as_of or _known_until(known), json=json, n_all=len(rows))


@app.command()
def decisions(home: HomeOption, as_of: AsOfOption = None, json: JsonOption = False) -> None:
    """List who decided what, on which evidence."""
    from seamline.app import views

    with opened(home) as known:
        _print("decisions", views.decisions(known, as_of), as_of or _known_until(known), json=json)


@app.command()
def deliveries(
    home: HomeOption,
    unreadable: Annotated[bool, typer.Option("--unreadable", help="Only these, with the reason.")] = False,
    as_of: AsOfOption = None,
    json: JsonOption = False,
) -> None:
    """List what tools sent, newest last."""
    from seamline.app import views

    with opened(home) as known:
        rows = views.deliveries(known, as_of, unreadable=unreadable)
        _print("deliveries", rows, as_of or _known_until(known), json=json)


@app.command()
def why(
    home: HomeOption, incident: IncidentArgument, as_of: AsOfOption = None, json: JsonOption = False
) -> None:
    """Tell an incident: cause, way, seam, person, for and against. And what would change the answer."""
    from seamline.app import views
    from seamline.terminal import story

    with opened(home) as known:
        told = views.why(known, incident, as_of)
    if json:
        sys.stdout.write(story.as_json(told))
    else:
        story.show(told)


@app.command()
def org(home: HomeOption, as_of: AsOfOption = None, json: JsonOption = False) -> None:
    """Show the tree of people in force, and what they own."""
    from seamline.app import views
    from seamline.terminal import tree

    with opened(home) as known:
        _tell_of_an_edit(known, as_of)
        organisation = views.organisation(known, as_of)
    if json:
        sys.stdout.write(tree.as_json(organisation))
    else:
        tree.show(organisation)


def _known_until(home: "Home") -> datetime | None:
    """What the kept views are as of: records of ours are later in the log and say nothing of the stack."""
    return home.views.as_of() or home.log.as_of()


def _tell_of_an_edit(home: "Home", as_of: datetime | None) -> None:
    if as_of is None:
        tell_of_an_edit(home)


def _print(
    name: str, rows: Sequence[Any], as_of: datetime | None, *, json: bool, n_all: int | None = None
) -> None:
    from seamline.terminal import lists

    if json:
        sys.stdout.write(lists.as_json(name, rows, as_of))
    else:
        lists.show(name, rows, len(rows) if n_all is None else n_all)
