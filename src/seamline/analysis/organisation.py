"""Reads `seamline.toml` into a valid Organisation, and says which one is in force.

Every refusal is one line that names the table and the mend. A text is taken whole or not at all.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from difflib import get_close_matches
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from seamline.analysis import macro
from seamline.analysis.relations import KINDS
from seamline.analysis.survey import templates
from seamline.model.errors import BadTree, Fix
from seamline.model.organisation import (
    Absence,
    AliasDecl,
    EntityDecl,
    HandDown,
    Organisation,
    Person,
    RelationDecl,
    SupportDecl,
    TemplateDecl,
)
from seamline.model.record import AnyRecord, ConfigSet, SeamHandedDown
from seamline.model.refs import DOMAINS

NOBODY = "owner"  # the one person of a home that nobody has claimed yet
MAX_LEVELS = 100  # of a tree of people: no organisation has as many, a slip of a program may

_Row = Mapping[str, Any]
_TOP = ("organisation", "person", "entity", "alias", "relation", "support", "template")
_ORGANISATION = ("name", "time_zone", "environment")
_SUPPORT = ("language", "open", "over", "meanwhile")
_PERSON = ("id", "name", "reports_to", "domain", "time_zone", "left_at", "handles", "absence")
_ABSENCE = ("from", "until", "stand_in")
_ENTITY = ("ref", "match", "owner", "domain", "part_of")
_ALIAS = ("ref", "same_as")
_RELATION, _TEMPLATE = ("from", "kind", "to"), ("match", "app", "job")


class _Where(Struct, frozen=True):
    """A table of the text, as an error names it: `[[person]] 2 ("ben")`."""

    name: str

    def fix(self, what: str, hint: str) -> Fix:
        return Fix(self._line(what), hint=hint)

    def bad_tree(self, what: str, hint: str) -> BadTree:
        return BadTree(self._line(what), hint=hint)

    def _line(self, what: str) -> str:
        """One line, whatever a text within it holds."""
        return f"seamline.toml: {self.name}: {what}".replace("\n", "\\n")


def read(text: str) -> Organisation:
    """The organisation that a `seamline.toml` declares.

    Raises BadTree for a tree with a cycle, two roots, none, or an unknown person; Fix for anything else that
    can't be meant. O(n) in tables.
    """
    tables = _parse(text)
    top = _Where("top level")
    _known_keys(top, tables, _TOP)
    where, general = _table(tables, "organisation", _ORGANISATION)
    zone = _zone(where, general, "UTC")
    people = tuple(_person(w, row, zone) for w, row in _rows(tables, "person", "id"))
    _check_tree(people)
    _check_handles(people)
    ids = {p.id for p in people}
    organisation = Organisation(
        name=_text(where, general, "name"),
        people=people,
        entities=tuple(_entity(w, row, ids) for w, row in _rows(tables, "entity", "ref")),
        aliases=tuple(_alias(w, row) for w, row in _rows(tables, "alias", "ref")),
        relations=tuple(_relation(w, row) for w, row in _rows(tables, "relation", "from")),
        time_zone=zone,
        environment=_text(where, general, "environment") or "production",
        support=_support(*_table(tables, "support", _SUPPORT)),
        templates=tuple(_template(w, row) for w, row in _rows(tables, "template", "match")),
    )
    _check_repeats(organisation)
    return organisation


def in_force(records: Iterable[AnyRecord]) -> Organisation:
    """The organisation as of these records, which come in log order.

    The latest valid config counts; one that is refused leaves the last valid one in force. Before any: one
    person, who made the home (`by` of the first config, else "owner").
    """
    ordered = list(records)
    configs = [r for r in ordered if isinstance(r, ConfigSet)]
    first = configs[0].by if configs else NOBODY
    current = _latest_valid(configs) or Organisation(name="", people=(Person(first, first),))
    given: dict[tuple[object, ...], HandDown] = {}
    for record in ordered:
        if isinstance(record, SeamHandedDown):
            h = record.hand_down  # offered, then accepted or declined: the later word on it counts
            given[(h.seam, h.to, h.by, h.until)] = h
    return msgspec.structs.replace(current, hand_downs=tuple(given.values()))


def _latest_valid(configs: Sequence[ConfigSet]) -> Organisation | None:
    for config in reversed(configs):
        try:
            return read(config.text)
        except (Fix, BadTree):
            continue
    return None


def _parse(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Fix(f"seamline.toml: {error}", hint="mend the TOML there; see https://toml.io") from None
    except RecursionError:
        raise Fix("seamline.toml: is nested too deeply", hint="see docs/reference/seamline-toml.md") from None


def _rows(tables: _Row, name: str, label: str) -> list[tuple[_Where, _Row]]:
    """The tables of one array, each with how to call it in an error."""
    rows = tables.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _Where(f"[{name}]").fix("must be an array of tables", f"write [[{name}]] in double brackets")
    named = [str(row.get(label) or row.get("match") or "") for row in rows]
    return [
        (_Where(f"[[{name}]] {i}" + (f' ("{label_}")' if label_ else "")), row)
        for i, (row, label_) in enumerate(zip(rows, named, strict=True), start=1)
    ]


def _table(tables: _Row, name: str, keys: Sequence[str]) -> tuple[_Where, _Row]:
    """A table there may be one of, with how to call it in an error; empty when there is none."""
    where = _Where(f"[{name}]")
    table = tables.get(name, {})
    if not isinstance(table, dict):
        raise where.fix("must be one table", f"write [{name}] once, in single brackets")
    _known_keys(where, table, keys)
    return where, table


def _guess(word: str, words: Iterable[str], otherwise: str) -> str:
    close = get_close_matches(word, sorted(words), n=1)
    return f'did you mean "{close[0]}"?' if close else otherwise


def _known_keys(where: _Where, row: _Row, keys: Sequence[str]) -> None:
    for key in row:
        if key not in keys:
            raise where.fix(f'unknown key "{key}"', _guess(key, keys, f"known here: {', '.join(keys)}"))


def _text(where: _Where, row: _Row, key: str, *, required: bool = False) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise where.fix(f"{key} must be a text, not {value!r}", f'write {key} = "..."')
    if required and not value.strip():
        raise where.fix(f"{key} is missing", f'add {key} = "..."')
    return value.strip()


def _support(where: _Where, row: _Row) -> SupportDecl:
    declared = SupportDecl(
        _text(where, row, "language") or "en", *(_text(where, row, k) for k in _SUPPORT[1:])
    )
    if refused := macro.refusal(declared):
        raise where.fix(*refused)
    return declared


def _ref(where: _Where, row: _Row, key: str, *, required: bool = True) -> str:
    value = _text(where, row, key, required=required)
    _check_ref(where, key, value)
    return value


def _check_ref(where: _Where, key: str, value: str) -> None:
    kind, _, name = value.partition(":")
    if value and (not kind or not name):
        raise where.fix(f'{key} = "{value}" is no ref', "a ref is kind:name, such as service:booking")


def _zone(where: _Where, row: _Row, default: str) -> str:
    name = _text(where, row, "time_zone") or default
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise where.fix(f'time_zone "{name}" is unknown', "use an IANA name such as Europe/Vienna") from None
    return name


def _domain(where: _Where, row: _Row) -> str:
    domain = _text(where, row, "domain")
    if domain and domain not in DOMAINS:
        hint = _guess(domain, DOMAINS, f"one of {', '.join(DOMAINS)}")
        raise where.fix(f'domain "{domain}" is unknown', hint)
    return domain


def _moment(where: _Where, row: _Row, key: str, zone: str) -> datetime | None:
    """A date or time as UTC; without an offset it is meant in `zone`, a date at its midnight."""
    value = row.get(key)
    if value is None:
        return None
    if not isinstance(value, date):
        hint = f"write {key} = 2026-11-23 or {key} = 2026-11-23T09:00:00Z, without quotes"
        raise where.fix(f"{key} = {value!r} is no date", hint)
    moment = value if isinstance(value, datetime) else datetime.combine(value, time.min)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except OverflowError:
        raise where.fix(f"{key} = {value} is out of range", "use a year from 2 to 9998") from None


def _person(where: _Where, row: _Row, zone: str) -> Person:
    _known_keys(where, row, _PERSON)
    own_zone = _zone(where, row, zone)
    id_ = _text(where, row, "id", required=True)
    absences = tuple(sorted(_absences(where, row, own_zone), key=lambda a: a.start_at))
    for earlier, later in pairwise(absences):
        if later.start_at < earlier.end_at:
            hint = "a person away has one stand-in at a time: part the absences"
            raise where.fix(f"absences overlap on {later.start_at:%Y-%m-%d}", hint)
    return Person(
        id=id_,
        name=_text(where, row, "name") or id_,
        reports_to=_text(where, row, "reports_to"),
        domain=_domain(where, row),
        time_zone=_text(where, row, "time_zone"),
        left_at=_moment(where, row, "left_at", own_zone),
        absences=absences,
        handles=_handles(where, row),
    )


def _handles(where: _Where, row: _Row) -> tuple[str, ...]:
    """The ids that tools know a person by, each as `tool:id`."""
    handles = row.get("handles", [])
    if not isinstance(handles, list) or not all(isinstance(h, str) for h in handles):
        raise where.fix("handles must be a list of texts", 'write handles = ["slack:U024BE7LH"]')
    for handle in handles:
        tool, _, id_ = handle.partition(":")
        if not tool.strip() or not id_.strip():
            raise where.fix(f'"{handle}" is no handle', "a handle is tool:id, such as slack:U024BE7LH")
    return tuple(handles)


def _absences(where: _Where, row: _Row, zone: str) -> list[Absence]:
    found = _rows(row, "absence", "")
    return [_absence(_Where(f"{where.name}: absence {i}"), sub, zone) for i, (_, sub) in enumerate(found, 1)]


def _absence(where: _Where, row: _Row, zone: str) -> Absence:
    _known_keys(where, row, _ABSENCE)
    start, end = _moment(where, row, "from", zone), _moment(where, row, "until", zone)
    if start is None or end is None:
        raise where.fix(
            "from or until is missing", "give both: from is the first moment away, until the first back"
        )
    if end <= start:
        raise where.fix(f"until {end:%Y-%m-%d} is not after from {start:%Y-%m-%d}", "swap or mend the dates")
    return Absence(start, end, _text(where, row, "stand_in", required=True))


def _entity(where: _Where, row: _Row, people: set[str]) -> EntityDecl:
    _known_keys(where, row, _ENTITY)
    ref, match = _ref(where, row, "ref", required=False), _text(where, row, "match")
    if bool(ref) == bool(match):
        raise where.fix("needs either ref or match", "name one ref, or a shell pattern in match")
    owner = _text(where, row, "owner")
    if owner and owner not in people:
        raise where.bad_tree(
            f'owner "{owner}" is nobody here', _guess(owner, people, "add a [[person]] first")
        )
    part_of = _ref(where, row, "part_of", required=False)
    if part_of and part_of == ref:
        raise where.fix("is part_of itself", "name the whole, or leave part_of out")
    return EntityDecl(ref, match, owner, _domain(where, row), part_of)


def _alias(where: _Where, row: _Row) -> AliasDecl:
    _known_keys(where, row, _ALIAS)
    others = row.get("same_as")
    if not isinstance(others, list) or not others or not all(isinstance(o, str) and o for o in others):
        raise where.fix("same_as must be a list of refs", 'write same_as = ["desk:123"]')
    for other in others:
        _check_ref(where, "same_as", other)
    return AliasDecl(_ref(where, row, "ref"), tuple(others))


def _relation(where: _Where, row: _Row) -> RelationDecl:
    _known_keys(where, row, _RELATION)
    kind = _text(where, row, "kind", required=True)
    if kind not in KINDS:
        raise where.fix(f'kind "{kind}" is unknown', _guess(kind, KINDS, f"one of {', '.join(KINDS)}"))
    return RelationDecl(_ref(where, row, "from"), kind, _ref(where, row, "to"))


def _template(where: _Where, row: _Row) -> TemplateDecl:
    _known_keys(where, row, _TEMPLATE)
    said = TemplateDecl(_text(where, row, "match", required=True), _text(where, row, "app"))
    if refused := templates.refusal(said.match, said.app):
        raise where.fix(*refused)
    return msgspec.structs.replace(said, job=_ref(where, row, "job", required=False))


def _check_tree(people: Sequence[Person]) -> None:
    """One root, no cycle, nobody unknown. Raises BadTree with the first thing that is wrong."""
    if not people:
        hint = "add the whole-stack owner: a [[person]] with an id"
        raise _Where("[[person]]").bad_tree("there is nobody", hint)
    by_id: dict[str, Person] = {}
    for i, person in enumerate(people, start=1):
        where = _Where(f'[[person]] {i} ("{person.id}")')
        if person.id in by_id:
            raise where.bad_tree("this id is there twice", "give each person an id of their own")
        by_id[person.id] = person
    for i, person in enumerate(people, start=1):
        _check_person(_Where(f'[[person]] {i} ("{person.id}")'), person, by_id)
    _check_cycle(people, by_id)
    roots = [p.id for p in people if not p.reports_to]
    if len(roots) > 1:
        hint = f"exactly one person reports to nobody: say whom {roots[1]} reports to"
        raise _Where("[[person]]").bad_tree(f"two roots, {roots[0]} and {roots[1]}", hint)


def _check_person(where: _Where, person: Person, by_id: Mapping[str, Person]) -> None:
    for key, other in [
        ("reports_to", person.reports_to),
        *(("stand_in", a.stand_in) for a in person.absences),
    ]:
        if other and other not in by_id:
            raise where.bad_tree(
                f'{key} names "{other}", who is nobody here', _guess(other, by_id, "add a [[person]] first")
            )
        if other == person.id:
            raise where.bad_tree(f"{key} names the person themself", "name somebody else")
    if not person.reports_to and person.left_at is not None:
        raise where.bad_tree("the whole-stack owner can't have left", "make their successor the root first")


def _check_handles(people: Sequence[Person]) -> None:
    """No handle means two people."""
    whose: dict[str, str] = {}
    for i, person in enumerate(people, start=1):
        for handle in person.handles:
            if whose.setdefault(handle, person.id) != person.id:
                where = _Where(f'[[person]] {i} ("{person.id}")')
                raise where.fix(f"{handle} is {whose[handle]}'s already", "give each handle to one person")


def _check_cycle(people: Sequence[Person], by_id: Mapping[str, Person]) -> None:
    """No way upwards comes back to where it began, or is longer than `MAX_LEVELS`. O(people)."""
    level = {"": 0}  # of those whose way to the root is known
    for person in people:
        trail: dict[str, None] = {}
        at = person.id
        while at not in level:
            if at in trail:
                ids = list(trail)
                circle = " -> ".join([*ids[ids.index(at) :], at])
                hint = "exactly one person reports to nobody: take one reports_to out"
                raise _Where("[[person]]").bad_tree(f"a cycle: {circle}", hint)
            trail[at] = None
            at = by_id[at].reports_to
        for n, below in enumerate(reversed(trail), start=level[at] + 1):
            if n > MAX_LEVELS:
                hint = "check its reports_to, and those above"
                raise _Where("[[person]]").bad_tree(f"{below} is more than {MAX_LEVELS} levels down", hint)
            level[below] = n


def _check_repeats(organisation: Organisation) -> None:
    """Nothing is declared twice, and no spelling means two things."""
    declared: set[str] = set()
    for i, entity in enumerate(organisation.entities, start=1):
        name = entity.ref or entity.match
        if name in declared:
            raise _Where(f'[[entity]] {i} ("{name}")').fix("is declared twice", "keep one of the two")
        declared.add(name)
    meant: dict[str, str] = {}
    for i, alias in enumerate(organisation.aliases, start=1):
        where = _Where(f'[[alias]] {i} ("{alias.ref}")')
        for other in alias.same_as:
            if other in declared and alias.ref in declared and other != alias.ref:
                raise where.fix(f"{other} is an entity of its own", "drop its [[entity]], or this alias")
            if meant.setdefault(other, alias.ref) != alias.ref:
                raise where.fix(f"{other} is an alias of {meant[other]} already", "keep one of the two")
