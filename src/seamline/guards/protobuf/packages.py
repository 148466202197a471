"""A package as a whole: what came or went, what moved to another file, what files say to code generators."""

from collections.abc import Iterator
from typing import Any

from seamline.guards.protobuf._said import finding
from seamline.guards.protobuf._weights import GENERATED
from seamline.model.artefact import Document
from seamline.model.verdict import Finding

_KINDS = {"messages": "MESSAGE", "enums": "ENUM", "services": "SERVICE"}
IDS = tuple(
    f"protobuf/{name}"
    for name in (
        "PACKAGE_NO_DELETE", "FILE_NO_DELETE", *(n for n in GENERATED if n.startswith("FILE_SAME")),
        *(f"{prefix}{kind}_NO_DELETE" for kind in _KINDS.values() for prefix in ("", "PACKAGE_")),
    )
)  # fmt: skip


def check(before: Document | None, after: Document | None) -> list[Finding]:
    """Findings by kind and name. A package that is new breaks nobody."""
    if before is None:
        return []
    if after is None:
        return [_package_gone(before)]
    gone = [f for kind in _KINDS for f in _gone(kind, before, after)]
    return [*gone, *_files(before, after)]


def _package_gone(before: Document) -> Finding:
    services = sorted(before.content["services"])
    called = f"{before.content['package'] or 'the unnamed package'} is gone"
    reason = (
        f"{called}, and with it {', '.join(services)}"
        if services
        else f"{called}; it served nothing by itself"
    )
    return finding("PACKAGE_NO_DELETE", reason, before, "", 0.95 if services else 0.6)


def _gone(kind: str, before: Document, after: Document) -> Iterator[Finding]:
    was, now = before.content[kind], after.content[kind]
    word = _KINDS[kind]
    for name in sorted(was):
        if name not in now:
            reason = f"{name} is gone{_hint(was[name], was, now)}"
            yield finding(f"PACKAGE_{word}_NO_DELETE", reason, after, name)
        elif _file(was[name]) != _file(now[name]):
            reason = f"{name}: from {was[name]['file']} to {now[name]['file']}"
            yield finding(f"{word}_NO_DELETE", reason, after, name)


def _file(part: Any) -> str:
    """A file's own name: sources are named by their place, compiled files by the name they were compiled by."""
    return str(part["file"]).rpartition("/")[2]


def _hint(part: Any, was: Any, now: Any) -> str:
    """The one new part that holds the same as the old one."""
    body = {k: v for k, v in part.items() if k != "file"}
    alike = [
        n for n, p in now.items() if n not in was and {k: v for k, v in p.items() if k != "file"} == body
    ]
    return f" (renamed to {alike[0]}?)" if len(alike) == 1 else ""


def _files(before: Document, after: Document) -> Iterator[Finding]:
    was, now = before.content["files"], after.content["files"]
    for name in sorted(was):
        if name not in now:
            yield finding("FILE_NO_DELETE", f"{name} is gone", after, "")
            continue
        if was[name]["syntax"] != now[name]["syntax"]:
            reason = f"{name}: {was[name]['syntax']} before, {now[name]['syntax']} now"
            yield finding("FILE_SAME_SYNTAX", reason, after, name)
        for option in sorted({*was[name]["options"], *now[name]["options"]}):
            old, new = was[name]["options"].get(option), now[name]["options"].get(option)
            if old != new:
                said = f"{name}: {option} was {old or 'not set'}, it is {new or 'not set'} now"
                yield finding(f"FILE_SAME_{option.upper()}", said, after, name)
