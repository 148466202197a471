"""What all of GitLab's hooks have in common: the project, and how times are spelled."""

from datetime import datetime

from msgspec import Struct

from seamline.model.payload import Stamp, moment


class Project(Struct, frozen=True):
    """The part of a project we read; group and instance hooks have none."""

    path_with_namespace: str = ""
    web_url: str | None = None
    default_branch: str | None = None

    @property
    def ref(self) -> str:
        """The repository on the map."""
        return f"repo:{self.path_with_namespace}"


def at(stamp: Stamp, default: datetime) -> datetime:
    """A time in any of GitLab's spellings: ISO 8601, `2026-11-23 10:02:30 +0100`, `2026-11-23 10:02:30 UTC`."""
    return moment(stamp.removesuffix(" UTC") if isinstance(stamp, str) else stamp, default)
