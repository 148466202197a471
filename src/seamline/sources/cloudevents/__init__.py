"""CloudEvents 1.0 over HTTP, and the CDEvents inside them. Contract: docs/sources/cloudevents.md."""

from seamline.sources.cloudevents.door import key, preflight, verify
from seamline.sources.cloudevents.parse import name, parse, paths, retention
from seamline.sources.cloudevents.redact import redact

__all__ = ["key", "name", "parse", "paths", "preflight", "redact", "retention", "verify"]
