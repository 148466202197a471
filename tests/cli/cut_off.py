"""A program that runs a command again and again, each time on a folder of its own, and stops it where it is told to.

`python -m tests.cli.cut_off kill FOLDER FROM TO STEP ARGUMENT...` ends each run with SIGKILL at another of its moments: right
before and right after every call that may change what is on disk. `... full FOLDER FROM TO STEP ARGUMENT...` lets no file grow
beyond so many bytes. `{home}` in the arguments stands for `FOLDER/N`; what is said on stderr goes to `FOLDER/N.err`.
Prints `N CODE` for each run; the first that was not stopped is the last.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import FrameType

from seamline.cli import app
from seamline.terminal import exits

WRITES = {
    "chmod", "commit", "execute", "executemany", "executescript", "fsync", "ftruncate", "link", "mkdir", "open", "pwrite",
    "rename", "replace", "unlink", "write",
}  # fmt: skip


def kill_at(moment: int) -> None:
    """End this process at its n-th moment."""
    n_seen = 0

    def count(_frame: FrameType, event: str, function: object) -> None:
        nonlocal n_seen
        if event in {"c_call", "c_return"} and getattr(function, "__name__", "") in WRITES:
            n_seen += 1
            if n_seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(count)


def fill_at(n_bytes: int) -> None:
    """Let no file of this process grow beyond so many bytes."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, n_bytes))


def in_folder(arguments: list[str], home: Path) -> list[str]:
    """The arguments with the home they speak of."""
    return [a.replace("{home}", str(home)) for a in arguments]


def run(stop: Callable[[int], None], at: int, folder: Path, arguments: list[str]) -> int:
    """The command in a process of its own, stopped there; its exit code, or minus the signal."""
    reading, writing = os.pipe()  # a full disk has no room for what is said
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(writing, 2)
        stop(at)
        os._exit(exits.run(app, in_folder(arguments, folder / str(at))))
    os.close(writing)
    with open(reading, "rb") as said:
        (folder / f"{at}.err").write_bytes(said.read())
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(how: str, folder: Path, moments: range, arguments: list[str]) -> None:
    """Until a run is not stopped. A first one in this process has everything imported that the others need."""
    with redirect_stdout(StringIO()):
        exits.run(app, in_folder(arguments, folder / "whole"))
    for moment in moments:
        code = run({"kill": kill_at, "full": fill_at}[how], moment, folder, arguments)
        print(moment, code, flush=True)
        if code == 0:
            return


if __name__ == "__main__":
    _, how, folder, first, end, step, *arguments = sys.argv
    main(how, Path(folder), range(int(first), int(end), int(step)), arguments)
