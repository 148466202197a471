"""A Deployment: pods of one program, replaced one by one on a release, with Events as Kubernetes writes them.

A pod is *starting* (image pull, start-up, readiness), then *ready* (gets requests), then *draining* (gets none,
finishes what it has), then gone. Only ready and draining pods run a program.
"""

import asyncio
import hashlib
import itertools
import json
import random
import string
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from lab.processes import Child, Troupe
from lab.program import end_if_failed
from lab.senders.kubernetes import EventExporter, Happening

PULL_S = (6.0, 8.0)
DRAIN_S = 6.0


@dataclass(frozen=True, slots=True)
class Release:
    """What a Deployment runs: program module, version, commit, settings."""

    module: str
    version: str
    revision: str
    settings: dict[str, Any]

    def hash(self) -> str:
        """The 10 hex digits that Kubernetes puts into the names of a replica set and its pods."""
        return hashlib.sha256(f"{self.module} {self.version} {self.revision}".encode()).hexdigest()[:10]


@dataclass(slots=True)
class Pod:
    """A pod that runs; `n_open` counts requests it has not answered yet."""

    name: str
    release: Release
    child: Child
    n_open: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.child.port}"


class Deployment:
    """Desired and actual pods of one name."""

    def __init__(self, name: str, release: Release, troupe: Troupe, events: EventExporter) -> None:
        self.name = name
        self.release = release
        self.n_requests = 0
        self._troupe = troupe
        self._events = events
        self._ready: list[Pod] = []
        self._n_starting = 0
        self._turn = itertools.count()
        self._changing = asyncio.Lock()
        self._background: set[asyncio.Task[None]] = set()

    @property
    def n_replicas(self) -> int:
        """Pods that exist, started or starting."""
        return len(self._ready) + self._n_starting

    @property
    def pods(self) -> list[Pod]:
        """Pods that take requests."""
        return self._ready

    def next_pod(self) -> Pod | None:
        """The pod whose turn it is."""
        return self._ready[next(self._turn) % len(self._ready)] if self._ready else None

    async def start(self, n_replicas: int) -> None:
        """The first pods, silently: they were there before the recording."""
        await asyncio.gather(*(self._add_pod(pull=False) for _ in range(n_replicas)))

    async def scale(self, n_replicas: int) -> list[str]:
        """Change the number of pods; gives the uid of the Event. New pods come up in the background."""
        async with self._changing:
            await self._settled()
            before = self.n_replicas
            if n_replicas == before:
                return []
            uid = await self._say(self.release, n_replicas, before)
            if n_replicas > before:
                self._n_starting += n_replicas - before
                for _ in range(n_replicas - before):
                    self._later(self._add_counted())
            else:
                for pod in self._ready[n_replicas:]:
                    self._later(self._retire(pod))
                del self._ready[n_replicas:]
            return [uid]

    async def roll_out(self, release: Release, n_pods: int | None = None) -> list[str]:
        """Replace pods by those of `release`, one by one, never with fewer ready; gives the Events' uids.

        With `n_pods`, until that many run the release; what is left runs on, and a later call goes on.
        """
        async with self._changing:
            await self._settled()
            self.release, uids = release, []
            leaving = [pod for pod in self._ready if pod.release.hash() != release.hash()]
            n_new, n_old = len(self._ready) - len(leaving), len(leaving)
            for pod in leaving[: None if n_pods is None else max(0, n_pods - n_new)]:
                uids.append(await self._say(release, n_new + 1, n_new))
                await self._add_pod(pull=True)
                uids.append(await self._say(pod.release, n_old - 1, n_old))
                n_new, n_old = n_new + 1, n_old - 1
                self._ready.remove(pod)
                await self._retire(pod)
            return uids

    def configure(self, settings: dict[str, Any]) -> None:
        """New settings for pods that start from now on; running pods are told by the caller."""
        self.release = replace(self.release, settings=self.release.settings | settings)

    async def _say(self, release: Release, n_after: int, n_before: int) -> str:
        direction = "up" if n_after > n_before else "down"
        message = f"Scaled {direction} replica set {self.name}-{release.hash()} to {n_after} from {n_before}"
        return await self._events.post(
            Happening("Deployment", self.name, "deployment-controller", "ScalingReplicaSet", message)
        )

    async def _add_counted(self) -> None:
        try:
            await self._add_pod(pull=True)
        finally:
            self._n_starting -= 1

    async def _add_pod(self, *, pull: bool) -> None:
        if pull:
            await asyncio.sleep(random.uniform(*PULL_S))
        release = self.release
        name = f"{self.name}-{release.hash()}-{''.join(random.choices(string.ascii_lowercase + string.digits, k=5))}"
        document = {"name": name, "version": release.version, "revision": release.revision,
                    "settings": release.settings}  # fmt: skip
        argv = [sys.executable, "-m", release.module, json.dumps(document)]
        child = await self._troupe.start(name, argv, says_port=True)
        self._ready.append(Pod(name, release, child))

    async def _retire(self, pod: Pod) -> None:
        for _ in range(int(DRAIN_S / 0.1)):
            if not pod.n_open:
                break
            await asyncio.sleep(0.1)
        await self._troupe.stop(pod.child)

    async def _settled(self) -> None:
        if self._background:
            await asyncio.gather(*self._background)

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        task.add_done_callback(end_if_failed)
