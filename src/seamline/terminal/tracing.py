"""`seamline impact --downstream` and `--upstream`: what is made of a column, and what it is made of."""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from seamline.terminal import breakage
from seamline.terminal.chain import Where, home_of, read
from seamline.terminal.plain import plain

if TYPE_CHECKING:
    from seamline.app.home import Home
    from seamline.app.trace import Question, Traced, Tracer

MOST_TABLES = 40  # `--json` has all
MOST_COLUMNS = 30  # of one table
HEADS = {"downstream": "made of {}, near and far", "upstream": "what {} is made of, near and far"}


def tell(
    where: Where, questions: "Sequence[Question]", refused: "Callable[[Traced], bool]", *, keep: bool, json: bool
) -> bool:  # fmt: skip
    """Answer each question. `refused` tells of one that can't be answered; returns whether there was any."""
    from seamline.app import trace as verb

    failed = False
    with home_of(where) as home:
        asked = _tracer(where, home, keep=keep)
        for question in questions:
            answer = asked.answer(question)
            failed |= refused(answer)
            if json:
                sys.stdout.write(verb.form(answer).decode() + "\n")
            elif not answer.error:
                _show(answer)
    return failed


def _tracer(where: Where, home: "Home", *, keep: bool) -> "Tracer":
    """By the graph that a home keeps, where nothing else is named; else by one of all that is."""
    from seamline import bootstrap
    from seamline.app import trace as verb

    with bootstrap.lineage_opener(keep=keep) as opener:
        if where.home is not None and not where.paths and not where.manifests:
            return verb.of_home(home, opener)
        return verb.of_chain(read(where, home, opener))


def _show(answer: "Traced", console: Console | None = None) -> None:
    """Print one answer as wide as the terminal is, 80 columns where there is none."""
    console = console or Console(highlight=False)
    console.print(Group(*_parts(answer)), width=min(console.width, breakage.MAX_WIDTH))


def _parts(answer: "Traced") -> Iterator[RenderableType]:
    of = f"{answer.column or 'any column'} of {_short(answer.table)}"
    yield Text(plain(HEADS[answer.way].format(of)), style="bold")
    yield Text(_figures(answer), style="dim")
    for part in answer.parts[:MOST_TABLES]:
        yield Text(f"\n{plain(_short(part.table))}")
        if part.columns:
            yield Padding(Text(plain(_listed(part.columns, MOST_COLUMNS)), style="dim"), (0, 0, 0, 4))
    if len(answer.parts) > MOST_TABLES:
        yield Text(f"and {len(answer.parts) - MOST_TABLES} more tables: --json has all", style="dim")
    for (title, style, _), names, about in (
        (breakage.HEADS["unknown"], answer.unknown, "may belong here: nobody can say"),
        (breakage.HEADS["users"], answer.users, "read a table of these"),
    ):
        if names:
            yield Text.assemble("\n", (title, style), f"  {len(names)}", (f"  {about}", "dim"))
            yield Padding(Text(plain("\n".join(map(_short, names[:MOST_TABLES])))), (0, 0, 0, 4))
    yield Text("")


def _figures(answer: "Traced") -> str:
    n_columns = sum(len(part.columns) for part in answer.parts)
    counts = ((n_columns, "column"), (len(answer.parts), "table"), (len(answer.users), "user"))
    said = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n]
    said += [f"{len(answer.unknown)} unknown"] if answer.unknown else []
    return ", ".join(said) or "Nothing that was read is."


def _short(table: str) -> str:
    """A table as people say it: without the scheme of its address; anything else as it is."""
    return table.partition("://")[2] or table.removeprefix("dataset:")


def _listed(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
