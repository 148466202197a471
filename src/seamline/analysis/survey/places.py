"""Whose an entity is by where it is written down: the owner of that path."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator

from seamline.analysis.survey.path_rules import RuleBook
from seamline.analysis.survey.told import Repository, Word
from seamline.model.artefact import Document, Fact, PathRules, Place, Table
from seamline.model.refs import kind_of, name_of

_PARTS = frozenset({"column", "endpoint", "pod"})


def words(
    repository: Repository,
    own: Collection[str],
    others: Collection[str],
    whose: Callable[[str], str],
    weight: int,
) -> Iterator[Word]:
    """What the CODEOWNERS file in force says of every entity that the repository defines.

    Of several owners of one rule the first person counts one more than the others, who contest it.

    A service's place is the folder of its name, where there is one, since a manifest says where it runs, not who
    writes it. `own` are what is built from this repository: without such a folder theirs is its root. `others` are built
    from other repositories, whose owners they have: here is only said where they run.
    """
    rules = next((f for f in repository.found if isinstance(f, PathRules)), None)
    if rules is None:
        return
    book = RuleBook(rules)
    answers: dict[str, tuple[tuple[str, ...], int]] = {}
    places = {ref: place.path for ref, place in defined(repository).items()} | dict.fromkeys(own, _AT_ROOT)
    places = {ref: path for ref, path in places.items() if ref not in others}
    places |= _folders_of({ref for ref in places if kind_of(ref) == "service"}, repository.paths)
    for ref, path in sorted(places.items()):
        if path not in answers:
            deciding = next((r for r in book.of(path).rules if r.owners), None)
            answers[path] = (deciding.owners, deciding.line) if deciding else ((), 0)
        named, line = answers[path]
        people = [person for owner in named if (person := whose(owner))]
        for owner in named:
            at = Place(rules.place.repository, rules.place.path, line)
            first = bool(people) and whose(owner) == people[0]
            evidence = f"{owner} by CODEOWNERS: {at}, for {path}"
            yield Word(ref, owner, evidence, weight + first, whose(owner))


DEEPEST = 4  # levels at which a service's folder is looked for
_AT_ROOT = "README.md"  # what stands for the repository as a whole


def defined(repository: Repository) -> dict[str, Place]:
    """Where each entity is defined; of several places the first. Parts go with their wholes.

    What dbt compiled into a manifest is placed at the file it was compiled from, and so is the job that builds it.
    """
    compiled = _sources_of_dbt(repository)
    out: dict[str, Place] = {}
    for one in repository.found:
        match one:
            case Fact(predicate="exists"):
                ref = one.subject
            case Table():
                ref = one.dataset
            case Document():
                ref = one.entity
            case _:
                continue
        if kind_of(ref) not in _PARTS:
            out.setdefault(ref, compiled.get(ref.rpartition("/")[2], compiled.get(ref, one.place)))
    return out


def _sources_of_dbt(repository: Repository) -> dict[str, Place]:
    """The file that each node of a manifest comes from, by dataset and by unique id."""
    known = frozenset(repository.paths)
    out: dict[str, Place] = {}
    for one in repository.found:
        if not isinstance(one, Document) or one.format != "dbt" or not isinstance(one.content, dict):
            continue
        file, id_ = one.content.get("original_file_path"), one.content.get("unique_id")
        if isinstance(file, str) and file:
            root = one.place.path.rpartition("/")[0].removesuffix("target").rstrip("/")
            at = f"{root}/{file}".lstrip("/").replace("\\", "/")
            place = Place(repository.name, at) if at in known else one.place
            out |= {one.entity: place} | ({id_: place} if isinstance(id_, str) else {})
    return out


def _folders_of(services: Collection[str], paths: Iterable[str]) -> dict[str, str]:
    """A path in the folder that is called like each service: the least deep, `DEEPEST` levels at most."""
    wanted = {_letters(name_of(ref).rpartition("/")[2]): ref for ref in sorted(services)}
    out: dict[str, tuple[int, str]] = {}
    for path in paths:
        folders = path.split("/")[:-1][:DEEPEST]
        for depth, folder in enumerate(folders):
            ref = wanted.get(_letters(folder))
            if ref is not None:
                out[ref] = min(out.get(ref, (DEEPEST, "")), (depth, "/".join(folders[: depth + 1])))
    return {ref: f"{folder}/{_AT_ROOT}" for ref, (_, folder) in out.items()}


def _letters(name: str) -> str:
    """A name without case, dashes and the word that says it is a service."""
    return re.sub(r"[^a-z0-9]|service$", "", name.lower().replace("-", "").replace("_", ""))
