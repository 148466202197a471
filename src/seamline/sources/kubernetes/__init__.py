"""Kubernetes: what the cluster moved by itself or on command. Contract: docs/sources/kubernetes.md."""

from seamline.sources.kubernetes.parse import key, name, parse, paths, retention, verify
from seamline.sources.kubernetes.redact import redact

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
