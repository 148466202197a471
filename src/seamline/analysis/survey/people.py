"""Whom an owner's spelling means: one person of the tree or nobody, and what is wrong with it.

The rule, in order:
1. A person who has the spelling among their `handles`, else whose id or name it is.
2. A user whom a catalogue knows means the person who has any of the user's spellings, id or name.
3. A group means its lead; else its only member; else the lowest person at or above its members. When that is the
   root, and the root is no member, nobody in particular leads it.
4. Anything else means nobody: what it owns falls to the whole-stack owner by default, and is told.

A person who has left is still meant: who answers for them is `analysis.ownership`'s.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from msgspec import Struct

from seamline.analysis.ownership import Tree
from seamline.analysis.survey.roster import Roster, spellings
from seamline.analysis.survey.spelling import bare, is_bot, is_role, key, means_many
from seamline.model.artefact import Found, Ownership, Party, PathRules, Place
from seamline.model.organisation import Organisation, Person

TroubleKind = Literal["left", "empty group", "leaderless", "bot", "unknown", "contested"]


class Trouble(Struct, frozen=True):
    """An owner who can't answer, or two who both would. `entity` is "" where paths are owned."""

    kind: TroubleKind
    entity: str
    owner: str  # as spelled
    place: Place
    why: str
    mend: str


class Meaning(Struct, frozen=True):
    """Whom a spelling means: `person` is an id, "" for nobody. Without `kind` nothing is wrong with it."""

    person: str = ""
    kind: TroubleKind | None = None
    why: str = ""
    mend: str = ""


class People:
    """The people of an organisation and what catalogues say of them, ready to be asked."""

    __slots__ = ("_at", "_by_handle", "_by_name", "_meanings", "_people", "_tree", "roster")

    def __init__(
        self, organisation: Organisation, found: Iterable[Found], at: datetime | None = None
    ) -> None:
        """`at` decides who has left by then; None: whoever has a date."""
        self.roster = Roster(one for one in found if isinstance(one, Party))
        self._tree = Tree(organisation)
        self._at = at
        self._people = {p.id: p for p in organisation.people}
        self._by_handle = {key(handle): p.id for p in organisation.people for handle in p.handles}
        self._by_name = _unique_names(organisation.people)
        self._meanings: dict[str, Meaning] = {}

    def whose(self, spelling: str) -> str:
        """The id of the one person a spelling means, "" for nobody."""
        return self.meaning(spelling).person

    def meaning(self, spelling: str) -> Meaning:
        """Whom a spelling means, and what is wrong with it. Never fails."""
        if spelling not in self._meanings:
            self._meanings[spelling] = self._meaning(spelling, frozenset())
        return self._meanings[spelling]

    def _meaning(self, spelling: str, within: frozenset[str]) -> Meaning:
        """`within` are the groups that are being looked at, so that circles of groups end."""
        party = self.roster.find(spelling)
        person = self._person(spelling, party)
        if person:
            return self._there(person, party)
        if party is not None and party.kind == "group":
            return self._group(party, within)
        if party is not None and party.left:
            return Meaning("", "left", f"{_called(party)} has left", "name who took over")
        if (party is not None and party.kind == "bot") or is_bot(spelling):
            return Meaning("", "bot", f"{bare(spelling)} is a program, which can't answer", "name a person")
        return _unknown(spelling, party)

    def _person(self, spelling: str, party: Party | None) -> str:
        """The person who has the spelling, or any other of the same user; "" for none."""
        if key(spelling) in self._by_handle:
            return self._by_handle[key(spelling)]
        others = spellings(party) if party is not None else ()
        handled = next((self._by_handle[key(o)] for o in others if key(o) in self._by_handle), "")
        if handled or means_many(spelling) or (party is not None and party.kind == "group"):
            return handled
        names = [bare(spelling), *(bare(o) for o in others), *([party.name] if party is not None else [])]
        return next((self._by_name[n.casefold()] for n in names if n.casefold() in self._by_name), "")

    def _there(self, id_: str, party: Party | None) -> Meaning:
        left_at = self._people[id_].left_at
        if left_at is not None and (self._at is None or left_at <= self._at):
            return Meaning(id_, "left", f"{id_} left on {left_at:%Y-%m-%d}", "name who took over")
        if party is not None and party.left:
            return Meaning(
                id_, "left", f"{id_} is gone from {party.place}", "give them a left_at, or name another"
            )
        return Meaning(id_)

    def _group(self, group: Party, within: frozenset[str]) -> Meaning:
        within |= {key(group.id)}
        led = self._meaning(group.lead, within) if group.lead and key(group.lead) not in within else None
        if led is not None and led.person and led.kind is None:
            return led
        below = group.members or [g.id for g in self.roster.groups_below(group)]
        meant = [self._meaning(member, within) for member in below if key(member) not in within]
        there = sorted({m.person for m in meant if m.person and m.kind is None})
        if not there:
            return _nobody_in(group, meant)
        above = self._lowest_above(there)
        if above == self._tree.root and above not in there:
            why = f"{_called(group)} has {len(there)} people and no lead; only {above} is above all of them"
            return Meaning("", "leaderless", why, f'give its lead the handle "{group.id}"')
        return Meaning(above)

    def _lowest_above(self, people: list[str]) -> str:
        chains = [self._tree.chain(person) for person in people]
        return next((p for p in chains[0] if all(p in chain for chain in chains)), self._tree.root)


