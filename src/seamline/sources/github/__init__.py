"""GitHub: what was deployed, from which repository. Contract: docs/sources/github.md."""

from seamline.sources.github.parse import key, name, parse, paths, retention
from seamline.sources.github.redact import redact
from seamline.sources.github.signature import verify

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
