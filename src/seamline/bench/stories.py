"""Play recordings whose truth is known, and hold what Seamline says against it.

A recording is `NAME.jsonl.zst` with `NAME.truth.json` beside it, and one `seamline.toml` for the folder. Nothing
here reads a truth before the last opinion is formed.
"""

import json
import math
import time
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.resources import as_file
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from msgspec import Struct

from seamline.app import configure, demo, replay, views
from seamline.bootstrap import open_home
from seamline.model.errors import Fix
from seamline.model.incident import Incident

HOURS_PER_MONTH = 730.5
ODDS = 3.0  # of the true cause to the runner-up
HARMLESS = 0.1  # no harmless change may be likelier


class Outcome(Struct, frozen=True):
    """One recording against its truth. `wrong` is empty when every row of the table holds."""

    recording: str
    n_incidents: int
    n_true: int
    odds: float  # the least over the true incidents; 0 when a cause was not first
    opened_share: float  # of the harm's time gone when the last incident opened; 0 in a calm one
    harmless: float  # the likeliest harmless change
    seconds: float
    n_deliveries: int
    hours: float  # of history
    wrong: tuple[str, ...]


def run(folder: str, config: str = "") -> dict[str, object]:
    """Every recording of a folder, by name, and what the calm ones say of false alarms.

    `config` is the folder's `seamline.toml`; by default the clinic's that the package brings. Raises Fix when there
    is no recording, or one without its truth.
    """
    recordings = sorted(Path(folder).glob("*.jsonl.zst"))
    if not recordings:
        raise Fix(f"{folder}: no recordings (*.jsonl.zst)", hint="name the folder that holds them")
    with as_file(demo.recorded() / "seamline.toml") as clinic:
        outcomes = [score(path, Path(config) if config else clinic) for path in recordings]
    calm = [o for o in outcomes if not o.n_true]
    hours = sum(o.hours for o in calm)
    false = sum(o.n_incidents for o in calm)
    return {
        "recordings": outcomes,
        "wrong": [o.recording for o in outcomes if o.wrong],
        "calm_hours": round(hours, 3),
        "false_alarms": false,
        "false_alarms_per_month_upper_95": round(_upper_95(false) / hours * HOURS_PER_MONTH, 1)
        if hours
        else None,
    }


def _upper_95(n: int) -> float:
    """The upper end of the one-sided 95 % interval of a Poisson mean, of which n were counted (Garwood 1936)."""
    low, high = float(n), 10.0 + 3.0 * n
    while high - low > 1e-9 * high:
        mean = (low + high) / 2
        at_most_n = math.fsum(math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(n + 1))
        low, high = (mean, high) if at_most_n > 0.05 else (low, mean)
    return high


def score(recording: Path, config: Path) -> Outcome:
    """Play one recording into a home of its own and compare."""
    truth_file = recording.with_name(recording.name.removesuffix(".jsonl.zst") + ".truth.json")
    if not truth_file.exists():
        raise Fix(f"{recording}: its truth is missing", hint=f"put {truth_file.name} beside it")
    started = time.perf_counter()
    with (
        TemporaryDirectory(prefix="seamline-stories-") as folder,
        open_home(Path(folder), write=True) as home,
    ):
        configure.take_over(home, config)
        n_read, _, last = replay.play(home, recording)
        found = views.incidents(home)
    seconds = time.perf_counter() - started
    return compare(
        recording.name, json.loads(truth_file.read_text()), found, n_read, seconds, last.history_s / 3600
    )


def compare(
    name: str,
    truth: dict[str, Any],
    found: Sequence[Incident],
    n_read: int,
    seconds: float,
    hours: float = 0.0,
) -> Outcome:
    """What of the truth was met. Each true incident is held against the found one that names its cause."""
    wanted = truth["incidents"]
    wrong = [] if len(found) == len(wanted) else [f"{len(found)} incidents, not {len(wanted)}"]
    odds, share = [], []
    for true in wanted:
        match = _match(true, found)
        if match is None:
            wrong.append(f"nobody found {true['cause']}")
            odds.append(0.0)
            continue
        wrong += _differences(true, match)
        odds.append(_odds(match) if _is_cause(true, match) else 0.0)
        share.append(_share(match, truth))
    if odds and min(odds) < ODDS:
        wrong.append(f"odds {min(odds):.1f} < {ODDS:g}")
    if share and max(share) >= 0.5:
        wrong.append(f"opened after {max(share):.0%} of the harm")
    worst = _harmless(truth, found)
    if worst > HARMLESS:
        wrong.append(f"a harmless change at {worst:.2f}")
    return Outcome(
        name, len(found), len(wanted), round(min(odds, default=0.0), 2), round(max(share, default=0.0), 3),
        round(worst, 4), round(seconds, 2), n_read, round(hours, 4), tuple(wrong),
    )  # fmt: skip


def _is_cause(true: dict[str, Any], incident: Incident) -> bool:
    top, cause = incident.causes[0], true["cause"]
    same = top.kind == cause["kind"] and set(top.changes) == set(cause["changes"])
    return same and top.entity == cause["entity"]


def _match(true: dict[str, Any], found: Iterable[Incident]) -> Incident | None:
    """The found incident that names the true cause, else the one that covers most of what it must."""
    candidates = list(found)
    by_cause = [i for i in candidates if _is_cause(true, i)]
    cover = set(true["must_cover"])
    ranked = sorted(by_cause or candidates, key=lambda i: (-len(cover & set(i.entities)), i.id))
    return ranked[0] if ranked else None


def _differences(true: dict[str, Any], incident: Incident) -> list[str]:
    top = incident.causes[0]
    out = []
    if not _is_cause(true, incident):
        out.append(f"cause {top.key} at {top.entity}, not {true['cause']}")
    if list(top.seam or ()) != true["seam"]:
        out.append(f"seam {top.seam}, not {true['seam']}")
    if incident.accountable != true["accountable"]:
        out.append(f"person {incident.accountable}, not {true['accountable']}")
    missing = sorted(set(true["must_cover"]) - set(incident.entities))
    return out + ([f"not covered: {', '.join(missing)}"] if missing else [])


def _odds(incident: Incident) -> float:
    first, *rest = incident.causes
    return first.probability / max(rest[0].probability, 1e-6) if rest else 1e6


def _share(incident: Incident, truth: dict[str, Any]) -> float:
    start, end = (datetime.fromisoformat(truth[k]) for k in ("harm_from", "harm_to"))
    opened = incident.opened_at or end
    return max(0.0, (opened - start).total_seconds() / max((end - start).total_seconds(), 1.0))


def _harmless(truth: dict[str, Any], found: Iterable[Incident]) -> float:
    """The likeliest single accusation of a harmless change; in a pair it shares the pair's probability."""
    harmless = set(truth["harmless_changes"])
    per_incident = (
        {h: sum(c.probability for c in i.causes if h in c.changes) for h in harmless} for i in found
    )
    return max((p for sums in per_incident for p in sums.values()), default=0.0)
