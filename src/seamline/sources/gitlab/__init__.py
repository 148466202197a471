"""GitLab: what was deployed, which flag was flipped, from which project. Contract: docs/sources/gitlab.md."""

from seamline.sources.gitlab.parse import key, name, parse, paths, retention
from seamline.sources.gitlab.redact import redact
from seamline.sources.gitlab.signature import verify

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
