"""dbt's artefacts: what ran, what was tested, what derives from what. Contract: docs/sources/dbt.md."""

from seamline.sources.dbt.door import key, verify
from seamline.sources.dbt.parse import name, parse, paths, retention
from seamline.sources.dbt.redact import redact

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
