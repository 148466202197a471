"""Which files of a repository are looked at, and up to which size."""

import re
from pathlib import PurePosixPath

MANIFEST_BYTES = 300 * 2**20
FILE_BYTES = 5 * 2**20

# Machines write these, and they may be large.
_MANIFEST = re.compile(
    r"(?:^|/)(?:(?:manifest|catalog|run_results|semantic_manifest)\.json(?:\.gz|\.zst)?"
    r"|[^/]*(?:plan|tfstate|swagger|openapi|lineage)[^/]*\.jsonl?"
    r"|[^/]+\.(?:binpb|protoset|desc|pb|jsonl|zst|gz))\Z",
    re.IGNORECASE,
)

# What others wrote, what tools made, and made-up input of tests: none of it says how this organisation runs.
_FOREIGN = frozenset({
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "bower_components", "site-packages", "vendor",
    "third_party", "dbt_packages", "dbt_modules", ".terraform", ".tox", ".nox", ".mypy_cache", ".pytest_cache",
    ".ruff_cache", ".cache", "__pycache__", ".gradle", ".idea", ".next", "Pods", "testdata", "test_data", "fixtures",
    "__fixtures__", "__snapshots__", "__tests__",
})  # fmt: skip


def limit_of(path: str) -> int:
    """The largest size at which a file is read, in bytes."""
    return MANIFEST_BYTES if _MANIFEST.search(path) else FILE_BYTES


def is_foreign(folder: str) -> bool:
    """Whether a folder of this name is passed over with all that is in it."""
    return folder in _FOREIGN


def is_own(path: str) -> bool:
    """Whether none of the folders that a file lies in is foreign."""
    return _FOREIGN.isdisjoint(PurePosixPath(path).parts[:-1])


def in_words(n_bytes: int) -> str:
    """A size as people say it.

    >>> in_words(7_340_032)
    '7 MB'
    """
    return f"{n_bytes / 2**20:.0f} MB" if n_bytes >= 2**20 else f"{max(1, n_bytes // 1024)} kB"
