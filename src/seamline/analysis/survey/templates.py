"""How load tools name what they bring: `raw__{app}__app__postgres__{table}`, declared or found.

A template joins a table of an application to the table that a load makes of it, by its name alone. Declared ones are
taken at their word. A found one is the spelling that most tables of one application share within one schema, where no
other application fits as well; its evidence says how many.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from seamline.model.organisation import TemplateDecl

FEWEST = 3  # tables that have to share a spelling before it is one
PLACES = ("app", "table", "schema", "db")
_PLACE = re.compile(r"\{(app|table|schema|db)\}")
_WORD = re.compile(r"[a-z0-9]+")
_NO_NAME = frozenset(
    {
        "app",
        "api",
        "web",
        "backend",
        "server",
        "service",
        "svc",
        "data",
        "core",
        "main",
        "db",
        "public",
        "raw",
    }
)
_SHORTEST = 4  # letters of a word that may stand for a longer name
_MOST_WORDS = 24  # of a name; longer ones are not looked into


class Application(Struct, frozen=True):
    """A repository with tables. `spellings` are the names it may go by, itself first."""

    repository: str
    tables: Mapping[str, str]  # name as the database spells it, without schema -> dataset ref
    spellings: tuple[str, ...]


class Landed(Struct, frozen=True):
    """A table that is read and that nothing on the map makes: its name's parts, the table last."""

    ref: str
    parts: tuple[str, ...]
    source: str = ""  # what those who read it call where it comes from

    @property
    def table(self) -> str:
        """The last part."""
        return self.parts[-1]

    @property
    def group(self) -> tuple[str, ...]:
        """All parts before, database and schema, and the readers' word for where it comes from."""
        return (*self.parts[:-1], *([self.source] if self.source else ()))


class Match(Struct, frozen=True, order=True):
    """`landed` is a load's copy of `table`."""

    landed: str
    table: str
    repository: str
    evidence: str
    how: str  # declared | found


_Cut = tuple[tuple[str, ...], str, str]  # schema, what stands before and after a table's own name


class _Spelling(Struct, frozen=True, order=True):
    """What stands before and after the table's own name, in one schema, for one application."""

    group: tuple[str, ...]
    repository: str
    before: str
    after: str

    def cut(self) -> _Cut:
        """The same for any application."""
        return (self.group, self.before, self.after)

    def in_words(self) -> str:
        return f"{self.before}{{table}}{self.after}"


def refusal(match: str, app: str) -> tuple[str, str] | None:
    """What is wrong with a declared template, and the mend; None for nothing."""
    places = re.findall(r"\{([^{}]*)\}", match)
    if unknown := sorted({*places} - {*PLACES}):
        return f"{{{unknown[0]}}} is no place", f"known here: {', '.join(f'{{{p}}}' for p in PLACES)}"
    if places.count("table") != 1:
        return "needs {table} once", 'write match = "raw__{app}__{table}"'
    if "app" not in places and not app:
        return "doesn't say whose tables", 'put {app} into match, or add app = "..."'
    return None


def declared(
    landed: Sequence[Landed], applications: Sequence[Application], templates: Sequence[TemplateDecl]
) -> list[Match]:
    """What declared templates join, each landed table at most once: the first template that fits counts."""
    by_word = {key(word): app for app in reversed(applications) for word in reversed(app.spellings)}
    out = []
    for one in landed:
        for template in templates:
            match = _fits(template, one, by_word)
            if match is not None:
                out.append(match)
                break
    return out


def _fits(template: TemplateDecl, one: Landed, by_word: Mapping[str, Application]) -> Match | None:
    n_parts = template.match.count(".") + 1
    fit = _pattern(template.match).fullmatch(".".join(one.parts[-n_parts:]))
    if fit is None:
        return None
    said = fit.groupdict()
    app = by_word.get(key(template.app or said.get("app", "")))
    table = _known(app, said.get("table", "")) if app is not None else None
    if app is None or table is None:
        return None
    return Match(one.ref, table, app.repository, f"template {template.match}, declared", "declared")


@lru_cache(maxsize=256)
def _pattern(match: str) -> re.Pattern[str]:
    """A template as a pattern; a place that comes again has to hold the same."""
    out, seen, at = "", set(), 0
    for place in _PLACE.finditer(match):
        name = place[1]
        inner = "[^.]+" if name == "table" else "[^.]+?"
        out += re.escape(match[at : place.start()]) + (
            f"(?P={name})" if name in seen else f"(?P<{name}>{inner})"
        )
        seen.add(name)
        at = place.end()
    return re.compile(out + re.escape(match[at:]), re.IGNORECASE)


def found(landed: Sequence[Landed], applications: Sequence[Application]) -> list[Match]:
    """What found templates join, each landed table at most once. O(landed x words of a name squared)."""
    hits = _hits(landed, applications)
    by_name = {app.repository: app for app in applications}
    rivals: dict[_Cut, dict[str, int]] = defaultdict(dict)
    for spelling, fits in hits.items():
        rivals[spelling.cut()][spelling.repository] = len(fits)
    sizes = _sizes(landed, {s.cut() for s in hits if len(hits[s]) >= FEWEST})
    clear = [
        s
        for s in sorted(s for s in hits if len(hits[s]) >= FEWEST)
        if _is_clear(s, rivals[s.cut()], by_name, sizes[s.cut()])
    ]
    best: dict[str, tuple[int, int, _Spelling, str]] = {}
    for spelling in _without_namesakes(clear, hits, by_name):
        for ref, table in hits[spelling].items():
            rank = (len(hits[spelling]), len(table), spelling, table)
            best[ref] = max(rank, best.get(ref, rank))
    return [
        Match(ref, table, spelling.repository, _share(spelling, n, by_name[spelling.repository]), "found")
        for ref, (n, _, spelling, table) in sorted(best.items())
    ]


