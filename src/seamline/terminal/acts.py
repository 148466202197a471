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
from seamline.terminal.served import done

app = typer.Typer()


@app.command()
def acknowledge(home: HomeOption, incident: IncidentArgument, as_: AsPersonOption = "") -> None:
    """Say: this incident is mine."""
    from seamline.app.act import Acknowledge

    print(done(home, Acknowledge(incident), as_).said)


@app.command("hand-over")
def hand_over(
    home: HomeOption,
    incident: IncidentArgument,
    to: Annotated[str, typer.Option("--to", metavar="PERSON", help="Person id.")],
    why: Annotated[str, typer.Option("--why", help="One line, kept on record.")],
    as_: AsPersonOption = "",
) -> None:
    """Give an incident to another person, on record."""
    from seamline.app.act import HandOver

    print(done(home, HandOver(incident, to, why), as_).said)


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
    from seamline.app.act import Correct

    print(done(home, Correct(incident, word, cause, into, tuple(symptom or ()), note), as_).said)


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
    from seamline.app.act import HandDown

    print(done(home, HandDown(seam, to, until), as_).said)


@app.command()
def accept(home: HomeOption, seam: SeamArgument, as_: AsPersonOption = "") -> None:
    """Take a seam that is handed down to you."""
    from seamline.app.act import Accept

    print(done(home, Accept(seam), as_).said)


@app.command()
def decline(home: HomeOption, seam: SeamArgument, as_: AsPersonOption = "") -> None:
    """Refuse a seam handed down to you, or give it back."""
    from seamline.app.act import Decline

    print(done(home, Decline(seam), as_).said)


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
    from seamline.app.act import Decide

    print(done(home, Decide(change, "pass" if passes else "hold", why, review), as_).said)
