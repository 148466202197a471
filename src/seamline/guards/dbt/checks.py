"""Tests and freshness: what would have told, and tells no more."""

from collections.abc import Iterator, Mapping
from typing import Any

from seamline.guards.dbt._node import NOTE, SLIGHT, Node, finding, listed, mapping
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

IDS = ("dbt/test-removed", "dbt/test-severity-lowered", "dbt/freshness-loosened", "dbt/deprecated")
_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings on the checks of one node."""
    if before is None or after is None:
        return []
    was, now = Node(before), Node(after)
    return [*_tests(was, now), *_freshness(was, now), *_deprecated(was, now)]


def _tests(was: Node, now: Node) -> Iterator[Finding]:
    old, new = _by_subject(was), _by_subject(now)
    for subject, severity in sorted(old.items()):
        name, column = subject
        where = f"{now.name}.{column}" if column else now.name
        if column and was.columns and now.columns and column in was.columns and column not in now.columns:
            continue  # it went with its column
        if subject not in new:
            do = f"keep {name}, or tell who relies on what it proved"
            yield finding("test-removed", NOTE, now, f"{where} is no longer tested: {name}", do)
        elif severity == "error" and new[subject] == "warn":
            do = "mend the rows; a warning stops no build"
            yield finding("test-severity-lowered", NOTE, now, f"{where}: {name} only warns now", do)


def _by_subject(node: Node) -> dict[tuple[str, str], str]:
    """Severity by what is tested: unique ids carry a hash that changes with the arguments."""
    found: dict[tuple[str, str], str] = {}
    for told in listed(node.content.get("tests")):
        said = mapping(told)
        name = said.get("name")
        if isinstance(name, str):
            subject = (name, str(said.get("column_name") or ""))
            severity = str(said.get("severity") or "error").lower()
            found[subject] = "error" if "error" in (severity, found.get(subject)) else severity
    return found


def _freshness(was: Node, now: Node) -> Iterator[Finding]:
    old, new = _thresholds(was), _thresholds(now)
    for name, before in old.items():
        after = new.get(name)
        if after is None or after > before:
            became = "no longer looked at" if after is None else f"{after / 3600:g} h"
            reason = f"{now.name}: {name} was {before / 3600:g} h, and is {became}"
            yield finding("freshness-loosened", NOTE, now, reason, "tell who relies on rows as fresh as that")


def _thresholds(node: Node) -> dict[str, float]:
    """`warn_after` and `error_after` in seconds, where they are set."""
    told = mapping(node.content.get("freshness")) or mapping(node.config.get("freshness"))
    found: dict[str, float] = {}
    for name in ("warn_after", "error_after"):
        seconds = _seconds(mapping(told.get(name)))
        if seconds is not None:
            found[name] = seconds
    return found


def _seconds(told: Mapping[str, Any]) -> float | None:
    count, unit = told.get("count"), _SECONDS.get(str(told.get("period")))
    return count * unit if isinstance(count, int | float) and unit else None


def _deprecated(was: Node, now: Node) -> Iterator[Finding]:
    date = now.text("deprecation_date")
    if date and not was.text("deprecation_date"):
        yield finding(
            "deprecated",
            SLIGHT,
            now,
            f"{now.name} ends on {date}",
            "move readers to the version that follows it",
        )
