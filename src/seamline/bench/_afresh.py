"""A process with nothing but a home and a hash seed of its own: it rebuilds, plays and shuffles for `bench.replay`.

usage: python -m seamline.bench._afresh, with a `Task` as JSON on standard input; an `Answer` comes out as JSON.
"""

import random
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace as with_fields
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis.facts import Facts
from seamline.analysis.opinion import Opinion, opine
from seamline.app import configure, replay
from seamline.app.ingest import take_in
from seamline.bootstrap import open_home
from seamline.model import record as rec
from seamline.model.delivery import Delivery
from seamline.model.ports import Source

TICK_AFTER = timedelta(seconds=10)
_WALL_CLOCK = frozenset(
    {
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time",
        "time_ns",
        "localtime",
        "gmtime",
    }
)
SeamKey = tuple[str, str, str]


class Task(Struct, frozen=True):
    """What to prove about a home: its export at log positions, the recording played anew, deliveries shuffled."""

    home: str
    recording: str
    clock_at: datetime  # what the home's own clock says, always
    positions: tuple[int, ...]
    moments: tuple[datetime, ...]  # up to which deliveries are shuffled and looked at
    n_shuffles: int
    seed: int  # of the shuffles


class Conclusion(Struct, frozen=True):
    """What an opinion says of one incident, without the positions its deliveries happened to get."""

    symptoms: tuple[str, ...]
    accountable: str
    causes: tuple[tuple[str, SeamKey | None, float], ...]  # key, seam, probability; by key


class Answer(Struct, frozen=True):
    """What came out. Digests are sha256 of the export as text."""

    at: datetime  # the time this process believed it was
    rebuilt: tuple[str, ...]  # per position
    played: str
    shuffled: tuple[tuple[tuple[Conclusion, ...], ...], ...]  # per shuffle, per moment
    clock_readers: tuple[str, ...]


def digest(lines: Iterable[str]) -> str:
    """Of an export."""
    return sha256("".join(lines).encode()).hexdigest()


def play(
    recording: Path, config: Path, home: Path, clock_at: datetime, seen: replay.Progress | None = None
) -> str:
    """Make a home, play a recording into it as it would have come in, and the digest of what it then shows."""
    with open_home(home, write=True) as opened:
        fixed = with_fields(opened, clock=lambda: clock_at)
        fixed.config.write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
        configure.follow(fixed)
        _, _, opinion = replay.play(fixed, recording, seen)
        return digest(replay.told(opinion))


def conclude(
    deliveries: Sequence[Delivery], sources: Mapping[str, Source], until: datetime
) -> tuple[Conclusion, ...]:
    """What deliveries received until then say once all are in, and a tick after them. `seq` is their order."""
    facts = Facts()
    for seq, delivery in enumerate(deliveries, start=1):
        if delivery.received_at <= until or delivery.source == rec.SOURCE:
            take_in(facts, sources, replace(delivery, seq=seq))
    at = until + TICK_AFTER
    facts.add_record(len(deliveries) + 1, rec.Tick(rec.SELF, at))
    facts.saw(len(deliveries) + 1, at)
    return tuple(sorted(_conclusions(opine(facts)), key=lambda c: c.symptoms))


def _conclusions(opinion: Opinion) -> Iterator[Conclusion]:
    for incident in opinion.incidents:
        causes = sorted((c.key, c.seam, c.probability) for c in incident.causes)
        yield Conclusion(tuple(sorted(incident.symptoms)), incident.accountable, tuple(causes))


def sent(home: Path) -> tuple[list[Delivery], Mapping[str, Source]]:
    """The deliveries of a home that tools sent, and its map; what Seamline concluded is left out."""
    with open_home(home, write=False) as opened:
        kept = [
            d
            for d in opened.log.read()
            if d.source != rec.SOURCE or d.headers.get("x-seamline-kind") == "seamline/config/v1"
        ]
        return kept, opened.sources


def answer(task: Task) -> Answer:
    """Do all of a task."""
    with watched_clock() as readers:
        rebuilt = tuple(_rebuild(Path(task.home), position) for position in task.positions)
    now = datetime.now(task.clock_at.tzinfo)
    return Answer(now, rebuilt, _played(task), tuple(_shuffled(task)), tuple(sorted(readers)))


def _rebuild(home: Path, position: int) -> str:
    with open_home(home, write=False) as opened:
        return digest(replay.export(opened, position))


def _played(task: Task) -> str:
    """The recording in a new home with the same keys, for the same pseudonyms."""
    first = Path(task.home)
    with TemporaryDirectory(prefix="seamline-replay-") as folder:
        shutil.copytree(first / "keys", Path(folder) / "keys")
        return play(Path(task.recording), first / "seamline.toml", Path(folder), task.clock_at)


def _shuffled(task: Task) -> Iterator[tuple[tuple[Conclusion, ...], ...]]:
    """Every delivery twice, in another order each time; a repeat has a log position of its own."""
    deliveries, sources = sent(Path(task.home))
    order = random.Random(task.seed)
    for _ in range(task.n_shuffles):
        mixed = [*deliveries, *deliveries]
        order.shuffle(mixed)
        yield tuple(conclude(mixed, sources, moment) for moment in task.moments)


@contextmanager
def watched_clock() -> Iterator[set[str]]:
    """Collects who asks what time it is, `module.function`, while the block runs."""
    readers: set[str] = set()

    def on_call(frame: FrameType, event: str, called: Any) -> None:
        if event == "c_call" and getattr(called, "__qualname__", "") in _WALL_CLOCK:
            readers.add(f"{frame.f_globals.get('__name__')}.{frame.f_code.co_name}")

    sys.setprofile(on_call)
    try:
        yield readers
    finally:
        sys.setprofile(None)


if __name__ == "__main__":
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    sys.stdout.buffer.write(msgspec.json.encode(answer(task)))
