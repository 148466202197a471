"""A recording's files: made in a temporary folder, compressed to their place when the story was told."""

import json
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zstandard

from lab.checks import complaints
from lab.director import Director
from lab.plan import Plan
from lab.stage import company
from lab.truth import truth

SUFFIX = ".jsonl.zst"
LEVEL = 19


def truth_path(out: Path) -> Path:
    """`friday.jsonl.zst` -> `friday.truth.json`."""
    return out.with_name(out.name.removesuffix(SUFFIX) + ".truth.json")


def lines_of(path: Path) -> Iterator[dict[str, Any]]:
    """The deliveries of an uncompressed recording, in order of receipt."""
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def cpu_s() -> float:
    """CPU seconds of this program and of all children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


async def record(plan: Plan, out: Path) -> list[str]:
    """Run the story, write `out` and its truth; gives what is wrong with the run (then still written)."""
    with tempfile.TemporaryDirectory(prefix="clinic-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with company(folder, plan) as stage:
            director = Director(plan, stage)
            course = await director.play()
            recording = stage.recording
        document = truth(plan, course, lines_of(recording))
        out.parent.mkdir(parents=True, exist_ok=True)
        packed = zstandard.ZstdCompressor(level=LEVEL).compress(recording.read_bytes())
        out.write_bytes(packed)
        truth_path(out).write_text(json.dumps(document, indent=1) + "\n")
        director.say(
            f"{out.name}: {len(packed)} bytes, {course.n_requests} requests, {len(course.hurts)} hurt, "
            f"tickets {course.tickets}, {cpu_s():.0f} s of CPU"
        )
        return list(complaints(plan, course))
