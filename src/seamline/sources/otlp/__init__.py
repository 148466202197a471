"""OpenTelemetry's own protocol over HTTP: metrics, spans and log records. Contract: docs/sources/otlp.md."""

from seamline.sources.otlp.parse import key, name, parse, paths, retention, verify
from seamline.sources.otlp.redact import redact
from seamline.sources.otlp.reply import reply

__all__ = ["key", "name", "parse", "paths", "redact", "reply", "retention", "verify"]
