"""What `seamline init PATH...` read out of repositories: one delivery a repository and state.

Contract: docs/sources/checkout.md.
"""

from seamline.sources.checkout.door import key, redact, verify
from seamline.sources.checkout.parse import name, parse, paths, retention

__all__ = ["key", "name", "parse", "paths", "redact", "retention", "verify"]
