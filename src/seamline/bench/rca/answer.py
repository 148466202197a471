"""Cases put to a method, one after the other or over several processes, with time and memory.

A method is a function from a case to a prediction. A case that it fails on costs that case only, and is told.
"""

import multiprocessing
import os
import resource
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from time import perf_counter

from msgspec import Struct, structs

from seamline.analysis import inquiry
from seamline.analysis.inquiry.case import Case
from seamline.bench.rca import prediction
from seamline.bench.rca.place import Place, reader
from seamline.bench.rca.prediction import Prediction
from seamline.model.errors import SeamlineError
from seamline.terminal.exits import trace_if_asked

Method = Callable[[Case], Prediction]


class Answer(Struct, frozen=True):
    """A prediction with what the reader noted, what went wrong, and the most memory its process ever held."""

    prediction: Prediction
    notes: tuple[str, ...] = ()
    trouble: str = ""
    peak_mb: float | None = None


def seamline(case: Case) -> Prediction:
    """What Seamline's own inquiry finds."""
    return prediction.of(case.id, inquiry.inquire(case), 0.0)


def answers(
    places: Sequence[Place], method: Method = seamline, layout: str = "neutral", jobs: int = 1
) -> Iterator[Answer]:
    """An answer to each place, in their order, as soon as it is there.

    With several jobs the method has to be a module's function; processes start anew, so that none inherits threads.
    """
    if jobs <= 1 or len(places) <= 1:
        for place in places:
            yield answer(place, method, layout)
        return
    left = list(places)
    while left:
        for found in _at_once(left, method, layout, jobs):
            yield found
            left = left[1:]
        if (
            left
        ):  # a process was killed, and took the others' pool with it: its case may be any of those under way
            yield next(_at_once(left[:1], method, layout, 1), _lost(left[0]))
            left = left[1:]


def _at_once(places: Sequence[Place], method: Method, layout: str, jobs: int) -> Iterator[Answer]:
    """Answers in order, up to the first that did not come back because a process ended."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(places)), context, initializer=_end_with_the_parent) as pool:
        pending = [pool.submit(answer, place, method, layout) for place in places]
        for place, future in zip(places, pending, strict=True):
            try:
                yield future.result()
            except BrokenProcessPool:
                return
            except Exception as error:  # noqa: BLE001  what can't be sent from one process to the other
                yield Answer(prediction.empty(place.name, 0.0), trouble=_told(place, error))


def _end_with_the_parent() -> None:
    """A worker of a killed command must not go on by itself."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        sentinel = parent.sentinel
        threading.Thread(target=lambda: (connection.wait([sentinel]), os._exit(1)), daemon=True).start()


def _lost(place: Place) -> Answer:
    trouble = f"{place.name}: its process was ended (out of memory, say)"
    return Answer(prediction.empty(place.name, 0.0), trouble=trouble)


def answer(place: Place, method: Method, layout: str) -> Answer:
    """One case read and answered; the seconds are those of both."""
    began = perf_counter()
    notes: tuple[str, ...] = ()
    try:
        case = reader(layout).read(place)
        notes = case.notes
        said = structs.replace(method(case), seconds=round(perf_counter() - began, 4))
    except Exception as error:  # noqa: BLE001  one case must not end the others; it is told, and counts as a miss
        trace_if_asked()
        return Answer(
            prediction.empty(place.name, perf_counter() - began), notes, _told(place, error), _peak_mb()
        )
    return Answer(said, notes, peak_mb=_peak_mb())


def _told(place: Place, error: Exception) -> str:
    if isinstance(error, SeamlineError):
        return f"{place.name}: {error}" + (f" ({error.hint})" if error.hint else "")
    return f"{place.name}: {type(error).__name__}: {error} (a defect)"


def _peak_mb() -> float:
    """The most memory that this process held; Linux counts kB, macOS bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)
