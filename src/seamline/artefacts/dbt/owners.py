"""Whose a node is, by what the manifest says."""

from typing import Any

from seamline.artefacts.dbt.shape import Manifest, Node, Owner


def owner_of(manifest: Manifest, node: Node) -> tuple[str, str]:
    """(owner, what says so): its own, its meta's, its group's; "" for none. Spelled `email:a@b.c` or `dbt:name`."""
    if own := _of(node.owner):
        return own, "exposure's owner"
    for meta in (node.config.meta if node.config else None, node.meta, node.source_meta):
        if isinstance(meta, dict) and (own := _spelled(meta.get("owner"))):
            return own, "meta.owner"
    group = node.group or (node.config.group if node.config else None)
    for one in manifest.groups.values() if group else ():
        if one.name == group and (own := _of(one.owner)):
            return own, f"owner of group {group}"
    return "", ""


def _of(owner: Owner | None) -> str:
    return (_spelled(owner.email) or _spelled(owner.name)) if owner else ""


def _spelled(owner: Any) -> str:
    """An owner as somebody wrote it: a text, the first of a list, or a mapping with an address or a name."""
    if isinstance(owner, list) and owner:
        owner = owner[0]
    if isinstance(owner, dict):
        owner = owner.get("email") or owner.get("name")
    if not isinstance(owner, str) or not owner.strip():
        return ""
    text = owner.strip()
    local, at, domain = text.rpartition("@")
    return f"email:{text.lower()}" if at and local and "." in domain and " " not in text else f"dbt:{text}"
