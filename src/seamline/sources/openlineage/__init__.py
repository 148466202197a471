"""OpenLineage events: what data jobs read, wrote and said of it. Contract: docs/sources/openlineage.md."""

from seamline.sources.openlineage.parse import key, name, parse, paths, retention, verify
from seamline.sources.openlineage.redact import redact

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
