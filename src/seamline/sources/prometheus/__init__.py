"""Prometheus remote write 1.0: the series of every scrape, and what their labels prove of the map."""

from seamline.sources.prometheus.parse import key, name, parse, paths, redact, retention, verify

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
