"""`python -m lab record STORY --seed N --out FILE` runs the clinic through a story and records it.

`python -m lab cases RECORDING... --out DIR` makes case folders of recordings.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import psycopg
from aiohttp import ClientError

from lab import cases
from lab.director import StoryFailed
from lab.processes import StartFailed
from lab.recording import SUFFIX, record
from lab.stories import names, plan
from seamline.model.errors import Fix


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    record_ = commands.add_parser("record", help="record a story")
    record_.add_argument("story", choices=names())
    record_.add_argument("--seed", type=int, required=True)
    record_.add_argument("--out", type=Path, required=True, help=f"a file ending in {SUFFIX}")
    record_.add_argument("--minutes", type=float, default=6.0, help="length of calm")
    cases_ = commands.add_parser("cases", help="make case folders of recordings")
    cases_.add_argument("recordings", nargs="+", type=Path, metavar="RECORDING")
    cases_.add_argument("--out", type=Path, required=True, help="the folder to put them in")
    arguments = parser.parse_args()
    if arguments.command == "record" and not arguments.out.name.endswith(SUFFIX):
        parser.error(f"--out must end in {SUFFIX}")
    return arguments


async def _record(arguments: argparse.Namespace) -> list[str]:
    task = asyncio.current_task()
    assert task is not None
    for sign in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(sign, task.cancel)
    return await record(plan(arguments.story, arguments.seed, arguments.minutes), arguments.out)


def _said(failure: Exception) -> str:
    return str(failure) if isinstance(failure, StoryFailed | StartFailed) else repr(failure)


def _cases(arguments: argparse.Namespace) -> int:
    try:
        for folder in cases.make(arguments.recordings, arguments.out):
            print(folder)
    except (Fix, OSError) as error:
        print(f"lab: {error}; {error.hint}" if isinstance(error, Fix) else f"lab: {error}", file=sys.stderr)
        return 2
    return 0


def main() -> int:
    """0 done, 1 recorded but not as the story goes or not at all, 2 usage, or a recording that can't be read."""
    arguments = _arguments()
    if arguments.command == "cases":
        return _cases(arguments)
    try:
        wrong = asyncio.run(_record(arguments))
    except asyncio.CancelledError:
        wrong = ["interrupted, nothing written"]
    except ExceptionGroup as failures:
        wrong = [_said(failure) for failure in failures.exceptions]
    except (RuntimeError, OSError, ClientError, psycopg.Error) as failure:
        wrong = [_said(failure)]
    for complaint in wrong:
        print(f"lab: {complaint}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
