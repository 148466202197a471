"""`seamline impact` over checkouts or a home: what a change to any table does, under who answers for it."""

import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from seamline.terminal import breakage
from seamline.terminal.plain import plain

if TYPE_CHECKING:
    from seamline.app.chain import Answers, Chain, Followed, Opener
    from seamline.app.home import Home

MOST_ROWS = 12  # of one kind under one person; `--json` has all


class Where(NamedTuple):
    """What is asked: checkouts, manifests that stand anywhere, a home; and who is there."""

    paths: tuple[Path, ...]
    manifests: tuple[Path, ...]
    home: Path | None
    org: Path | None


def tell(
    where: Where, lines: Iterable[str], refused: "Callable[[Followed], bool]", *, keep: bool, json: bool
) -> bool:
    """Answer each line. `refused` tells of one that can't be answered; returns whether there was any."""
    from seamline import bootstrap
    from seamline.app import chain as verb

    failed = False
    with bootstrap.lineage_opener(keep=keep) as opener, home_of(where) as home:
        asked = read(where, home, opener)
        for answer in asked.answers(lines):
            failed |= refused(answer)
            if json:
                sys.stdout.write(verb.form(answer).decode() + "\n")
            elif not answer.error:
                _show(answer)
    return failed


def home_of(where: Where) -> "Home":
    """The home that is named, else one in memory."""
    from seamline import bootstrap
    from seamline.model.errors import Fix
    from seamline.terminal.homes import opened

    if where.home is None:
        return bootstrap.home_in_memory()
    if where.org is not None:
        raise Fix("--org: the home says who is there", hint="leave --org out, or --home")
    return opened(where.home)


def read(where: Where, home: "Home", opener: "Opener") -> "Chain":
    """All that is named, read, with what the home knows beside it."""
    from seamline import bootstrap
    from seamline.app import chain, survey
    from seamline.terminal import progress
    from seamline.terminal.surveying import UNNAMED

    checkouts = bootstrap.checkouts_at(where.paths) if where.paths else ()
    with progress.on_stderr("reading repositories") as on_progress:
        found = survey.read(checkouts, bootstrap.readers(), on_progress)
    repositories = [*found.repositories, *(bootstrap.manifest_at(file) for file in where.manifests)]
    if where.home is not None:
        return chain.known(home, repositories, opener)
    return chain.alone(home, repositories, opener, owner=UNNAMED, org=where.org)


def _show(answer: "Followed", console: Console | None = None) -> None:
    """Print one answer as wide as the terminal is, 80 columns where there is none."""
    console = console or Console(highlight=False)
    console.print(Group(*_parts(answer)), width=min(console.width, breakage.MAX_WIDTH))


def _parts(answer: "Followed") -> Iterator[RenderableType]:
    assert answer.change is not None
    table = answer.table.partition("://")[2] or answer.change.relation
    yield Text(breakage.question(answer.change, table), style="bold")
    counts = {kind: sum(len(one.reached.get(kind, ())) for one in answer.people) for kind in breakage.HEADS}
    said = ", ".join(f"{n} {kind}" for kind, n in counts.items() if n)
    yield Text(said or "Nothing that was read uses that.", style="dim")
    for one in answer.people:
        yield from _person(one, answer)
    yield Text("")


def _person(one: "Answers", answer: "Followed") -> Iterator[RenderableType]:
    """A name, then what is reached under it, by kind."""
    yield Text(f"\n{plain(one.name)}", style="bold green")
    for kind, ids in one.reached.items():
        title, style, about = breakage.HEADS[kind]
        yield Text.assemble("  ", (title, style), f"  {len(ids)}", (f"  {about}", "dim"))
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold", ratio=1)
        for id_ in ids[:MOST_ROWS]:
            why = _why(id_, kind, answer)
            table.add_row(
                f"    {_far(id_, answer)}",
                Text.assemble(plain(id_), (f"\n{plain(why)}" if why else "", "dim")),
            )
        yield table
        if len(ids) > MOST_ROWS:
            yield Text(f"    and {len(ids) - MOST_ROWS} more: --json has all", style="dim")


def _far(id_: str, answer: "Followed") -> str:
    reached = answer.reached
    hop = (reached.hop.get(id_) or reached.users.get(id_)) if reached is not None else None
    return f"hop {hop}" if hop else "desk"


def _why(id_: str, kind: str, answer: "Followed") -> str:
    reached = answer.reached
    if reached is None or kind in ("blocked", "users"):
        return ""
    return (
        ", ".join(reached.loses.get(id_, ()))
        if kind == "loses"
        else {**reached.unknown, **reached.breaks}[id_]
    )
