"""Of the rows of a list those that are asked for: by kind, by domain, by a part of a name."""

import re
from collections.abc import Iterable

from msgspec import Struct

from seamline.model.refs import kind_of
from seamline.model.stack import Entity, LooseEnd


class Wanted(Struct, frozen=True):
    """What rows have to be. Empty is everything; of several kinds or domains one is enough."""

    kinds: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    match: str = ""  # part of a ref, whatever its case; `*` stands for anything


def entities(rows: Iterable[Entity], wanted: Wanted) -> list[Entity]:
    """Those of a kind and a domain that are called so, in any spelling."""
    named = _pattern(wanted.match)
    return [
        e
        for e in rows
        if (not wanted.kinds or e.kind in wanted.kinds)
        and (not wanted.domains or e.domain in wanted.domains)
        and any(named.search(ref) for ref in (e.ref, *e.spellings))
    ]


def loose_ends(rows: Iterable[LooseEnd], wanted: Wanted) -> list[LooseEnd]:
    """Those of a kind that are called so, or may be the same as what is. A loose end is of no domain."""
    named = _pattern(wanted.match)
    return [
        e
        for e in rows
        if (not wanted.kinds or kind_of(e.ref) in wanted.kinds)
        and any(named.search(ref) for ref in (e.ref, e.suggestion))
    ]


def _pattern(match: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, match.split("*"))), re.IGNORECASE)
