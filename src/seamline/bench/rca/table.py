"""The wide table of a case, `metrics.csv`: one row a sample time, one column a series, into an array.

A row becomes numbers in one call, because twenty thousand columns of 720 samples are 14 million cells; only a row
that does not go that way is looked at cell by cell, to mend it or to say what is wrong with it.
"""

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from seamline.analysis.inquiry.case import Floats, Watch
from seamline.bench.rca.files import broken, byte_lines

TIME = "time"

Naming = Callable[[str], Watch | None]


class Table(Struct, frozen=True):
    """What was sampled: `values` is watches x times, NaN where nothing was; `times` ascend strictly."""

    times: Floats
    watches: tuple[Watch, ...]
    values: Floats
    notes: tuple[str, ...] = ()


EMPTY = Table(np.empty(0), (), np.empty((0, 0)))


def read(path: Path, named: Naming | None = None) -> Table:
    """A table, sorted by time, each time and each column once. `named` says what a column is of, `watch` by default.

    Of samples of one series at one time the last counts; of columns of one name the first, where it has a sample.
    14 million cells take 3 s and 350 MB. Raises Fix that names line and column.
    """
    lines = byte_lines(path)
    head = _head(path, lines)
    rows = [_row(path, number, line, head) for number, line in enumerate(lines, start=2) if line.strip()]
    samples = np.array(rows) if rows else np.empty((0, len(head)))
    del rows
    notes: list[str] = []
    at = head.index(TIME)
    times, values = _in_time(samples[:, at], samples[:, 1:] if at == 0 else np.delete(samples, at, 1), notes)
    watches, picked = _columns([*head[:at], *head[at + 1 :]], values, named or watch, notes)
    return Table(times, watches, picked, tuple(f"{path.name}: {note}" for note in notes))


def joined(series: Mapping[Watch, Mapping[float, float]]) -> Table:
    """Series with times of their own, value by epoch second, as one table."""
    times = np.unique(np.array([t for samples in series.values() for t in samples], dtype=np.float64))
    place = {t: i for i, t in enumerate(times.tolist())}
    values = np.full((len(series), len(times)), math.nan)
    for row, samples in enumerate(series.values()):
        for t, value in samples.items():
            values[row, place[t]] = value
    return Table(times, tuple(series), values)


def step_s(times: Floats) -> float:
    """The usual distance between samples, a minute where there are not two."""
    return float(np.median(np.diff(times))) if len(times) > 1 else 60.0


def watch(column: str) -> Watch | None:
    """What a column is of, None where its name doesn't say.

    The metric stands behind the last colon: entities may hold some themselves.

    >>> watch("shop:cpu")
    Watch(entity='shop', metric='cpu', caller='')
    >>> watch("front>https://queue:443/jobs:latency_s")
    Watch(entity='https://queue:443/jobs', metric='latency_s', caller='front')
    """
    where, _, metric = column.rpartition(":")
    caller, _, entity = where.rpartition(">")
    return Watch(entity.strip(), metric.strip(), caller.strip()) if entity.strip() else None


def _head(path: Path, lines: Iterator[bytes]) -> list[str]:
    first = next(lines, b"")
    try:
        names = next(csv.reader([first.decode("utf-8-sig")]), [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise broken(path, 1, f"can't be read as CSV ({error})", "write it as UTF-8") from error
    names = [name.strip() for name in names]
    if TIME not in names:
        raise broken(path, 1, "there is no column time", "begin with: time,<entity>:<metric>,...")
    return names


def _row(path: Path, number: int, line: bytes, head: list[str]) -> Floats:
    text = (
        line.rstrip(b"\r\n").replace(b",,", b",nan,").replace(b",,", b",nan,")
    )  # twice: matches don't overlap
    if text.endswith(b","):
        text += b"nan"
    try:
        row = np.array(text.split(b","), dtype=np.float64)
    except ValueError:
        row = _cell_by_cell(path, number, line, head)
    if len(row) != len(head):
        what = f"{len(row)} cells under {len(head)} names"
        raise broken(
            path, number, what, "give every row a cell for each column, empty where nothing was sampled"
        )
    return row


def _cell_by_cell(path: Path, number: int, line: bytes, head: list[str]) -> Floats:
    """The row as CSV with all its freedoms: quotes, blanks, words for nothing."""
    try:
        cells = next(csv.reader([line.decode()]))
    except (UnicodeDecodeError, csv.Error, StopIteration) as error:
        raise broken(path, number, f"can't be read as CSV ({error})", "write the row anew") from error
    row = np.full(len(cells), math.nan)
    for place, cell in enumerate(cells):
        if cell.strip() and cell.strip().lower() not in ("null", "none", "na", "n/a"):
            try:
                row[place] = float(cell)
            except ValueError:
                name = head[place] if place < len(head) else f"column {place + 1}"
                mend = "a number, or nothing where nothing was sampled"
                raise broken(path, number, f"{name} is {cell[:40]!r}, no number", mend) from None
    return row


def _in_time(times: Floats, values: Floats, notes: list[str]) -> tuple[Floats, Floats]:
    """Rows x columns in strictly ascending time."""
    known = np.isfinite(times)
    if not known.all():
        notes.append(f"{np.count_nonzero(~known)} rows without a time are left out")
        times, values = times[known], values[known]
    if np.all(times[1:] > times[:-1]):
        return times, values
    if np.any(times[1:] < times[:-1]):
        notes.append("rows were not in order of time, and are now")
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    unique, first = np.unique(times, return_index=True)
    if len(unique) < len(times):
        notes.append(
            f"{len(times) - len(unique)} rows had a time that was there already; the last sample counts"
        )
        values = _last_of_each(values, first)
    return unique, values


def _last_of_each(values: Floats, first: NDArray[np.intp]) -> Floats:
    """One row per run of rows that begins at `first`: of each column the last sample in the run."""
    merged = values[first]
    ends = [*first[1:].tolist(), len(values)]
    for to, (begin, end) in enumerate(zip(first.tolist(), ends, strict=True)):
        for row in values[begin + 1 : end]:
            merged[to] = np.where(np.isnan(row), merged[to], row)
    return merged


def _columns(
    names: list[str], values: Floats, named: Naming, notes: list[str]
) -> tuple[tuple[Watch, ...], Floats]:
    """The watches, and watches x times."""
    places: dict[Watch, int] = {}
    doubles: list[tuple[int, int]] = []  # (row of the array, column of the table)
    n_nameless = 0
    columns: list[int] = []
    for place, name in enumerate(names):
        of = named(name)
        if of is None:
            n_nameless += 1
        elif of in places:
            doubles.append((places[of], place))
        else:
            places[of] = len(columns)
            columns.append(place)
    whole = columns == list(range(len(names)))
    picked = np.ascontiguousarray((values if whole else values[:, columns]).T)
    for to, place in doubles:
        picked[to] = np.where(np.isnan(picked[to]), values[:, place], picked[to])
    _note_columns(picked, n_nameless, len(doubles), notes)
    return tuple(places), picked


def _note_columns(picked: Floats, n_nameless: int, n_doubles: int, notes: list[str]) -> None:
    if n_nameless:
        notes.append(f"{n_nameless} columns are not named <entity>:<metric>, and left out")
    if n_doubles:
        notes.append(f"{n_doubles} columns were there already, and fill the gaps of the first of their name")
    infinite = np.isinf(picked)
    if infinite.any():
        notes.append(f"{np.count_nonzero(infinite)} infinite cells are taken as not sampled")
        picked[infinite] = math.nan
