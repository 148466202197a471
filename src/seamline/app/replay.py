"""Play recorded deliveries as if they arrived now, and rebuild every opinion from the log."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

from seamline.analysis.opinion import Opinion
from seamline.app import recording, views
from seamline.app.home import Home
from seamline.app.ingest import take_line
from seamline.app.recording import Recorded
from seamline.app.triage import Triage
from seamline.model.delivery import Received
from seamline.model.errors import Fix

STEP = timedelta(seconds=5)  # of the recording's own time between two opinions
EPOCH = datetime.fromtimestamp(0, UTC)
AHEAD = timedelta(days=366)  # by which a recording may run before this machine's clock, itself maybe wrong

Progress = Callable[[int, int], None]  # lines done, lines in all (0: not known)


def play(home: Home, path: Path | str, on_progress: Progress | None = None) -> tuple[int, int, Opinion]:
    """Append a recording's deliveries step by step, forming an opinion after each step as a live server does.

    Returns lines read, how many were new, and the last opinion. A line that can't be taken raises Fix naming
    file and line; what came before it is in the log, and told of.
    """
    triage = Triage(home.log, home.sources)
    total = _count(path) if on_progress is not None else 0
    n_read = n_new = 0
    broken: Fix | None = None
    for batch, error in _batches(home, path):
        answers = home.log.append(batch) if batch else []
        n_read, n_new = n_read + len(answers), n_new + sum(not a.duplicate for a in answers)
        triage.catch_up()
        triage.step()
        if on_progress is not None:
            on_progress(n_read, total)
        broken = error
    opinion = triage.step()
    views.publish(home, opinion)
    if broken is not None:
        raise broken
    return n_read, n_new, opinion


def _batches(home: Home, path: Path | str) -> Iterator[tuple[list[Received], Fix | None]]:
    """Batches of one step of the recording's time each; the last one may come with the error that ended it."""
    lines = recording.read_file(path)
    latest = home.clock() + AHEAD
    error: list[Fix] = []

    def taken() -> Iterator[Received]:
        try:
            for line in lines:
                yield take_line(home.inbox, _received_by(line, latest))
        except Fix as stopped:
            error.append(stopped)

    for _, batch in groupby(taken(), key=lambda r: _step_of(r.received_at)):
        yield list(batch), None
    if error:
        yield [], error[0]


def _received_by(line: Recorded, latest: datetime) -> Recorded:
    """The line, unless it says it was received later: `as_of` never goes back, all that comes would be past."""
    if EPOCH <= line.received_at <= latest:
        return line
    said = "too far in the future" if line.received_at > latest else "before 1970"
    raise Fix(
        f"{line.where}: received_at {line.received_at.date()} lies {said}",
        hint="mend the line, or this machine's clock",
    )


def _step_of(at: datetime) -> int:
    return int(at.timestamp() // STEP.total_seconds())


def _count(path: Path | str) -> int:
    """Lines of a recording; 0 when they can't be counted: a broken line is told of when its turn comes."""
    if str(path) == recording.STDIN:
        return 0
    try:
        return sum(1 for _ in recording.read_file(path))
    except Fix:
        return 0


def export(home: Home, until: int | None = None, as_of: datetime | None = None) -> Iterator[str]:
    """All views as sorted text, rebuilt from the log up to a position or a time; records are part of them."""
    if until is not None:
        last = home.log.as_of(until)
        if last is None or until > home.log.position():
            raise Fix(f"position {until} is past the log's end", hint=f"the last is {home.log.position()}")
    yield from told(views.opinion(home, as_of, until))


def told(formed: Opinion) -> Iterator[str]:
    """An opinion as an export prints it: where it stands, then all views."""
    yield f"# position {formed.position} as of {formed.as_of.astimezone(UTC).isoformat()}\n"
    yield from views.as_text(views.tables(formed))
