"""The map: every entity that deliveries or declarations speak of, its relations, its owner, and its reach.

Built whole from facts and an organisation, never grown: equal facts give an equal map. Nothing that deliveries
speak of is dropped; what nobody declared and nothing joins is a loose end.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis import identity as identities
from seamline.analysis import owners, relations
from seamline.analysis.facts import Facts
from seamline.analysis.identity import Identity, Suggestion
from seamline.analysis.owners import PARTS, Declared
from seamline.analysis.ownership import Tree
from seamline.analysis.reach import Network, Reach, Reached
from seamline.model.event import MapFact
from seamline.model.organisation import EntityDecl, Organisation
from seamline.model.refs import kind_of, name_of, whole_of
from seamline.model.stack import Entity, LooseEnd, Relation

__all__ = ["Reach", "StackMap", "build"]

MOST_REACHED = 100_000  # paths over all questions whose answers are remembered: about 0.6 KB each
ARTEFACTS = "checkout"  # the source that tells of what stands in repositories
_NO_RELATION = frozenset({"exists", "same_as", "named"})
_NO_ENTITY = frozenset({"revision", ""})  # a commit is evidence, nothing that can break
_HOST = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/@]*@)?([^/:?]+)", re.IGNORECASE)
_POD = re.compile(r"(.+)-[a-z0-9]{6,10}-[a-z0-9]{5}\Z")


class StackMap:
    """One state of the map. Refs may be given in any spelling; answers are canonical and sorted.

    Questions about a ref that nobody spoke of are answered by its kind, and its owner is the root.
    """

    __slots__ = (
        "_n_reached",
        "_network",
        "_outward",
        "_reached",
        "_root",
        "_to",
        "entities",
        "identity",
        "loose_ends",
        "relations",
    )

    def __init__(
        self,
        entities: Mapping[str, Entity],
        relations_: Sequence[Relation],
        identity: Identity,
        loose_ends: Sequence[LooseEnd],
        root: str,
    ) -> None:
        self.entities = dict(sorted(entities.items()))
        self.relations = tuple(relations_)
        self.identity = identity
        self.loose_ends = tuple(loose_ends)
        self._root = root
        self._outward: dict[str, list[Relation]] = {}
        self._to: dict[str, list[Relation]] = {}
        for r in self.relations:
            self._outward.setdefault(r.source, []).append(r)
            self._to.setdefault(r.target, []).append(r)
        self._network = Network(arc for r in self.relations for arc in relations.arcs(r))
        self._reached: OrderedDict[tuple[str, int, float], Reached] = OrderedDict()
        self._n_reached = 0

    def canonical(self, ref: str) -> str:
        """The one ref that stands for this spelling."""
        return self.identity.canonical(ref)

    def entity(self, ref: str) -> Entity:
        """The entity of this spelling; for one that nobody spoke of, what its kind says."""
        ref = self.canonical(ref)
        known = self.entities.get(ref)
        if known is not None:
            return known
        whole = whole_of(ref)
        if whole is not None:
            return replace(self.entity(whole), ref=ref, kind=kind_of(ref), spellings=())
        return Entity(ref, kind_of(ref), owners.domain_by_kind(ref), self._root, "defaulted", ref)

    def unit(self, ref: str) -> str:
        """The owned unit it is a part of; itself when it is one."""
        return self.entity(ref).unit

    def owner(self, ref: str) -> str:
        """Person id: exactly one, gone or not (`ownership` says who counts)."""
        return self.entity(ref).owner

    def domain(self, ref: str) -> str:
        """dev, platform, support, data or vendor."""
        return self.entity(ref).domain

    def outward(self, ref: str) -> Sequence[Relation]:
        """Relations whose source this is, by (kind, target)."""
        return self._outward.get(self.canonical(ref), ())

    def to(self, ref: str) -> Sequence[Relation]:
        """Relations whose target this is, by (source, kind)."""
        return self._to.get(self.canonical(ref), ())

    def related(self, source: str, kind: str, target: str) -> bool:
        """Whether the map has this relation, in the stored direction."""
        target = self.canonical(target)
        return any(r.kind == kind and r.target == target for r in self.outward(source))

    def reach(self, ref: str, max_depth: int = 8, min_probability: float = 1e-3) -> Mapping[str, Reach]:
        """Where a fault there can show, itself first of all, by canonical ref.

        Remembered, but of more than `MOST_REACHED` paths the oldest answers go: in a dense map they grow by the square.
        """
        question = (self.canonical(ref), max_depth, min_probability)
        found = self._reached.get(question)
        if found is None:
            found = self._reached[question] = self._network.reach(*question)
            self._n_reached += found.n_held
            while self._n_reached > MOST_REACHED and len(self._reached) > 1:
                self._n_reached -= self._reached.popitem(last=False)[1].n_held
        return found


class _Mention(Struct):
    """How often deliveries speak of a ref, by the noun they do it with, and where first."""

    nouns: dict[str, int]
    seq: int

    def in_words(self) -> str:
        counted = ", ".join(f"{n} {noun}{'' if n == 1 else 's'}" for noun, n in sorted(self.nouns.items()))
        return f"spoken of by {counted}; first in delivery {self.seq}"


def build(facts: Facts, organisation: Organisation) -> StackMap:
    """The map of these facts. O(n log n) in refs, relations and patterns."""
    identity = identities.resolve(facts, organisation)
    mentions = _mentions(facts, identity.canonical)
    refs = set(mentions) | _declared_refs(organisation, identity.canonical)
    refs |= {whole for ref in sorted(refs) if (whole := _whole(ref, identity.canonical))}
    said = Declared(organisation, identity)
    declared = {ref: said.of(ref) for ref in refs}
    edges = _relations(facts, organisation, identity, refs, declared)
    for ref in {end for r in edges for end in (r.source, r.target)} - refs:
        refs.add(ref)
        declared[ref] = said.of(ref)
    root = Tree(organisation).root
    claims = owners.claims_by_entity(facts.claims.values(), identity.canonical, organisation)
    owned = owners.owners(refs, declared, edges, claims, root)
    domain_of = {p.id: p.domain for p in organisation.people}
    units = _units(refs, declared, edges)
    entities = {
        ref: Entity(
            ref, kind_of(ref), owners.domain(ref, declared[ref] or declared[units[ref]], owned[ref], domain_of),
            owned[ref].person, owned[ref].how, units[ref], tuple(s for s in identity.spellings(ref) if s != ref),
        )
        for ref in refs
    }  # fmt: skip
    covered = {identity.canonical(r) for r in _joined_by_hand(organisation)}
    covered |= {identity.canonical(f.subject) for f in facts.map_facts.values() if _stands(f)}
    loose = _loose_ends(entities, mentions, declared, covered, identity)
    ends = [*loose, *owners.contested(claims, owned), *_left_out(facts)]
    ends.sort(key=lambda e: (e.ref, e.why, e.suggestion))
    return StackMap(entities, edges, identity, ends, root)


def _mentions(facts: Facts, canonical: Callable[[str], str]) -> dict[str, _Mention]:
    """Every ref that deliveries speak of, under its canonical spelling."""
    out: dict[str, _Mention] = {}
    for ref, noun, seq in _spoken(facts):
        if kind_of(ref) in _NO_ENTITY or not name_of(ref):
            continue
        mention = out.setdefault(canonical(ref), _Mention({}, seq))
        mention.nouns[noun] = mention.nouns.get(noun, 0) + 1
        mention.seq = min(mention.seq, seq)
    return out


def _spoken(facts: Facts) -> Iterable[tuple[str, str, int]]:
    """(ref, noun, log position) for each time that a delivery names something."""
    for c in facts.changes.values():
        yield from ((ref, "change", c.seq) for ref in (c.entity, *c.also))
    yield from ((a.entity, "alert", a.seq) for a in facts.alerts.values())
    yield from ((t.desk, "ticket", t.seq) for t in facts.tickets.values())
    for r in facts.runs.values():
        named = [
            r.job,
            *(d.dataset for d in (*r.inputs, *r.outputs)),
            *(c for e in r.column_edges for c in e),
        ]
        yield from ((ref, "run", r.seq) for ref in named)
    for f in facts.map_facts.values():
        ends = (f.subject,) if f.predicate == "named" else (f.subject, f.object)
        yield from ((ref, "map fact", f.seq) for ref in ends if ref)
    yield from ((c.entity, "claim", c.seq) for c in facts.claims.values())
    yield from ((entity, "metric", seq) for entity, seq in facts.first_deliveries())


def _joined_by_hand(organisation: Organisation) -> set[str]:
    """Refs that aliases and declared relations name."""
    named = {r for a in organisation.aliases for r in (a.ref, *a.same_as)}
    return named | {end for r in organisation.relations for end in (r.source, r.target)}


def _declared_refs(organisation: Organisation, canonical: Callable[[str], str]) -> set[str]:
    refs = {d.ref for d in organisation.entities} | {d.part_of for d in organisation.entities}
    return {canonical(r) for r in refs | _joined_by_hand(organisation) if r}


def _whole(ref: str, canonical: Callable[[str], str]) -> str | None:
    """What a ref is a part of by its own spelling: a column of its dataset, a pod of its deployment."""
    whole = whole_of(ref)
    pod = _POD.match(name_of(ref)) if kind_of(ref) == "pod" else None
    if pod is not None:
        whole = f"deployment:{pod[1]}"
    return canonical(whole) if whole else None


def _relations(
    facts: Facts,
    organisation: Organisation,
    identity: Identity,
    refs: Iterable[str],
    declared: Mapping[str, Sequence[EntityDecl]],
) -> list[Relation]:
    """All relations between canonical refs, each once, sorted; what a join made a loop of is gone."""
    found = [Relation(r.source, r.kind, r.target, "declared") for r in organisation.relations]
    found += [_of_fact(f) for f in facts.map_facts.values() if _relates(f)]
    found += identity.built_from
    for ref in refs:
        whole = _whole(ref, identity.canonical)
        if whole is not None:
            found.append(Relation(ref, "part_of", whole, "its own spelling"))
        found += [Relation(ref, "part_of", d.part_of, "declared") for d in declared[ref] if d.part_of]
    found += _kept_in(refs, identity)
    once: dict[tuple[str, str, str], Relation] = {}
    # what a delivery shows is better evidence than a declaration; of several, the first delivery
    for r in sorted(found, key=lambda r: (r.seq == 0, r.seq, r.evidence)):
        a, b = identity.canonical(r.source), identity.canonical(r.target)
        if a != b:
            once.setdefault((a, r.kind, b), replace(r, source=a, target=b))
    return [once[key] for key in sorted(once)]


def _stands(fact: MapFact) -> bool:
    """Whether it says where something is written down: what an artefact defines is no loose end, whoever owns it."""
    return fact.source == ARTEFACTS and fact.predicate == "exists"


def _relates(fact: MapFact) -> bool:
    return fact.predicate not in _NO_RELATION and kind_of(fact.object) not in _NO_ENTITY


def _of_fact(fact: MapFact) -> Relation:
    return Relation(fact.subject, fact.predicate, fact.object, fact.evidence, fact.seq)


def _kept_in(refs: Iterable[str], identity: Identity) -> list[Relation]:
    """Datasets are part of the one database whose name is their host."""
    by_host: dict[str, set[str]] = {}
    refs = list(refs)
    for ref in refs:
        for spelling in identity.spellings(ref):
            if kind_of(spelling) == "database":
                by_host.setdefault(name_of(spelling).lower(), set()).add(ref)
    out = []
    for ref in refs:
        host = _HOST.match(name_of(ref)) if kind_of(ref) == "dataset" else None
        databases = by_host.get(host[1].lower(), set()) if host else set()
        if host and len(databases) == 1:
            (database,) = databases
            out.append(Relation(ref, "part_of", database, f"its host is {host[1]}"))
    return out


def _units(
    refs: Iterable[str], declared: Mapping[str, Sequence[EntityDecl]], edges: Sequence[Relation]
) -> dict[str, str]:
    """The owned unit of each ref: its whole, for a part that has no owner of its own; else itself."""
    wholes: dict[str, list[str]] = {}
    for r in edges:
        if r.kind == "part_of":
            wholes.setdefault(r.source, []).append(r.target)
    out = {}
    for ref in refs:
        at, seen = ref, {ref}
        while _is_part(at, declared.get(at, ())):
            whole = next((w for w in wholes.get(at, ()) if w not in seen), None)
            if whole is None:
                break
            at = whole
            seen.add(at)
        out[ref] = at
    return out


def _is_part(ref: str, declared: Sequence[EntityDecl]) -> bool:
    return kind_of(ref) in PARTS or (any(d.part_of for d in declared) and not any(d.owner for d in declared))


def _loose_ends(
    entities: Mapping[str, Entity],
    mentions: Mapping[str, _Mention],
    declared: Mapping[str, Sequence[EntityDecl]],
    covered: set[str],
    identity: Identity,
) -> list[LooseEnd]:
    """What deliveries speak of and nothing declares, joins or hands an owner to; and every refused join."""
    loose = [
        ref
        for ref in sorted(mentions)
        if entities[ref].owned_how == "defaulted" and not declared[ref] and ref not in covered
        and entities[ref].unit == ref
    ]  # fmt: skip
    names = _names(set(entities) - set(loose))
    out = []
    for ref in loose:
        hint = _suggestion(ref, identity.suggestions, identity.canonical, names)
        why = f"{mentions[ref].in_words()}; not declared, and nothing joins it to what is"
        out.append(LooseEnd(ref, why, *hint))
    refused = [s for s in identity.suggestions if s.contested]
    return out + [
        LooseEnd(s.ref, f"may be {s.other}, but: {s.evidence}", s.other, s.evidence) for s in refused
    ]


def _left_out(facts: Facts) -> list[LooseEnd]:
    """Sources that speak of more names than are kept: what went is on no map."""
    return [
        LooseEnd(
            f"source:{source}", f"it speaks of more than {facts.most(what, source):,} different {what}s: the newest are kept,"
            f" and {n:,} times an older one went", evidence="see who sends them; erase what is made up",
        )
        for (what, source), n in facts.left_out.items()
    ]  # fmt: skip


def _called(ref: str) -> set[str]:
    """Names by which people know a ref: its name, the last part of a path, the host of an address."""
    name = name_of(ref).lower()
    host = _HOST.match(name)
    return {name, name.rpartition("/")[2], host[1] if host else name.partition(":")[0]} - {""}


def _names(refs: Iterable[str]) -> dict[str, set[str]]:
    out: dict[str, set[str]] = {}
    for ref in refs:
        if kind_of(ref) not in PARTS and kind_of(ref) != "dataset":
            for name in _called(ref):
                out.setdefault(name, set()).add(ref)
    return out


def _suggestion(
    ref: str,
    suggestions: Sequence[Suggestion],
    canonical: Callable[[str], str],
    names: Mapping[str, set[str]],
) -> tuple[str, str]:
    """(ref it may be the same as, evidence): what a source says, else the one entity of the same name."""
    for s in suggestions:
        a, b = canonical(s.ref), canonical(s.other)
        if ref in (a, b):
            return (b if ref == a else a), s.evidence
    for name in sorted(_called(ref), key=lambda n: (-len(n), n)):
        alike = sorted(names.get(name, ()))
        if len(alike) == 1:
            return alike[0], f'both are called "{name}"'
    return "", ""
