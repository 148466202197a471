"""The programs that one recording started, and their end.

Every child dies with its parent (`setpriv --pdeathsig`), and `close` ends them in reverse order, so that
nothing stays behind after an error, Ctrl-C or a kill.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.program import LISTENING

ROOT = Path(__file__).resolve().parents[1]
START_S = 60.0
STOP_S = 8.0


class StartFailed(RuntimeError):
    """A program ended, or said nothing, before it was ready."""


@dataclass(frozen=True, slots=True)
class Child:
    """A running program, the signal that ends it orderly, and the port it said it listens on (0: none)."""

    name: str
    process: asyncio.subprocess.Process
    stop_signal: signal.Signals
    port: int


class Troupe:
    """Starts programs, keeps their error output under `folder`, ends them all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._children: list[Child] = []

    async def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        stop_signal: signal.Signals = signal.SIGTERM,
        user: str | None = None,
        says_port: bool = False,
    ) -> Child:
        """Start `argv`, as `user` if given. With `says_port`, wait until it prints `listening PORT`."""
        log = (self._folder / f"{name}.log").open("ab")
        become = [f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
        death = stop_signal.name.removeprefix("SIG")
        process = await asyncio.create_subprocess_exec(
            "setpriv", *become, "--pdeathsig", death, "--", *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE if says_port else log,
            stderr=log,
            cwd=self._folder,
            env=environment(),
            start_new_session=True,
        )  # fmt: skip
        log.close()
        port = await self._port_said(name, process) if says_port else 0
        child = Child(name, process, stop_signal, port)
        self._children.append(child)
        return child

    async def python(self, name: str, module: str, *arguments: str) -> Child:
        """Start a program of the lab that listens: `python -m module arguments`."""
        return await self.start(name, [sys.executable, "-m", module, *arguments], says_port=True)

    async def _port_said(self, name: str, process: asyncio.subprocess.Process) -> int:
        assert process.stdout is not None
        try:
            line = (await asyncio.wait_for(process.stdout.readline(), START_S)).decode()
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            raise
        if not line.startswith(LISTENING):
            await process.wait()
            raise StartFailed(f"{name} did not start:\n{self.last_words(name)}")
        return int(line.removeprefix(LISTENING))

    def last_words(self, name: str) -> str:
        """The end of what the program wrote to its error output."""
        return (self._folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def died(self) -> list[str]:
        """Names of programs that ended although nobody stopped them."""
        return [child.name for child in self._children if child.process.returncode is not None]

    async def stop(self, child: Child) -> None:
        """End one program orderly, by force after a while."""
        if child in self._children:
            self._children.remove(child)
        if child.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.process.send_signal(child.stop_signal)
        try:
            await asyncio.wait_for(child.process.wait(), STOP_S)
        except TimeoutError:
            child.process.kill()
            await child.process.wait()

    async def close(self) -> None:
        """End all programs, the last started first."""
        for child in reversed(self._children.copy()):
            await self.stop(child)


def environment() -> dict[str, str]:
    """The environment of a child: ours, with the lab importable from any folder."""
    return os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


async def run(argv: Sequence[str], *, timeout_s: float = 120.0) -> tuple[int, str, str]:
    """Run a program to its end; gives exit code, output, error output. Killed when it takes too long."""
    process = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", "--", *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )  # fmt: skip
    try:
        out, error = await asyncio.wait_for(process.communicate(), timeout_s)
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        raise
    return process.returncode or 0, out.decode(errors="replace"), error.decode(errors="replace")
