"""A tree of people for a stack that has none declared: the root, and below whom catalogues and owners name.

Who leads a group stands above its members and above who leads the groups below it; who is in no group with a lead
stands right below the root. The tree is always valid: one root, no circle, no handle of two people.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, count

from msgspec.structs import replace

from seamline.analysis.organisation import MAX_LEVELS
from seamline.analysis.survey.roster import Roster, spellings
from seamline.analysis.survey.spelling import bare, is_bot, key, means_many
from seamline.model.artefact import Found, Ownership, Party, PathRules
from seamline.model.organisation import Person


def people_below(root: Person, found: Iterable[Found]) -> tuple[Person, ...]:
    """The root first, then everybody below, sorted by id.

    Users of a catalogue who have not left, and owners spelled as one person whom no catalogue knows. Programs and
    groups are nobody.
    """
    found = list(found)
    roster = Roster(one for one in found if isinstance(one, Party))
    users = {id_: p for id_, p in roster.parties.items() if _is_there(p)}
    handles = {id_: spellings(user) for id_, user in users.items()}
    names = {id_: user.name or bare(user.id) for id_, user in users.items()}
    for owner in sorted(set(_owners(found))):
        if _is_person(owner) and roster.find(owner) is None:
            handles.setdefault(key(owner), (owner,))
            names.setdefault(key(owner), bare(owner))
    is_root = {id_ for id_ in handles if _means(root, handles[id_], names[id_])}
    ids = _ids(root, [id_ for id_ in handles if id_ not in is_root])
    return _people(root, is_root, ids, _above(roster, users, ids), handles, names)


def _is_there(party: Party) -> bool:
    return party.kind == "user" and not party.left and not is_bot(party.id)


def _owners(found: Iterable[Found]) -> Iterator[str]:
    for one in found:
        if isinstance(one, Ownership):
            yield one.owner
        elif isinstance(one, PathRules):
            yield from (owner for rule in one.rules for owner in rule.owners)


def _is_person(spelling: str) -> bool:
    """Whether a spelling says by itself that it is one person."""
    tool = spelling.partition(":")[0]
    one = tool in ("github", "gitlab", "email") and not means_many(spelling)
    return one and bool(bare(spelling)) and not is_bot(spelling)


def _means(root: Person, handles: Iterable[str], name: str) -> bool:
    """Whether somebody is the root."""
    mine = {key(handle) for handle in root.handles}
    names = {root.id.casefold(), root.name.casefold()}
    handles = list(handles)
    return any(key(h) in mine or bare(h).casefold() in names for h in handles) or name.casefold() in names


def _ids(root: Person, keys: Iterable[str]) -> dict[str, str]:
    """A person's id for each: the bare name, with the tool or a number where that is taken."""
    taken, out = {root.id}, {}
    for key_ in sorted(keys):
        name, tool = bare(key_), key_.partition(":")[0]
        forms = chain((name, f"{name}-{tool}"), (f"{name}-{n}" for n in count(2)))
        out[key_] = next(form for form in forms if form not in taken)
        taken.add(out[key_])
    return out


def _above(roster: Roster, users: Mapping[str, Party], ids: Mapping[str, str]) -> dict[str, str]:
    """Who stands above each user, by key; those right below the root are left out. Never a circle."""
    above: dict[str, str] = {}
    leaders = {id_: _leader(p, users) for id_, p in roster.parties.items() if p.kind == "group"}
    for id_ in sorted(users.keys() & ids.keys()):
        leader = _leader_above(roster, users[id_], leaders)
        if leader in ids and not _stands_above(id_, leader, above):
            above[id_] = leader
    return _shallow(above)


def _shallow(above: Mapping[str, str]) -> dict[str, str]:
    """The same, with those right below the root again who would stand too many levels down."""
    below: dict[str, list[str]] = defaultdict(list)
    for id_, leader in above.items():
        below[leader].append(id_)
    out: dict[str, str] = {}
    waiting = deque((leader, 2) for leader in below if leader not in above)  # the root is level 1
    while waiting:
        leader, level = waiting.popleft()
        fits = level < MAX_LEVELS
        out |= dict.fromkeys(below[leader], leader) if fits else {}
        waiting += [(id_, level + 1 if fits else 2) for id_ in below[leader]]
    return out


def _leader_above(roster: Roster, user: Party, leaders: Mapping[str, str]) -> str:
    """The nearest other leader on the way up through the groups; "" for none."""
    waiting = deque(roster.groups_of(user))
    seen = {key(group.id) for group in waiting}
    while waiting:
        group = waiting.popleft()
        leader = leaders.get(key(group.id), "")
        if leader and leader != key(user.id):
            return leader
        further = [g for g in roster.groups_of(group) if key(g.id) not in seen]
        seen |= {key(g.id) for g in further}
        waiting += further
    return ""


def _leader(group: Party, users: Mapping[str, Party]) -> str:
    """Who leads a group: whom it names, else its only member."""
    if key(group.lead) in users:
        return key(group.lead)
    there = [key(member) for member in group.members if key(member) in users]
    return there[0] if len(there) == 1 else ""


def _stands_above(one: str, other: str, above: Mapping[str, str]) -> bool:
    """Whether `one` is `other` or above them, or so far down that nobody may stand below."""
    at: str | None = other
    for _ in range(MAX_LEVELS):
        if at is None or at == one:
            return at == one
        at = above.get(at)
    return True


def _people(
    root: Person, is_root: Iterable[str], ids: Mapping[str, str], above: Mapping[str, str],
    handles: Mapping[str, tuple[str, ...]], names: Mapping[str, str],
) -> tuple[Person, ...]:  # fmt: skip
    given: set[str] = set()

    def own(*some: str) -> tuple[str, ...]:
        """Those that nobody has yet, and that a `seamline.toml` could hold."""
        free = [
            h
            for h in dict.fromkeys(some)
            if h not in given and all(part.strip() for part in h.partition(":"))
        ]
        given.update(free)
        return tuple(free)

    whole = replace(root, handles=own(*root.handles, *(h for id_ in sorted(is_root) for h in handles[id_])))
    below = [
        Person(ids[id_], names[id_], ids[above[id_]] if id_ in above else root.id, handles=own(*handles[id_]))
        for id_ in sorted(ids)
    ]
    return (whole, *sorted(below, key=lambda p: p.id))
