"""Jira: what people write to a project or a service desk. Contract: docs/sources/jira.md."""

from seamline.sources.jira.parse import key, name, parse, paths, retention
from seamline.sources.jira.redact import redact
from seamline.sources.jira.signature import verify

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
