"""How the platform replaces pods."""

import asyncio
import signal
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lab.clinic.cluster import deployment
from lab.clinic.cluster.deployment import Deployment, Release
from lab.processes import Child, Troupe
from lab.senders.kubernetes import EventExporter, Happening

OLD = Release("lab.clinic.booking", "1", "a" * 40, {})
NEW = Release("lab.clinic.booking", "2", "b" * 40, {})


class Bodies:
    """Starts nothing, and says that it did."""

    async def start(self, name: str, argv: Sequence[str], *, says_port: bool = False) -> Child:
        """A child without a process."""
        process = cast(asyncio.subprocess.Process, SimpleNamespace(argv=argv))
        return Child(name, process, signal.SIGTERM, 1 if says_port else 0)

    async def stop(self, child: Child) -> None:
        """Nothing runs."""


class Notes:
    """Keeps what the controller says."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    async def post(self, happening: Happening) -> str:
        """The message's number is its uid."""
        self.messages.append(happening.message)
        return str(len(self.messages))


async def running(n_pods: int) -> tuple[Any, Notes]:
    """A Deployment of pods of the old release."""
    notes = Notes()
    one = Deployment("appt-web", OLD, cast(Troupe, Bodies()), cast(EventExporter, notes))
    await one.start(n_pods)
    return one, notes


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Images are there."""
    monkeypatch.setattr(deployment, "PULL_S", (0.0, 0.0))


def test_a_step_leaves_the_others_as_they_are() -> None:
    """As many pods run the release as were asked for, and the Events count both replica sets."""

    async def scene() -> None:
        one, notes = await running(4)
        assert await one.roll_out(NEW, 1) == ["1", "2"]
        assert sorted(pod.release.version for pod in one.pods) == ["1", "1", "1", "2"]
        assert notes.messages == [
            f"Scaled up replica set appt-web-{NEW.hash()} to 1 from 0",
            f"Scaled down replica set appt-web-{OLD.hash()} to 3 from 4",
        ]

    asyncio.run(scene())


def test_the_next_step_goes_on() -> None:
    """A later step counts on from the pods that run the release already; the last one ends it."""

    async def scene() -> None:
        one, notes = await running(3)
        await one.roll_out(NEW, 1)
        assert await one.roll_out(NEW, 1) == []
        await one.roll_out(NEW)
        assert [pod.release.version for pod in one.pods] == ["2", "2", "2"]
        assert notes.messages[-2:] == [
            f"Scaled up replica set appt-web-{NEW.hash()} to 3 from 2",
            f"Scaled down replica set appt-web-{OLD.hash()} to 0 from 1",
        ]

    asyncio.run(scene())
