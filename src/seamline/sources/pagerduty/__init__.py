"""PagerDuty: who is paged for what, and what its Events API is told. Contract: docs/sources/pagerduty.md."""

from seamline.sources.pagerduty.parse import key, name, parse, paths, repeat_s, retention
from seamline.sources.pagerduty.redact import redact
from seamline.sources.pagerduty.reply import reply
from seamline.sources.pagerduty.signature import verify

__all__ = ["key", "name", "parse", "paths", "redact", "repeat_s", "reply", "retention", "verify"]
