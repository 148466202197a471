"""Whether equal deliveries give equal answers: an export under other hash seeds and clocks, and any order of arrival.

A recording is played as a live server would have taken it in. Fresh processes, each with a hash seed of its own
and, where `faketime` is installed, a clock a year ahead, then rebuild it at several log positions and play it
anew: every byte has to be the same. They also shuffle its deliveries, each doubled, and look at the result
at the harm's height and at the end: the same incidents, causes, seams and persons, and probabilities within
1e-6. Without `faketime` the clock's part of the proof is that nobody asked what time it is.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from importlib.resources import as_file
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from seamline.app import demo, replay, views
from seamline.app import recording as recordings
from seamline.bench._afresh import Answer, Conclusion, Task, conclude, digest, play, sent
from seamline.bootstrap import open_home
from seamline.model.errors import Fix

SAME = 1e-6  # probabilities that differ by less are the same
AHEAD = "+365d"
PREFIX_STEPS = 12  # an export is kept at every so many steps of the live play
LIMIT_S = 600.0
MOST_NAMED = 20  # differences; one cause of them tends to show in every shuffle

Figures = dict[str, object]
Conclusions = tuple[Conclusion, ...]


def run(recording: str = "", config: str = "", n_shuffles: int = 20, n_hash_seeds: int = 2) -> Figures:
    """Figures of the proof for a recording and its `seamline.toml`; by default the Friday that the package brings."""
    with (
        as_file(demo.recorded() / "friday.jsonl.zst") as friday,
        as_file(demo.recorded() / "seamline.toml") as clinic,
    ):
        return prove(Path(recording or friday), Path(config or clinic), n_shuffles, n_hash_seeds)


def prove(recording: Path, config: Path, n_shuffles: int, n_hash_seeds: int) -> Figures:
    """Figures of the proof; `different` names what did not come out the same and is empty when the promise holds.

    `n_shuffles` is per hash seed. Raises Fix when there is nothing in the recording.
    """
    began = time.perf_counter()
    with TemporaryDirectory(prefix="seamline-replay-") as folder:
        home = Path(folder)
        prefixes, task = _live(home, recording, config, n_shuffles)
        deliveries, sources = sent(home)
        expected = [conclude(deliveries, sources, moment) for moment in task.moments]
        answers = [_afresh(msgspec.structs.replace(task, seed=n), n + 1) for n in range(n_hash_seeds)]
    different = [
        line for n, one in enumerate(answers) for line in _differences(n + 1, one, prefixes, expected)
    ]
    return {
        "recording": recording.name,
        "n_deliveries": len(deliveries),
        "n_incidents": [len(one) for one in expected],
        "n_hash_seeds": n_hash_seeds,
        "n_exports": len(prefixes) * n_hash_seeds,
        "n_shuffles": n_shuffles * n_hash_seeds,
        "clock_ahead_days": [(one.at - task.clock_at).days for one in answers] if _faketime() else [],
        "most_apart": max((_apart(expected, s) for one in answers for s in one.shuffled), default=0.0),
        "n_different": len(different),
        "different": different[:MOST_NAMED],
        "seconds": round(time.perf_counter() - began, 2),
    }


def _live(home: Path, recording: Path, config: Path, n_shuffles: int) -> tuple[dict[int, str], Task]:
    """Play into a new home. What was shown at log positions on the way and at the end, and the task to repeat it."""
    received = [line.received_at for line in recordings.read_file(recording)]
    if not received:
        raise Fix(f"{recording}: holds no deliveries", hint="name a recording")
    prefixes: dict[int, str] = {}
    steps = iter(range(1, len(received) + 2))

    def keep(_done: int, _total: int) -> None:
        if next(steps) % PREFIX_STEPS == 0:
            with open_home(home, write=False) as reader:
                prefixes[reader.log.position()] = digest(replay.export(reader))

    shown = play(recording, config, home, max(received), keep)
    with open_home(home, write=False) as reader:
        prefixes[reader.log.position()] = shown
        opened = [i.opened_at for i in views.incidents(reader) if i.opened_at is not None]
    moments = (*sorted(set(opened)), max(received))
    return prefixes, Task(str(home), str(recording), max(received), tuple(prefixes), moments, n_shuffles, 0)


def _faketime() -> list[str]:
    program = shutil.which("faketime")
    return [program, "-f", AHEAD] if program else []


def _afresh(task: Task, hash_seed: int) -> Answer:
    """The task in a process of its own."""
    done = subprocess.run(
        [*_faketime(), sys.executable, "-m", "seamline.bench._afresh"],
        input=msgspec.json.encode(task), capture_output=True, timeout=LIMIT_S, check=False,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed)},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the fresh process failed: {done.stderr.decode(errors='replace')[-2000:]}")
    return msgspec.json.decode(done.stdout, type=Answer)


def _differences(
    hash_seed: int, answer: Answer, prefixes: dict[int, str], expected: Sequence[Conclusions]
) -> Iterator[str]:
    """What of one process's answer is not as it was, in words."""
    for (position, before), now in zip(prefixes.items(), answer.rebuilt, strict=True):
        if before != now:
            yield f"hash seed {hash_seed}: the export at position {position} has other bytes"
    if answer.played != list(prefixes.values())[-1]:
        yield f"hash seed {hash_seed}: playing the recording anew gives other bytes"
    for reader in answer.clock_readers:
        yield f"hash seed {hash_seed}: {reader} asks what time it is"
    for n, moments in enumerate(answer.shuffled):
        for i, (before_mixed, mixed) in enumerate(zip(expected, moments, strict=True)):
            for line in _apart_in_words(before_mixed, mixed):
                yield f"hash seed {hash_seed}, shuffle {n}, moment {i}: {line}"


def _apart_in_words(before: Conclusions, now: Conclusions) -> Iterator[str]:
    if [c.symptoms for c in before] != [c.symptoms for c in now]:
        yield "other symptoms belong together"
        return
    for a, b in zip(before, now, strict=True):
        if a.accountable != b.accountable:
            yield f"{b.accountable} is accountable, not {a.accountable}"
        if [(key, seam) for key, seam, _ in a.causes] != [(key, seam) for key, seam, _ in b.causes]:
            yield "other causes or seams"
        elif (apart := _furthest(a, b)) > SAME:
            yield f"a probability is {apart:.2g} apart"


def _furthest(a: Conclusion, b: Conclusion) -> float:
    """The largest difference of two probabilities of one cause; 1 for a cause that only one of them has."""
    left, right = ({key: p for key, _, p in c.causes} for c in (a, b))
    if left.keys() != right.keys():
        return 1.0
    return max((abs(p - right[key]) for key, p in left.items()), default=0.0)


def _apart(expected: Sequence[Conclusions], mixed: Sequence[Conclusions]) -> float:
    """The largest difference of a probability over all moments of one shuffle."""
    pairs = (
        (a, b) for before, now in zip(expected, mixed, strict=True) for a, b in zip(before, now, strict=False)
    )
    return max((_furthest(a, b) for a, b in pairs), default=0.0)
