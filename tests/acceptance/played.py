"""A recording played once, with every opinion that was formed on the way."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from seamline.analysis.opinion import Opinion
from seamline.app import configure, replay, triage, views
from seamline.app.home import Home
from seamline.app.ingest import read_delivery
from seamline.bench import stories
from seamline.bootstrap import open_home
from seamline.model import record as rec
from seamline.model.delivery import Delivery, Received
from seamline.model.event import Change
from seamline.model.incident import Incident

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "lab" / "clinic" / "seamline.toml"
SUFFIX = ".jsonl.zst"


def recordings() -> list[Path]:
    """Those of the package, of the lab, and of a folder named in SEAMLINE_RECORDINGS; each with its truth."""
    folders = [ROOT / "src" / "seamline" / "demo", ROOT / "lab" / "recordings"]
    if extra := os.environ.get("SEAMLINE_RECORDINGS"):
        folders.append(Path(extra))
    return [path for folder in folders for path in sorted(folder.glob(f"*{SUFFIX}"))]


def truth_of(recording: Path) -> dict[str, Any]:
    """What really happened in a recording."""
    truth: dict[str, Any] = json.loads(
        recording.with_name(recording.name.removesuffix(SUFFIX) + ".truth.json").read_text()
    )
    return truth


@dataclass(frozen=True, slots=True)
class Played:
    """A recording in a home of its own; `opinions` are all that triage formed, oldest first."""

    recording: Path
    home: Home
    truth: dict[str, Any]
    outcome: stories.Outcome
    opinions: Sequence[Opinion]

    @property
    def incidents(self) -> list[Incident]:
        """As they stand at the end."""
        return views.incidents(self.home)

    def sent(self) -> list[Delivery]:
        """What tools sent, as the log has it."""
        return [d for d in self.home.log.read() if d.source != rec.SOURCE]

    def announced(self) -> dict[str, Delivery]:
        """The first delivery that spoke of each change, by the change's id."""
        first: dict[str, Delivery] = {}
        for delivery in self.sent():
            for event in read_delivery(self.home.sources, delivery).events:
                if isinstance(event, Change):
                    first.setdefault(event.id, delivery)
        return first


def new_home(folder: Path, config: str) -> Home:
    """An empty home with a map in force."""
    home = open_home(folder, write=True)
    home.config.write_text(config, encoding="utf-8")
    configure.follow(home)
    return home


def refill(home: Home, deliveries: Sequence[Delivery]) -> None:
    """Put deliveries of another home into this one, as they are."""
    home.log.append([Received(d.source, d.key, d.headers, d.body or b"", d.received_at) for d in deliveries])


def play(recording: Path) -> Iterator[Played]:
    """Play it; the home is closed at the end."""
    opinions: list[Opinion] = []
    step = triage.Triage.step

    def watched(self: triage.Triage) -> Opinion:
        opinions.append(step(self))
        return opinions[-1]

    with (
        TemporaryDirectory(prefix="seamline-played-") as folder,
        new_home(Path(folder), CONFIG.read_text(encoding="utf-8")) as home,
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(triage.Triage, "step", watched)
            n_read, _, _ = replay.play(home, recording)
        truth = truth_of(recording)
        outcome = stories.compare(recording.name, truth, views.incidents(home), n_read, 0.0)
        yield Played(recording, home, truth, outcome, opinions)
