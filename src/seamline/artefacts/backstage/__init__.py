"""Backstage's catalogue: entities of all kinds, their owners and relations, the people and groups.

Contract: https://backstage.io/docs/features/software-catalog/descriptor-format
"""

from seamline.artefacts.backstage.read import name, read, takes

__all__ = ["name", "read", "takes"]
