"""The users and groups of a catalogue, with who is in what."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from seamline.artefacts.backstage.entity import Entity
from seamline.model.artefact import Party, Place

# Annotations or labels, by the part after the slash: the standard has no field for who leads a group.
_LEADS = ("lead", "team-lead", "tech-lead", "manager")
_LOGINS = {
    "github.com/user-login": "github:@", "gitlab.com/user-login": "gitlab:@", "github.com/team-slug": "github:@",
    "google.com/email": "email:", "microsoft.com/email": "email:", "slack.com/user-id": "slack:",
    "gitlab.com/group-path": "gitlab:@", "pagerduty.com/user-id": "pagerduty:",
}  # fmt: skip
_BOT = re.compile(r"(?:^|[-_.])(?:bot|robot|svc|service-?account)$|\[bot\]$", re.I)


def parties(entities: Iterable[Entity]) -> Iterator[Party]:
    """Each user and group; and groups that another group names as its children, where nothing defines them."""
    found = [e for e in entities if e.ref.kind in ("user", "group")]
    parents: dict[str, dict[str, Place]] = defaultdict(dict)  # child -> parents that name it
    for group in found:
        for child, _, place in group.refers("spec", "children", kind="group"):
            if child is not None and group.ref.kind == "group":
                parents[str(child)][f"backstage:{group.ref}"] = place
    for one in found:
        yield _user(one) if one.ref.kind == "user" else _group(one, parents.pop(str(one.ref), {}))
    for child_ref, named_by in parents.items():
        place = next(iter(named_by.values()))
        yield Party(f"backstage:{child_ref}", "group", place, parents=tuple(named_by))


def _user(one: Entity) -> Party:
    said = one.annotations()
    is_bot = bool(_BOT.search(one.name)) or one.text("spec", "type").casefold() in ("bot", "service")
    return Party(
        f"backstage:{one.ref}",
        "bot" if is_bot else "user",
        one.doc.place,
        name=_name(one),
        email=one.text("spec", "profile", "email").lower(),
        parents=_refs(one, "memberOf", "group"),
        left=said.get("backstage.io/orphan", "").lower() == "true",
        handles=_handles(said),
    )


def _group(one: Entity, named_by: Iterable[str]) -> Party:
    said = one.annotations()
    return Party(
        f"backstage:{one.ref}",
        "group",
        one.doc.place,
        name=_name(one),
        email=one.text("spec", "profile", "email").lower(),
        members=_refs(one, "members", "user"),
        parents=tuple(dict.fromkeys((*_refs(one, "parent", "group"), *named_by))),
        lead=_lead(said),
        handles=_handles(said),
    )


def _name(one: Entity) -> str:
    return one.text("spec", "profile", "displayName") or one.text("metadata", "title") or one.name


def _refs(one: Entity, field: str, kind: str) -> tuple[str, ...]:
    refs = (found for found, _, _ in one.refers("spec", field, kind=kind))
    return tuple(dict.fromkeys(f"backstage:{ref}" for ref in refs if ref is not None))


def _lead(said: dict[str, str]) -> str:
    """Who leads a group, as `tool:spelling`; "" where nothing says it."""
    for key, value in said.items():
        if key.rpartition("/")[2].casefold() in _LEADS:
            if "@" in value[1:]:
                return f"email:{value.lower()}"
            spelled = value.removeprefix("user:").casefold()
            return f"backstage:user:{spelled if '/' in spelled else 'default/' + spelled}"
    return ""


def _handles(said: dict[str, str]) -> tuple[str, ...]:
    """What other tools call the user or group."""
    return tuple(prefix + said[key].removeprefix("@") for key, prefix in _LOGINS.items() if said.get(key))
