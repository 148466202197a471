"""Commands that put a person's word on record: about incidents, seams and changes."""

from datetime import datetime
from typing import Annotated

import typer

from seamline.terminal.arguments import (
    AsPersonOption,
    HomeOption,
    IncidentArgument,
    SeamArgument,
    Word,
    time_of,
)
from seamline.terminal.homes import opened_to_write

app = typer.Typer()


@app.command()
def acknowledge(home: HomeOption, incident: IncidentArgument, as_: AsPersonOption = "") -> None:
    """Say: this incident is mine."""
    from seamline.app import correct as verb

    with opened_to_write(home) as opened:
        print(verb.acknowledge(opened, incident, as_ or verb.LOCAL))


@app.command("hand-over")
def hand_over(
    home: HomeOption,
    incident: IncidentArgument,
    to: Annotated[str, typer.Option("--to", metavar="PERSON", help="Person id.")],
    why: Annotated[str, typer.Option("--why", help="One line, kept on record.")],
    as_: AsPersonOption = "",
) -> None:
    """Give an incident to another person, on record."""
    from seamline.app import correct as verb

    with opened_to_write(home) as opened:
        print(verb.hand_over(opened, incident, to=to, why=why, by=as_ or verb.LOCAL))


@app.command()
def correct(
    home: HomeOption,
    incident: IncidentArgument,
    word: Annotated[Word, typer.Argument(help="What it really was.")],
    cause: Annotated[
        str,
        typer.Option("--cause", metavar="KEY", help="wrong_cause: the right one, as `why --json` names it."),
    ] = "",
    into: Annotated[str, typer.Option("--into", metavar="INCIDENT", help="merge: where it belongs.")] = "",
    symptom: Annotated[
        list[str] | None, typer.Option("--symptom", help="split: what is something else.")
    ] = None,
    note: Annotated[str, typer.Option("--note", help="One line, kept on record.")] = "",
    as_: AsPersonOption = "",
) -> None:
    """Say what an incident really was. Only causes a person confirmed are learned from."""
    from seamline.app import correct as verb

    with opened_to_write(home) as opened:
        done = verb.correct(
            opened,
            incident,
            word,
            cause=cause,
            into=into,
            symptoms=tuple(symptom or ()),
            note=note,
            by=as_ or verb.LOCAL,
        )
    print(done)


@app.command("hand-down")
def hand_down(
    home: HomeOption,
    seam: SeamArgument,
    to: Annotated[str, typer.Option("--to", metavar="PERSON", help="Person id.")],
    until: Annotated[
        datetime, typer.Option("--until", metavar="TIME", parser=time_of, help="Until then; UTC.")
    ],
    as_: AsPersonOption = "",
) -> None:
    """Give a seam to a person below its own. Until a date, and theirs only once they accept."""
    from seamline.app import hand_down as verb

    with opened_to_write(home) as opened:
        print(verb.hand_down(opened, seam, to, until, for_=as_))


@app.command()
def accept(home: HomeOption, seam: SeamArgument, as_: AsPersonOption = "") -> None:
    """Take a seam that is handed down to you."""
    from seamline.app import hand_down as verb

    with opened_to_write(home) as opened:
        print(verb.accept(opened, seam, for_=as_))


@app.command()
def decline(home: HomeOption, seam: SeamArgument, as_: AsPersonOption = "") -> None:
    """Refuse a seam handed down to you, or give it back."""
    from seamline.app import hand_down as verb

    with opened_to_write(home) as opened:
        print(verb.decline(opened, seam, for_=as_))


@app.command()
def decide(
    home: HomeOption,
    change: Annotated[str, typer.Argument(metavar="CHANGE", help="Event id, as `gate` prints it.")],
    passes: Annotated[bool, typer.Option("--pass/--hold", help="Whether it may go.")],
    why: Annotated[str, typer.Option("--why", help="One line, kept on record.")],
    review: Annotated[
        datetime | None,
        typer.Option("--review", metavar="TIME", parser=time_of, help="In force until then; UTC."),
    ] = None,
    as_: AsPersonOption = "",
) -> None:
    """Pass or hold a change on record. The gate has to have a verdict on it, and honours the decision by name."""
    from seamline.app import decide as verb

    with opened_to_write(home) as opened:
        choice: verb.Choice = "pass" if passes else "hold"
        print(verb.decide(opened, change, choice, why, review_at=review, for_=as_))
