"""What a case lacks, in words that say what can't be told for it."""

from collections.abc import Iterator

from msgspec import Struct

from seamline.analysis.inquiry.case import Case
from seamline.analysis.inquiry.episode import EARLIEST_S, EARLIEST_STEPS
from seamline.analysis.inquiry.hearsay import Hearsay
from seamline.analysis.inquiry.panel import LEAST
from seamline.analysis.inquiry.view import View


class Missing(Struct, frozen=True):
    """What was mended, and what was not to be had.

    `all`: nothing of the time before can be compared with anything of the fault.
    """

    notes: tuple[str, ...]
    all: bool


def missing(view: View, heard: Hearsay) -> Missing:
    """What a case lacks, a note for each kind of evidence, behind the notes of those who made it."""
    compared = (view.moved.known | view.moved.gone).any() or heard.quiet is not None
    return Missing((*view.case.notes, *_notes(view, heard)), not compared or _apart(view.case))


def _apart(case: Case) -> bool:
    """Whether nothing was sampled anywhere near the alert: what moved then says nothing of now."""
    if case.alert is None or not len(case.times) or case.lines is not None or case.spans is not None:
        return False
    reach_s = max(EARLIEST_S, EARLIEST_STEPS * case.step_s)
    return not case.times[0] - reach_s <= case.alert.at_ts <= case.times[-1] + reach_s


def _notes(view: View, heard: Hearsay) -> Iterator[str]:
    yield from _of_series(view)
    yield from _of_alert(view)
    if not any(view.calls.out):
        yield "no calls are known: who is upstream of whom is not told apart"
    if heard.quiet is None and (view.case.lines is not None or view.case.spans is not None):
        yield "log lines and spans of before and after can't be compared"
    yield from heard.notes


def _of_series(view: View) -> Iterator[str]:
    if not len(view.panel.watches):
        yield "there are no series: nothing was measured that could have moved"
    elif view.first < LEAST:
        yield f"{view.first} samples of normal time: fewer than {LEAST} tell nothing of what is usual"
    elif not view.moved.known.any():
        yield "no series was sampled both before and during the fault"


def _of_alert(view: View) -> Iterator[str]:
    alert, times = view.case.alert, view.case.times
    if alert is None:
        yield "without an alert the last samples are looked at"
        return
    if len(times) and not times[0] <= alert.at_ts <= times[-1] + view.case.step_s:
        far = _apart(view.case)
        yield f"the alert is {'far ' if far else ''}outside of what was measured" + (
            ": nothing of its time was" if far else ": the last samples are looked at"
        )
    if view.calls.of(alert.entity) < 0:
        yield f"nothing is known of {alert.entity}, which was alerted"
    elif view.alerted_row() < 0:
        yield f"{alert.metric or 'no metric'} of {alert.entity} is not among the series: a false alert can't be told"
