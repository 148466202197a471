"""Which spellings mean one thing: one canonical ref for every ref, as of the facts given.

Joined are: declared aliases; `same_as` facts, where a source saw both spellings in one place; and a repository
with the one service that runs its commit (equal full sha). A spelling that fits several services is a name
of none of them. A join that would put two declared entities into one is refused. What is refused or
merely likely stays a suggestion with its evidence, for a person to say.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from seamline.analysis.facts import Facts
from seamline.model.event import MapFact
from seamline.model.organisation import Organisation
from seamline.model.refs import kind_of, name_of
from seamline.model.stack import Relation

# The first kind names an entity best; the kinds after `repo` are mere spellings of something else.
KIND_PRIORITY = (
    "service", "agent", "model", "database", "queue", "deployment", "autoscaler", "dataset", "job", "dashboard",
    "desk", "vendor", "repo", "peer", "scrape", "alert",
)  # fmt: skip
SPELLINGS = frozenset({"repo", "peer", "scrape", "alert"})

_FULL_DIGEST = re.compile(r"(?:[0-9a-f]{40}|(?:sha256:)?[0-9a-f]{64})\Z")


class Suggestion(Struct, frozen=True):
    """`ref` may be the same thing as `other`. `contested`: a source says so, and something speaks against."""

    ref: str
    other: str
    evidence: str
    contested: bool = False


class _Join(Struct, frozen=True, order=True):
    """One piece of evidence that two refs are one thing. `how` sorts what weighs most first."""

    how: Literal[0, 1, 2]  # alias, seen in one place, equal commit
    a: str
    b: str
    evidence: str


class Identity:
    """Canonical refs. A ref that nobody spoke of is its own canonical ref."""

    __slots__ = ("_canonical", "_spellings", "built_from", "suggestions")

    def __init__(
        self,
        groups: Iterable[tuple[str, Sequence[str]]],
        suggestions: Sequence[Suggestion] = (),
        built_from: Sequence[Relation] = (),
    ) -> None:
        self._spellings = {head: tuple(sorted(refs)) for head, refs in groups}
        self._canonical = {ref: head for head, refs in self._spellings.items() for ref in refs}
        self.suggestions = tuple(suggestions)
        self.built_from = tuple(built_from)  # several services of one repository: a relation, no identity

    def canonical(self, ref: str) -> str:
        """The one ref that stands for this spelling."""
        return self._canonical.get(ref, ref)

    def spellings(self, ref: str) -> tuple[str, ...]:
        """Everything that resolves to the same entity, its canonical ref too, sorted."""
        head = self.canonical(ref)
        return self._spellings.get(head, (head,))


def resolve(facts: Facts, organisation: Organisation) -> Identity:
    """The identity of every ref that anything joins. O(n log n) in map facts and changes.

    The same facts and declarations give the same answer, whatever the order they came in.
    """
    joined = _Groups(organisation)
    for alias in organisation.aliases:
        for other in alias.same_as:
            joined.join(_Join(0, alias.ref, other, "declared alias"))
    seen = {
        _Join(1, min(f.subject, f.object), max(f.subject, f.object), f.evidence)
        for f in _of(facts, "same_as")
    }
    # what names an entity outright goes before what joins two spellings
    ordered = sorted(seen, key=lambda j: (kind_of(j.a) in SPELLINGS and kind_of(j.b) in SPELLINGS, j))
    clear, suggestions = _without_ambiguous(ordered, joined)
    suggestions += [s for j in clear if (s := joined.join(j))]
    commits = _commit_joins(facts, joined)
    suggestions += [s for j in commits.joins if (s := joined.join(j))] + commits.suggestions
    return Identity(joined.groups(), _distinct(suggestions, joined), commits.relations)


def _of(facts: Facts, predicate: str) -> list[MapFact]:
    found = (f for f in facts.map_facts.values() if f.predicate == predicate and f.object)
    return sorted(found, key=lambda f: (f.subject, f.object, f.id))


class _Groups:
    """Union-find over refs that knows which unions are refused."""

    def __init__(self, organisation: Organisation) -> None:
        self._declared = frozenset(d.ref for d in organisation.entities if d.ref)
        self._named = frozenset(a.ref for a in organisation.aliases)
        self._parent: dict[str, str] = {}
        self._members: dict[str, set[str]] = {}

    def find(self, ref: str) -> str:
        root = ref
        while self._parent.get(root, root) != root:
            root = self._parent[root]
        while self._parent.get(ref, ref) != root:
            self._parent[ref], ref = root, self._parent[ref]
        return root

    def members(self, ref: str) -> set[str]:
        return self._members.get(self.find(ref), {ref})

    def join(self, j: _Join) -> Suggestion | None:
        """Make the two one; a contested suggestion when that is refused."""
        a, b = self.find(j.a), self.find(j.b)
        if a == b:
            return None
        against = self._clash(j)
        if against:
            return Suggestion(j.a, j.b, f"{j.evidence}; refused: {against}", contested=True)
        low, high = sorted((a, b))
        self._members[low] = self.members(a) | self.members(b)
        self._members.pop(high, None)
        self._parent[high] = low
        return None

    def _clash(self, j: _Join) -> str:
        one, other = self.members(j.a), self.members(j.b)
        declared = sorted(one & self._declared), sorted(other & self._declared)
        if declared[0] and declared[1]:
            return f"{declared[0][0]} and {declared[1][0]} are both declared"
        if j.how == 0 or kind_of(j.a) == kind_of(j.b):
            return ""  # a person, or the source itself, says that two of a kind are one
        for kind in KIND_PRIORITY:
            if kind not in SPELLINGS and _first(one, kind) and _first(other, kind):
                return f"{_first(one, kind)} and {_first(other, kind)} are two of a kind"
        return ""

    def groups(self) -> list[tuple[str, Sequence[str]]]:
        """(canonical ref, all refs) of every group of two and more."""
        return [(self.head(refs), sorted(refs)) for _, refs in sorted(self._members.items())]

    def head(self, refs: Iterable[str]) -> str:
        """Declared, else named by an alias, else the best kind, else the first by name."""
        return min(refs, key=self._rank)

    def _rank(self, ref: str) -> tuple[bool, bool, int, str]:
        kind = kind_of(ref)
        at = KIND_PRIORITY.index(kind) if kind in KIND_PRIORITY else len(KIND_PRIORITY)
        return ref not in self._declared, ref not in self._named, at, ref


def _first(refs: Iterable[str], kind: str) -> str:
    return min((r for r in refs if kind_of(r) == kind), default="")


def _without_ambiguous(joins: Sequence[_Join], joined: _Groups) -> tuple[list[_Join], list[Suggestion]]:
    """Joins whose spelling fits one thing of a kind, and suggestions for those that fit several.

    One scrape job often carries many services: it is then a name of none of them.
    """
    meant: dict[tuple[str, str], set[str]] = {}
    for j in joins:
        for ref, other in ((j.a, j.b), (j.b, j.a)):
            if kind_of(ref) in SPELLINGS and kind_of(ref) != kind_of(other):
                meant.setdefault((ref, kind_of(other)), set()).add(joined.find(other))
    clear: list[_Join] = []
    unclear: list[Suggestion] = []
    for j in joins:
        several = [r for r, o in ((j.a, j.b), (j.b, j.a)) if len(meant.get((r, kind_of(o)), ())) > 1]
        if several:
            unclear.append(Suggestion(j.a, j.b, f"{j.evidence}; {several[0]} fits several", contested=True))
        else:
            clear.append(j)
    return clear, unclear


class _Commits(Struct):
    joins: list[_Join]
    suggestions: list[Suggestion]
    relations: list[Relation]


def _commit_joins(facts: Facts, joined: _Groups) -> _Commits:
    """What equal full commit shas say of repositories and services.

    One service runs the commits of one repository: they are one thing to the map. Several services of one
    repository, or several repositories with one commit (a fork): relations, and suggestions unless other
    evidence has settled which service the repository is.
    """
    services = _services_by_commit(facts, joined)
    pairs: dict[tuple[str, str], tuple[str, int]] = {}
    for change in facts.sorted_changes():
        if kind_of(change.entity) != "repo" or not _FULL_DIGEST.match(change.revision):
            continue
        repo = joined.find(change.entity)
        for service, seq in sorted(services.get(change.revision, {}).items()):
            if service != repo:
                pairs.setdefault((repo, service), (change.revision, max(change.seq, seq)))
    out = _Commits([], [], [])
    for (repo, service), (sha, seq) in sorted(pairs.items()):
        evidence = f"both name commit {sha.removeprefix('sha256:')[:12]}"
        head = joined.head(joined.members(service))
        repo_ref = _first(joined.members(repo), "repo")
        rivals = [p for p in pairs if (p[0] == repo) != (p[1] == service)]
        settled = any(kind_of(r) not in SPELLINGS for r in joined.members(repo))
        if not rivals and not settled:
            out.joins.append(_Join(2, repo_ref, head, evidence))
            continue
        out.relations.append(Relation(head, "built_from", repo_ref, evidence, seq))
        if not settled:
            out.suggestions.append(Suggestion(repo_ref, head, f"{evidence}, and so do others"))
    return out


def _services_by_commit(facts: Facts, joined: _Groups) -> dict[str, dict[str, int]]:
    """commit -> group of a service that says it was built from it -> delivery."""
    out: dict[str, dict[str, int]] = {}
    for fact in _of(facts, "built_from"):
        sha = name_of(fact.object)
        if kind_of(fact.object) == "revision" and _FULL_DIGEST.match(sha):
            out.setdefault(sha, {}).setdefault(joined.find(fact.subject), fact.seq)
    return out


def _distinct(suggestions: Iterable[Suggestion], joined: _Groups) -> list[Suggestion]:
    """Sorted, without those that other evidence has settled meanwhile."""
    open_: Mapping[tuple[str, str], Suggestion] = {
        (s.ref, s.other): s for s in suggestions if joined.find(s.ref) != joined.find(s.other)
    }
    return [open_[pair] for pair in sorted(open_)]
