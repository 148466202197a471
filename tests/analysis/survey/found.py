"""Findings as tests write them, a line each."""

from seamline.analysis.survey.told import Repository
from seamline.model.artefact import Column, Fact, Found, Ownership, PathRule, PathRules, Place, Table


def at(repository: str, path: str = "f", line: int = 0) -> Place:
    return Place(repository, path, line)


def fact(repository: str, said: str, path: str = "f") -> Fact:
    """`service:a calls service:b`, or `service:a exists`."""
    subject, predicate, *object_ = said.split()
    return Fact(subject, predicate, at(repository, path), *object_)


def table(repository: str, name: str, path: str = "migrations/1.py", scheme: str = "app") -> Table:
    return Table(
        f"dataset:{scheme}://{repository}/{name}", (Column("id"),), at(repository, path), complete=True
    )


def owner(repository: str, entity: str, spelling: str, how: str = "meta.owner") -> Ownership:
    return Ownership(entity, spelling, at(repository), how)


def codeowners(repository: str, *lines: str) -> PathRules:
    """`pattern owner...`, spelled as a person's handle on GitHub."""
    rules = tuple(
        PathRule(pattern, tuple(f"github:{o}" for o in owners), n)
        for n, (pattern, *owners) in enumerate((line.split() for line in lines), start=1)
    )
    return PathRules(at(repository, "CODEOWNERS"), "github", rules)


def repository(name: str, *found: Found | str, paths: tuple[str, ...] = ()) -> Repository:
    """Texts are facts."""
    return Repository(name, "", tuple(fact(name, f) if isinstance(f, str) else f for f in found), paths)
