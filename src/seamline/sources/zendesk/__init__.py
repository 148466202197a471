"""Zendesk: what people write to the help desk. Contract: docs/sources/zendesk.md."""

from seamline.sources.zendesk.parse import key, name, parse, paths, retention
from seamline.sources.zendesk.redact import redact
from seamline.sources.zendesk.signature import verify

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
