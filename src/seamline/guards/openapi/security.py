"""What a caller has to show: requirements and their scopes.

`security` lists alternatives; a caller is let in by any one of them. So a change is safe for a caller exactly when
some alternative after it asks for no more than the one the caller goes by.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from seamline.guards.json_schema._references import References
from seamline.guards.json_schema._said import Weight
from seamline.guards.openapi._operations import Operation, followed, mapping, operations
from seamline.guards.openapi._said import HOLD, finding
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_NAMES = (
    "api-security-added",
    "api-security-removed",
    "api-security-scope-added",
    "api-security-component-type-changed",
)
IDS = tuple(f"openapi/{name}" for name in _NAMES)
_DO = "expand: accept the old credentials beside the new; migrate: give every caller the new ones; contract: refuse the old"

Alternative = Mapping[str, frozenset[str]]  # scheme -> scopes; empty: nothing has to be shown


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """One finding for each operation that locks somebody out; then the schemes that became another kind."""
    if before is None or after is None:
        return []
    was, now = operations(before.content), operations(after.content)
    found = [f for key in was if key in now for f in _of_operation(was[key], now[key], after)]
    return [*_shared(found, len(was), after), *_schemes(before, after)]


def _shared(found: list[Finding], n_operations: int, after: Document) -> list[Finding]:
    """What a change of the whole document does to each operation is said once."""
    by_change: dict[tuple[str, str], list[Finding]] = {}
    for one in found:
        by_change.setdefault((one.guard, one.reason.partition(": ")[2]), []).append(one)
    said = []
    for (guard, change), group in by_change.items():
        if len(group) < 4:
            said += group
            continue
        reason = f"{group[0].reason.partition(': ')[0]} and {len(group) - 1} more of {n_operations} operations: {change}"
        said.append(finding(guard.partition("/")[2], HOLD, reason, _DO, after))
    return said


def _of_operation(was: Operation, now: Operation, after: Document) -> Iterator[Finding]:
    if was.outbound:
        return
    old, new = _alternatives(was.security), _alternatives(now.security)
    lost = [a for a in old if not any(_within(b, a) for b in new)]
    if not lost:
        return
    if any(not a for a in lost):
        rule, said = _NAMES[0], f"needs {_spelled(new)} from now on, needed nothing before"
    elif any(a.keys() == b.keys() for a in lost for b in new):
        rule, said = _NAMES[2], f"{_spelled(lost)} is no longer enough, {_spelled(new)} is needed"
    else:
        rule, said = _NAMES[1], f"{_spelled(lost)} no longer lets a caller in, {_spelled(new)} does"
    yield finding(rule, HOLD, f"{now.label}: {said}", _DO, after, now)


def _alternatives(security: Any) -> list[Alternative]:
    """No `security`, or an empty list, is the one alternative of showing nothing."""
    said = [s for s in security if isinstance(s, Mapping)] if isinstance(security, list) else []
    found = [
        {name: frozenset(s for s in scopes if isinstance(s, str)) if isinstance(scopes, list) else frozenset()
         for name, scopes in one.items()}
        for one in said
    ]  # fmt: skip
    return list(found) or [{}]


def _within(asked: Alternative, shown: Alternative) -> bool:
    return all(name in shown and scopes <= shown[name] for name, scopes in asked.items())


def _spelled(alternatives: list[Alternative]) -> str:
    return " or ".join(
        "+".join(
            f"{name}({' '.join(sorted(scopes))})" if scopes else name for name, scopes in sorted(a.items())
        )
        or "nothing"
        for a in alternatives
    )


def _schemes(before: Document, after: Document) -> Iterator[Finding]:
    old, new = _defined(before), _defined(after)
    for name in sorted(old.keys() & new.keys()):
        keys = ("type", "in", "name", "scheme")
        was, now = ([str(s[name].get(k, "")) for k in keys] for s in (old, new))
        if was != now:
            reason = (
                f"security scheme {name}: {' '.join(filter(None, was))} became {' '.join(filter(None, now))}"
            )
            yield finding(_NAMES[3], Weight("hold", "high", 0.85), reason, _DO, after)


def _defined(document: Document) -> dict[str, Mapping[str, Any]]:
    references = References(document.content)
    schemes = mapping(mapping(mapping(document.content).get("components")).get("securitySchemes"))
    return {name: followed(scheme, references) for name, scheme in schemes.items()}
