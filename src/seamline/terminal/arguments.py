"""Options and arguments that several commands share, and how their texts are read."""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from seamline.model.errors import Fix

Word = Literal["confirmed", "wrong_cause", "merge", "split", "not_an_incident"]  # of a correction
EVENT_ID = re.compile("[0-9a-f]{16}")


def _default_home() -> Path:
    from seamline.bootstrap import default_home

    return default_home()


def time_of(text: str) -> datetime:
    """An ISO date or time; UTC unless it says else, a date its first moment."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a time such as 2026-03-06T16:40:00Z") from None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def log_positions(text: str) -> range:
    """`17` or `20-25`, both ends taken."""
    first, _, last = text.partition("-")
    if not (first.isdecimal() and (last or first).isdecimal()):
        raise typer.BadParameter(f"{text!r} is neither a log position such as 17 nor a span such as 20-25")
    return range(int(first), int(last or first) + 1)


def text_of(argument: str) -> str:
    """JSON and event ids as they are; else what the file holds that is named, or standard input."""
    if argument.lstrip().startswith("{") or EVENT_ID.fullmatch(argument):
        return argument
    try:
        return sys.stdin.read() if argument == "-" else Path(argument).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise Fix(
            f"{argument}: can't be read ({reason})", hint="a JSON file, - for stdin, or the JSON itself"
        ) from error


HomeOption = Annotated[
    Path,
    typer.Option(
        "--home",
        metavar="DIR",
        default_factory=_default_home,
        show_default=False,
        help="Data folder [$SEAMLINE_HOME].",
    ),
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", metavar="TIME", parser=time_of, help="What was known then; UTC unless it says else."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
IncidentArgument = Annotated[str, typer.Argument(metavar="INCIDENT", help="Id, as `incidents` prints it.")]
SeamArgument = Annotated[
    tuple[str, str, str],
    typer.Argument(metavar="SOURCE TARGET KIND", help="As `seams --json` prints it."),
]
AsPersonOption = Annotated[
    str, typer.Option("--as", metavar="PERSON", help="Whose word you enter; the whole-stack owner's without.")
]
