"""Argo CD: what was synced to which cluster, and whether it came up healthy. Contract: docs/sources/argo-cd.md."""

from seamline.sources.argo_cd.parse import key, name, parse, paths, retention, verify
from seamline.sources.argo_cd.redact import redact

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