def _unique_names(people: Iterable[Person]) -> dict[str, str]:
    """Ids and names that one person alone has, without case; an id before a name."""
    named: dict[str, set[str]] = defaultdict(set)
    ids: dict[str, str] = {}
    for person in people:
        named[person.name.casefold()].add(person.id)
        ids.setdefault(person.id.casefold(), person.id)
    return {name: next(iter(whose)) for name, whose in named.items() if name and len(whose) == 1} | ids


def _called(party: Party) -> str:
    return f"{party.name} ({party.id})" if party.name and party.name != bare(party.id) else party.id


def _nobody_in(group: Party, meant: list[Meaning]) -> Meaning:
    if not meant:
        return Meaning("", "empty group", f"{_called(group)} has no members", "add them, or name a person")
    if all(m.kind in ("left", "bot", "empty group") for m in meant):
        why = f"nobody is left in {_called(group)}: its {len(meant)} members have gone, are programs or empty groups"
        return Meaning("", "empty group", why, "add who took over")
    why = f"none of the {len(meant)} members of {_called(group)} is in the tree"
    return Meaning("", "unknown", why, f'add handles = ["{group.id}"] to the [[person]] who leads it')


def _unknown(spelling: str, party: Party | None) -> Meaning:
    mend = f'add handles = ["{spelling}"] to the [[person]] who is meant'
    if is_role(spelling):
        return Meaning("", "unknown", f"{bare(spelling)} is whoever has that role", "name a person")
    if party is not None:
        return Meaning("", "unknown", f"{_called(party)} is not in the tree", mend)
    if means_many(spelling):
        return Meaning("", "unknown", f"no catalogue names the members of {spelling}", mend)
    return Meaning("", "unknown", f"nobody is known as {spelling}", mend)


# -- what is wrong --------------------------------------------------------------------------------
def troubles(found: Iterable[Found], people: People) -> list[Trouble]:
    """Every owner who can't answer and every two who both would, each once, sorted by kind and entity."""
    words = [one for one in found if isinstance(one, Ownership | PathRules)]
    told: dict[tuple[str, str, str], Trouble] = {}
    for trouble in (*_silent(words, people), *_contested(words, people)):
        told.setdefault((trouble.kind, trouble.entity, trouble.owner), trouble)
    return sorted(told.values(), key=lambda t: (t.kind, t.entity, t.owner, t.place))


def _named(words: Iterable[Ownership | PathRules]) -> Iterator[tuple[str, str, Place]]:
    """(entity, spelling, where) of every owner named."""
    for word in words:
        if isinstance(word, Ownership):
            yield word.entity, word.owner, word.place
        else:
            for rule in word.rules:
                at = Place(word.place.repository, word.place.path, rule.line)
                yield from (("", owner, at) for owner in rule.owners)


def _silent(words: Iterable[Ownership | PathRules], people: People) -> Iterator[Trouble]:
    for entity, owner, place in _named(words):
        meant = people.meaning(owner)
        if meant.kind is not None:
            yield Trouble(meant.kind, entity, owner, place, meant.why, meant.mend)


def _contested(words: Iterable[Ownership | PathRules], people: People) -> Iterator[Trouble]:
    """Things that two people own: by several words on one entity, or by one rule for paths."""
    by_entity: dict[str, dict[str, Ownership]] = defaultdict(dict)
    for word in words:
        if isinstance(word, Ownership):
            person = people.whose(word.owner)
            if person:
                by_entity[word.entity].setdefault(person, word)
        else:
            yield from _contested_paths(word, people)
    for entity, claims in sorted(by_entity.items()):
        if len(claims) > 1:
            said = " and ".join(f"{person} by {word.how}" for person, word in sorted(claims.items()))
            last = max(claims.values(), key=lambda word: word.place)
            mend = f'agree on one: [[entity]] ref = "{entity}", owner = "..."'
            yield Trouble("contested", entity, last.owner, last.place, said, mend)


def _contested_paths(rules: PathRules, people: People) -> Iterator[Trouble]:
    """One line for each set of owners who are several people, however many rules name them."""
    for rule in rules.rules:
        meant = sorted({person for owner in rule.owners if (person := people.whose(owner))})
        if len(meant) > 1:
            why = f"{' and '.join(meant)} own {rule.pattern}"
            at = Place(rules.place.repository, rules.place.path, rule.line)
            yield Trouble(
                "contested", "", " ".join(rule.owners), at, why, "agree on who answers, and name them first"
            )