def _without_namesakes(
    clear: Sequence[_Spelling],
    hits: Mapping[_Spelling, Mapping[str, str]],
    by_name: Mapping[str, Application],
) -> list[_Spelling]:
    """Without spellings that name nobody, where one that names the application carries tables of theirs already.

    Two applications of one framework have half their tables' names in common; the other one need not have been read.
    """
    named = {s for s in clear if names(s, by_name[s.repository])}
    carried = {table for s in named for table in hits[s].values()}
    return [s for s in clear if s in named or carried.isdisjoint(hits[s].values())]


def _sizes(landed: Iterable[Landed], cuts: Iterable[_Cut]) -> dict[_Cut, int]:
    """How many tables of a schema stand between the same two texts, whatever they are called."""
    by_group: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in landed:
        by_group[one.group].append(one.table.lower())
    return {
        (group, before, after): sum(
            len(t) > len(before) + len(after) and t.startswith(before) and t.endswith(after)
            for t in by_group[group]
        )
        for group, before, after in cuts
    }


def _share(spelling: _Spelling, n: int, app: Application) -> str:
    where = ".".join(dict.fromkeys(spelling.group))
    inside = f" in {where}" if where else ""
    return f"template {spelling.in_words()}{inside}: {n} of {len(app.tables)} tables of {app.repository} fit"


def _hits(landed: Sequence[Landed], applications: Sequence[Application]) -> dict[_Spelling, dict[str, str]]:
    """Spelling -> landed ref -> table's ref, for every way to cut a landed name so that a table's name is left."""
    whose: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for app in applications:
        for table, ref in app.tables.items():
            whose[table.lower()].append((app.repository, ref))
    out: dict[_Spelling, dict[str, str]] = defaultdict(dict)
    for one in landed:
        for before, table, after in _cuts(one.table.lower()):
            for repository, ref in whose.get(table, ()):
                out[_Spelling(one.group, repository, before, after)][one.ref] = ref
    return out


def _cuts(name: str) -> Iterator[tuple[str, str, str]]:
    """Every run of whole words of a name, with what stands around it."""
    words = [(m.start(), m.end()) for m in _WORD.finditer(name)]
    if len(words) > _MOST_WORDS:
        return
    starts = {0, *(start for start, _ in words)}
    ends = {len(name), *(end for _, end in words)}
    for start in sorted(starts):
        for end in sorted(ends):
            if start < end:
                yield name[:start], name[start:end], name[end:]


def _is_clear(
    spelling: _Spelling, fits: Mapping[str, int], by_name: Mapping[str, Application], size: int
) -> bool:
    """Whether no other application fits as well: one that the spelling names goes before one that it half names.

    `fits` counts tables by repository. A spelling that names nobody has to hold more than the plain table, and fit more
    than half of the `size` tables that are spelled so, and nobody else half as many.
    """
    n, mine = fits[spelling.repository], names(spelling, by_name[spelling.repository])
    others = {name: m for name, m in fits.items() if name != spelling.repository}
    levels = {name: names(spelling, by_name[name]) for name in others}
    if any(level > mine for level in levels.values()):
        return False
    if mine:
        return not any(m >= n and levels[name] == mine for name, m in others.items())
    around = _Spelling((), spelling.repository, spelling.before, spelling.after)
    if not (spelling.before or spelling.after) or any(names(around, app) == 2 for app in by_name.values()):
        return False
    return 2 * n > size and all(2 * m < n for m in others.values())


def names(spelling: _Spelling, app: Application) -> int:
    """Whether schema, database or what stands around the table's name names the application: 2.

    1: one of their words begins or ends the application's name, as `xpro` does `mitxpro`. 0: neither.
    """
    said = key(".".join((*spelling.group, spelling.before, spelling.after)))
    if any(f"_{key(word)}_" in f"_{said}_" for word in app.spellings):
        return 2
    words = {word for word in said.split("_") if len(word) >= _SHORTEST and word not in _NO_NAME}
    own = ["".join(key(word).split("_")) for word in app.spellings]
    return int(any(name.startswith(word) or name.endswith(word) for word in words for name in own))


def key(name: str) -> str:
    """A name's words, whatever stands between them.

    >>> key("MITx-Online.app")
    'mitx_online_app'
    """
    return "_".join(_WORD.findall(name.lower()))


def _known(app: Application, table: str) -> str | None:
    if table in app.tables:
        return app.tables[table]
    return next((ref for name, ref in app.tables.items() if name.lower() == table.lower()), None)


def spellings(repository: str, more: Iterable[str] = ()) -> tuple[str, ...]:
    """The names a repository may go by: its own, without its owner's, without what people put around it.

    >>> spellings("acme/billing-service")
    ('acme/billing-service', 'billing-service', 'billing')
    """
    short = repository.rpartition("/")[2]
    bare = re.sub(
        r"(?i)^(?:svc|service|app|api)[-_]|[-_](?:svc|service|app|api|backend|server|web)$", "", short
    )
    return tuple(dict.fromkeys(word for word in (repository, short, bare, *more) if _tells(word)))


def _tells(word: str) -> bool:
    return len(key(word)) > 1 and key(word) not in _NO_NAME
