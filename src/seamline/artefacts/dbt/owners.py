"""Whose a node is, by what dbt's files say, compiled or not."""

from collections.abc import Iterator
from typing import Any

from seamline.artefacts.dbt.shape import Manifest, Node, Owner
from seamline.model.artefact import Ownership, Place


def owned(manifest: Manifest, node: Node, entity: str, place: Place) -> Iterator[Ownership]:
    """Claims on what a node makes or uses: its own owner's, else its meta's, else its group's."""
    said, how = _owner_of(manifest, node)
    yield from claims(entity, said, how, place)


def owner_of(manifest: Manifest, node: Node) -> str:
    """The first of those who own a node, "" for nobody."""
    return next(iter(spelled(_owner_of(manifest, node)[0])), "")


def claims(entity: str, owner: Any, how: str, place: Place) -> Iterator[Ownership]:
    """A claim for each owner that is named: a text, a list of them, or dbt's {name, email}. `how` says where."""
    for each in spelled(owner):
        yield Ownership(entity, each, place, how)


def spelled(owner: Any) -> tuple[str, ...]:
    """Owners as somebody wrote them, `email:a@b.c` or `dbt:name`. Of a mapping the first address, else the name.

    >>> spelled({"name": "Data", "email": ["Ann@x.org", "ben@x.org"]}), spelled(["ann", "ben"]), spelled(None)
    (('email:ann@x.org',), ('dbt:ann', 'dbt:ben'), ())
    """
    if isinstance(owner, dict):
        return spelled(owner.get("email"))[:1] or spelled(owner.get("name"))
    named = owner if isinstance(owner, list) else [owner]
    return tuple(_spelled(one.strip()) for one in named if isinstance(one, str) and one.strip())


def _spelled(text: str) -> str:
    local, at, domain = text.rpartition("@")
    return f"email:{text.lower()}" if at and local and "." in domain and " " not in text else f"dbt:{text}"


def _owner_of(manifest: Manifest, node: Node) -> tuple[Any, str]:
    """The owner as it is written, and what says so."""
    if spelled(_content(node.owner)):
        return _content(node.owner), "exposure's owner"
    for meta in (node.config.meta if node.config else None, node.meta, node.source_meta):
        if isinstance(meta, dict) and spelled(meta.get("owner")):
            return meta["owner"], "meta.owner"
    group = node.group or (node.config.group if node.config else None)
    for one in manifest.groups.values() if group else ():
        if one.name == group and spelled(_content(one.owner)):
            return _content(one.owner), f"owner of group {group}"
    return None, ""


def _content(owner: Owner | None) -> Any:
    return {"name": owner.name, "email": owner.email} if owner else None
