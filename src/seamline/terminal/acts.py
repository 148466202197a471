"""Commands by which people take and give seams, and decide about changes."""

from datetime import datetime
from typing import Annotated

import typer

from seamline.terminal.arguments import AsPersonOption, HomeOption, SeamArgument, time_of
from seamline.terminal.homes import opened_to_write

app = typer.Typer()


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
    """Give a seam to one person at or below its own, until a date; theirs once they accept."""
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
    """Refuse a seam that is handed down to you, or give it back."""
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
    """Pass or hold a change the gate has a verdict on; the gate honours it by name."""
    from seamline.app import decide as verb

    with opened_to_write(home) as opened:
        choice: verb.Choice = "pass" if passes else "hold"
        print(verb.decide(opened, change, choice, why, review_at=review, for_=as_))
