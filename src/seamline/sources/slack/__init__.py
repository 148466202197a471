"""Slack: what people say to Seamline in a chat. Contract: docs/sources/slack.md."""

from seamline.sources.slack.door import key, reply, verify
from seamline.sources.slack.parse import name, parse, paths, retention, words
from seamline.sources.slack.redact import redact

__all__ = ["key", "name", "parse", "paths", "redact", "reply", "retention", "verify", "words"]
