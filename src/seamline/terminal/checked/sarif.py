"""A check as SARIF 2.1.0 (OASIS), as code scanners take it in."""

import json
from hashlib import sha256
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from seamline.model.verdict import Checked, Finding
from seamline.terminal.checked import words

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {"hold": "error", "unknown": "warning", "note": "note"}


def render(checked: Checked) -> str:
    """One run: a rule for each guard that found something, a result for each finding, a notification per unread file."""
    findings = words.by_weight(checked.verdict.findings)
    rules = sorted({f.guard for f in findings})
    run = {
        "tool": {
            "driver": {
                "name": "Seamline",
                "version": version("seamline"),
                "rules": [_rule(id_) for id_ in rules],
                "properties": {"rules": checked.rules},
            }
        },
        "results": [_result(checked, f, rules.index(f.guard)) for f in findings],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {"level": "warning", "message": {"text": f"{u.place}: {u.why} ({u.mend})"}}
                    for u in checked.unread
                ],
            }
        ],
        "columnKind": "unicodeCodePoints",
        "properties": {"outcome": checked.verdict.outcome, "accountable": checked.verdict.accountable},
    }
    return (
        json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)
        + "\n"
    )


def _rule(id_: str) -> dict[str, Any]:
    title = id_.rpartition("/")[2].replace("-", " ")
    return {
        "id": id_,
        "name": id_.title().replace("/", "").replace("-", ""),
        "shortDescription": {"text": title},
    }


def _result(checked: Checked, f: Finding, rule: int) -> dict[str, Any]:
    reached = [ref for hop in f.downstream for ref in hop]
    text = f.reason + (f" Reaches {words.named(reached)}." if reached else "")
    text += f" {words.name(checked, f.person or checked.verdict.accountable)} answers." + (
        f" {f.do}" if f.do else ""
    )
    result: dict[str, Any] = {
        "ruleId": f.guard,
        "ruleIndex": rule,
        "level": _LEVEL[f.outcome],
        "message": {"text": text},
        "partialFingerprints": {"finding/v1": _fingerprint(f)},
        "properties": {"severity": f.severity, "confidence": f.confidence, "downstream": reached},
    }
    if f.place is not None:
        region = {"region": {"startLine": f.place.line}} if f.place.line else {}
        where = {"artifactLocation": {"uri": quote(f.place.path), "uriBaseId": "%SRCROOT%"}, **region}
        result["locations"] = [{"physicalLocation": where}]
    if checked.verdict.outcome == "pass" and words.stops(f):  # somebody decided so, on record
        why = checked.verdict.why_person
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": why}]
    return result


def _fingerprint(f: Finding) -> str:
    """The same for the same finding wherever it moves in its file."""
    return sha256("\n".join((f.guard, f.entity, f.reason)).encode()).hexdigest()[:32]
