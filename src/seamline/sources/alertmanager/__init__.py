"""Alertmanager webhooks, version 4: what fires and what is over. Contract: docs/sources/alertmanager.md."""

from seamline.sources.alertmanager.parse import key, name, parse, paths, redact, retention, verify

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
