"""The door for whatever has no source of its own: our own neutral shape, or any JSON and a mapping onto it.

Contract: docs/sources/json.md.
"""

from seamline.sources.json.door import key, reply, verify
from seamline.sources.json.parse import name, parse, paths, retention
from seamline.sources.json.redact import redact

__all__ = ["key", "name", "parse", "paths", "redact", "reply", "retention", "verify"]
