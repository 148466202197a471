"""The recorded Friday of a small clinic: replayed, told, and its repeat held at the gate."""

import dataclasses
from datetime import timedelta
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable

from msgspec.structs import replace

from seamline.app import configure, gate, replay, views
from seamline.app.home import Home
from seamline.model.errors import Stop
from seamline.model.event import Change
from seamline.model.incident import Incident
from seamline.model.story import Story

BEHIND = timedelta(days=1)  # longer than a demo is shown


def recorded() -> Traversable:
    """The folder of the package that holds the recording and the clinic's `seamline.toml`."""
    return files("seamline") / "demo"


def run(home: Home, on_progress: replay.Progress | None = None) -> Story:
    """Replay the Friday into an empty home; the story of its incident, with the gate's word on the repeat.

    Raises Stop when the home already holds something, or when the recording gives no incident.
    """
    if home.log.position():
        raise Stop(f"{home.path}: this home is not empty", hint="name a new folder with --home")
    with (
        as_file(recorded() / "seamline.toml") as declared,
        as_file(recorded() / "friday.jsonl.zst") as recording,
    ):
        configure.take_over(home, declared)
        replay.play(home, recording, on_progress)
    found = views.incidents(home)
    if not found:
        raise Stop("the recording gave no incident", hint="reinstall seamline: its recording is damaged")
    told = views.why(home, found[0].id)
    return replace(told, verdict=gate.gate(home, _to_announce_again(home, told.incident), keep=True))


def standing_still(home: Home, told: Story) -> Home:
    """The home for showing what was told: its clock runs, but behind the recording, so that no silence is news.

    What people put on record there is stamped with the recording's end, as always when a clock is behind the log.
    """
    behind = home.clock() - told.as_of + BEHIND
    return dataclasses.replace(home, clock=lambda: home.clock() - behind)


def _to_announce_again(home: Home, incident: Incident) -> str:
    """The release among the changes of the leading cause: what a team would try once more."""
    changes = views.facts_of(home).changes
    guilty = [changes[c] for c in incident.causes[0].changes if c in changes]
    return min(guilty, key=_release_first).id if guilty else ""


def _release_first(change: Change) -> tuple[bool, str]:
    return (change.kind != "deploy", change.id)
