"""Entities and loose ends for people to read, as wide as their terminal: what is alike stands under one heading."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from rich.text import Text

from seamline.model.refs import DOMAINS, name_of
from seamline.model.stack import Entity, LooseEnd
from seamline.terminal.plain import plain, split
from seamline.terminal.survey import counted

_HOW_WIDTH = len("defaulted")
_MOST_OWNER = 24  # characters of a person's id that columns make room for
_STYLE = {"declared": "", "inherited": "dim", "defaulted": "yellow"}


def entities(rows: Sequence[Entity], width: int) -> Iterator[Text]:
    """By domain, kind and the store they lie in; a row has the name within that, its owner, and how it came to be owned.

    An entity's other spellings stand below it in full.
    """
    owner_width = min(_MOST_OWNER, max(len(e.owner) for e in rows))
    for (domain, kind, store), some in groupby(sorted(rows, key=_order), key=_group):
        yield from _heading(f"{domain} {kind}", store, width)
        for e in some:
            yield from _row(plain(name_of(e.ref)).removeprefix(store), e, width, owner_width)
            for spelling in e.spellings:
                yield from _indented(f"also {spelling}", width, 4, "dim")


def _heading(title: str, store: str, width: int) -> Iterator[Text]:
    if len(title) + 2 + len(store) <= width:
        yield Text.assemble((title, "bold"), (f"  {store}", "dim")) if store else Text(title, style="bold")
        return
    yield Text(title, style="bold")
    yield from _indented(store, width, 2, "dim")


def _order(e: Entity) -> tuple[int, str, str, str]:
    domain, kind, store = _group(e)
    return (DOMAINS.index(domain) if domain in DOMAINS else len(DOMAINS), kind, store, e.ref)


def _group(e: Entity) -> tuple[str, str, str]:
    return (e.domain, e.kind, split(name_of(e.ref))[0])


def _row(name: str, e: Entity, width: int, owner_width: int) -> Iterator[Text]:
    """A line of three columns; where one is too short, lines."""
    room = width - owner_width - _HOW_WIDTH - 6
    owner, style = plain(e.owner), _STYLE.get(e.owned_how, "")
    if len(name) <= room and len(owner) <= owner_width:
        yield Text.assemble(f"  {name:<{room}}  {owner:<{owner_width}}  ", (e.owned_how, style))
        return
    yield from _indented(name, width, 2)
    yield from _indented(f"{owner}, {e.owned_how}", width, 6, style)


def loose_ends(rows: Sequence[LooseEnd], width: int) -> Iterator[Text]:
    """What nothing on the map explains, each with why and what it may be; then contested owners, by who says what."""
    for e in rows:
        if not e.contested:
            yield from _indented(e.ref, width, 0, "bold")
            yield from _indented(e.why, width, 2)
            if e.suggestion:
                yield from _indented(f"may be {e.suggestion}: {e.evidence}", width, 2, "green")
    yield from _contested([e for e in rows if e.contested], width)


def _contested(rows: Sequence[LooseEnd], width: int) -> Iterator[Text]:
    """What is said alike of several stands once, above them."""
    if rows:
        yield Text("Contested: on the map, and another's by somebody's word", style="bold yellow")
    for (why, evidence), some in groupby(sorted(rows, key=_said), key=_said):
        yield from _indented(why, width, 2)
        yield from _indented(evidence, width, 2, "dim")
        for e in some:
            yield from _indented(e.ref, width, 4)


def _said(e: LooseEnd) -> tuple[str, str]:
    return (e.why, e.evidence)


def _indented(text: str, width: int, indent: int, style: str = "") -> Iterator[Text]:
    """`text` on as many lines as it takes, cut between words where there are some; what follows the first stands deeper."""
    first, rest = " " * indent, " " * (indent + 2)
    for line in wrap(
        plain(text), width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    ):
        yield Text(line, style=style)


def total_entities(rows: Sequence[Entity], n_all: int) -> str:
    """How many, of how many there are, and of which kinds, the most first."""
    kinds = Counter(e.kind for e in rows).most_common()
    of = f" of {n_all:,}" if n_all > len(rows) else ""
    return f"{counted(len(rows), 'entity')}{of}: {', '.join(counted(n, kind) for kind, n in kinds)}"


def total_loose_ends(rows: Sequence[LooseEnd], n_all: int) -> str:
    """How many of either sort, of how many rows there are."""
    n = sum(e.contested for e in rows)
    of = f" (of {n_all:,} rows)" if n_all > len(rows) else ""
    said = [counted(m, noun) for m, noun in ((len(rows) - n, "loose end"), (n, "contested owner")) if m]
    return f"{', '.join(said)}{of}"
