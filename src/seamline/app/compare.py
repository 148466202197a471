"""Two states of what a repository says, held against each other by every rule that knows the kind of artefact.

A document is the same one before and after when format, entity and path are. One that moved is found again by its entity,
one that is called otherwise by its path, where only one such is left on each side.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from seamline import guards
from seamline.analysis.survey.operations import new_operations, with_tables
from seamline.model.artefact import Document, Found, Operation, Table
from seamline.model.verdict import Finding

MIGRATION = "migration"

Rules = Callable[[str], Sequence[guards.Rule]]
Pair = tuple[Document | None, Document | None]
T = TypeVar("T")
_Key = tuple[str, str, str]  # format, entity, path


def compare(before: Sequence[Found], after: Sequence[Found], rules: Rules = guards.rules) -> list[Finding]:
    """What the rules say of the step from one state to the other, in the order of files and rules, each once."""
    found: dict[Finding, None] = {}
    for pair in pairs(_documents(before), _documents(after)):
        for rule in _single(rules(_format(pair))):
            found.update(dict.fromkeys(rule.check(*pair)))
    found.update(dict.fromkeys(_over_all(before, after, rules)))
    for table, operation in _steps(before, after):
        for rule in rules(MIGRATION):
            found.update(dict.fromkeys(rule.check(table, operation)))
    return list(found)


def pairs(before: Iterable[Document], after: Iterable[Document]) -> list[Pair]:
    """The documents that differ, side by side, None for one that is not there; sorted by format, entity and path."""
    was, now = _by_place(before), _by_place(after)
    for part in ((0, 1), (0, 2)):  # one that moved; one that is called otherwise
        for key in sorted(was.keys() - now.keys()):
            found = _only(key, part, now.keys() - was.keys())
            if found and _only(key, part, was.keys() - now.keys()):
                now[key] = now.pop(found)
    both = ((was.get(key), now.get(key)) for key in sorted(was.keys() | now.keys()))
    return [(a, b) for a, b in both if a is None or b is None or a.content != b.content]


def _steps(before: Sequence[Found], after: Sequence[Found]) -> Iterator[tuple[Table | None, Operation]]:
    """Each operation that comes with the step, with its table as it is just before it."""
    by_repository: dict[str, list[Operation]] = defaultdict(list)
    for operation in new_operations(_of(Operation, before), _of(Operation, after)):
        by_repository[operation.place.repository].append(operation)
    for repository, operations in by_repository.items():
        yield from with_tables(_of(Table, before), operations, repository)


def _only(key: _Key, part: tuple[int, int], of: Iterable[_Key]) -> _Key | None:
    """The one key that has these parts in common; None for none and for several."""
    alike = [k for k in of if all(k[i] == key[i] for i in part)]
    return alike[0] if len(alike) == 1 else None


def _over_all(before: Sequence[Found], after: Sequence[Found], rules: Rules) -> Iterable[Finding]:
    """What rules say that look at everything of their kind at once."""
    formats = {d.format for d in (*_documents(before), *_documents(after))}
    for format_ in sorted(formats | {"capacity"}):
        for rule in rules(format_):
            if getattr(rule, "WHOLE", False):
                yield from rule.check(before, after)


def _single(rules: Sequence[guards.Rule]) -> list[guards.Rule]:
    return [rule for rule in rules if not getattr(rule, "WHOLE", False)]


def _format(pair: Pair) -> str:
    either = pair[0] or pair[1]
    return either.format if either else ""


def _by_place(documents: Iterable[Document]) -> dict[_Key, Document]:
    return {(d.format, d.entity, d.place.path): d for d in documents}


def _documents(found: Iterable[Found]) -> list[Document]:
    return _of(Document, found)


def _of(kind: type[T], found: Iterable[Found]) -> list[T]:
    return [f for f in found if isinstance(f, kind)]
