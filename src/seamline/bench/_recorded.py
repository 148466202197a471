"""A folder of recorded payloads, laid out as `SYSTEM/ORIGIN/FILE`, with `FILE.headers.json` beside a file where known."""

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

# Systems whose payloads come in through a source of another name. `x-remote-write` is found as `x` without this.
SPOKEN_THROUGH = {"cdevents": "cloudevents"}

# Folders, or shell patterns of files, that hold something else than what the tool delivers.
NOT_DELIVERIES = {
    "argo-cd/notifications-catalog": "templates and triggers, not what they render",
    "cloudevents/cesql-tck": "test vectors of a query language",
    "cloudevents/spec": "schemas",
    "dbt/openlineage-fixtures/*.result.json": "the lineage events that another program makes of them",
    "github/octokit-schemas": "JSON Schemas",
    "kubernetes/holmesgpt": "text that kubectl prints, and another product's findings",
    "openlineage/schemas": "JSON Schemas",
    "openlineage/spec-tests": "single facets without their event",
}


def systems_of(source: str, root: Path) -> list[str]:
    """The folders of payloads that this source reads, sorted."""
    return sorted(path.name for path in root.iterdir() if path.is_dir() and _is_of(path.name, source))


def _is_of(system: str, source: str) -> bool:
    if system == source or SPOKEN_THROUGH.get(system) == source:
        return True
    return system.startswith(f"{source}-") and system.endswith("-remote-write")


def payloads(folder: Path) -> Iterator[tuple[Path, Mapping[str, str]]]:
    """Every payload in a system's folder with its headers (lower-case names), sorted by path."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "README.md" and not path.name.endswith(".headers.json"):
            yield path, _headers(path)


def why_none(path: Path, root: Path) -> str:
    """Why a file is no delivery; "" when it is one."""
    within = path.relative_to(root).as_posix()
    for pattern, why in NOT_DELIVERIES.items():
        if fnmatch(within, pattern) or within.startswith(f"{pattern}/"):
            return why
    return ""


def _headers(path: Path) -> dict[str, str]:
    beside = path.with_name(path.name.removesuffix(path.suffix) + ".headers.json")
    said = json.loads(beside.read_text(encoding="utf-8")) if beside.exists() else {}
    return {k.lower(): str(v) for k, v in said.items() if k.lower() not in ("host", "content-length")}
