"""Feature flag hooks: every flip is a Change.

Contract: docs.gitlab.com, "Webhook events", "Feature flag events". The hook carries neither a time nor an id of the
flip, so its delivery stands for it.
"""

from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.event import Change, Event
from seamline.model.payload import decode
from seamline.model.refs import event_id
from seamline.sources.gitlab.shape import Project


class Flag(Struct, frozen=True):
    """The flag as it is now."""

    id: int | str
    name: str | None = None
    description: str | None = None
    active: bool | None = None


class Flipped(Struct, frozen=True):
    """A feature flag hook."""

    project: Project
    object_attributes: Flag


def events(source: str, delivery: Delivery) -> list[Event]:
    """The flip, dated by when it was received."""
    said = decode(delivery.body, Flipped)
    flag, at = said.object_attributes, delivery.received_at
    name = flag.name or str(flag.id)
    flip = delivery.key or at.isoformat()
    facts: dict[str, float | str] = {"flag": name}
    if flag.active is not None:
        facts["active"] = float(flag.active)
    return [
        Change(
            id=event_id(source, f"flag:{said.project.path_with_namespace}:{flag.id}:{flip}"),
            source=source,
            seq=delivery.seq,
            at=at,
            version_at=at,
            entity=said.project.ref,
            kind="flag",
            state="done",
            title=f"flag {name} {_turned(flag.active)} in {said.project.path_with_namespace}",
            done_at=at,
            facts=facts,
            url=f"{said.project.web_url}/-/feature_flags" if said.project.web_url else "",
        )
    ]


def _turned(active: bool | None) -> str:
    return "changed" if active is None else "turned on" if active else "turned off"
