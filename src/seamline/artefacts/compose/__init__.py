"""Compose files: services of one machine, with what they depend on. Page: docs/artefacts/compose.md."""

from seamline.artefacts.compose.read import name, read, takes

__all__ = ["name", "read", "takes"]
