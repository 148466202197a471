"""The people and groups that catalogues name, joined: one of each, whoever of them says what."""

from collections import defaultdict
from collections.abc import Iterable

from msgspec.structs import replace

from seamline.analysis.survey.spelling import bare, key, means_many
from seamline.model.artefact import Party


class Roster:
    """Parties by their spellings. What several places say of one is put together, in the order of places."""

    __slots__ = ("_by_alias", "_by_name", "_children", "_groups", "parties")

    def __init__(self, parties: Iterable[Party]) -> None:
        self.parties: dict[str, Party] = {}  # by key of the id, sorted
        for party in sorted(parties, key=lambda p: (key(p.id), p.place)):
            known = self.parties.get(key(party.id))
            self.parties[key(party.id)] = party if known is None else _joined(known, party)
        self._groups: dict[str, set[str]] = defaultdict(set)  # of each party, those right above it
        self._add_members()
        self._by_alias: dict[str, str] = {}
        self._by_name: dict[tuple[bool, str], list[str]] = defaultdict(list)
        self._children: dict[str, list[str]] = defaultdict(list)
        for id_, party in self.parties.items():
            for alias in spellings(party):
                self._by_alias.setdefault(key(alias), id_)
            self._by_name[party.kind == "group", bare(party.id).casefold()].append(id_)
            for parent in party.parents:
                self._children[key(parent)].append(id_)

    def _add_members(self) -> None:
        """Who says that they are in a group is one of its members, too."""
        joining: dict[str, dict[str, str]] = defaultdict(dict)
        for id_, party in self.parties.items():
            for parent in map(key, party.parents):
                self._groups[id_].add(parent)
                if party.kind != "group":
                    joining[parent][id_] = party.id
        for id_, group in list(self.parties.items()):
            if group.kind == "group":
                named = {key(member): member for member in group.members}
                for member in named:
                    self._groups[member].add(id_)
                members = tuple({**joining[id_], **named}.values())
                self.parties[id_] = replace(group, members=tuple(dict.fromkeys((*group.members, *members))))

    def find(self, spelling: str) -> Party | None:
        """The party of a spelling: its own, another tool's, or the one user or group of that name."""
        found = self._by_alias.get(key(spelling))
        if found is None and not spelling.startswith(("backstage:", "email:")):
            named = self._by_name.get((means_many(spelling), bare(spelling).casefold()), [])
            found = named[0] if len(named) == 1 else None
        return self.parties[found] if found is not None else None

    def groups_of(self, party: Party) -> list[Party]:
        """The groups right above, that exist, sorted."""
        above = sorted(self._groups.get(key(party.id), ()))
        return [self.parties[g] for g in above if g in self.parties]

    def groups_below(self, party: Party) -> list[Party]:
        """The groups whose parent this one is, sorted."""
        below = sorted(set(self._children.get(key(party.id), ())))
        return [self.parties[id_] for id_ in below if self.parties[id_].kind == "group"]


def spellings(party: Party) -> tuple[str, ...]:
    """What tools may call a party: its id, its handles, its address."""
    address = (f"email:{party.email}",) if party.email else ()
    return tuple(dict.fromkeys((party.id, *party.handles, *address)))


def _joined(one: Party, other: Party) -> Party:
    return replace(
        one,
        name=one.name or other.name,
        email=one.email or other.email,
        members=tuple(dict.fromkeys((*one.members, *other.members))),
        parents=tuple(dict.fromkeys((*one.parents, *other.parents))),
        lead=one.lead or other.lead,
        left=one.left and other.left,
        handles=tuple(dict.fromkeys((*one.handles, *other.handles))),
    )
