"""Who is guilty of one alert, from all that was measured around it: series, calls, changes, log lines and spans.

Evidence of several kinds, each a pure function of the case, enters one posterior as log-odds.
"""

from seamline.analysis.inquiry.calls import calls
from seamline.analysis.inquiry.case import Case, Finding
from seamline.analysis.inquiry.contrast import contrast
from seamline.analysis.inquiry.design import Design, design
from seamline.analysis.inquiry.episode import episode
from seamline.analysis.inquiry.evidence import look
from seamline.analysis.inquiry.fold import fold
from seamline.analysis.inquiry.fuse import finding
from seamline.analysis.inquiry.hearsay import hear
from seamline.analysis.inquiry.mend import mend
from seamline.analysis.inquiry.missing import missing
from seamline.analysis.inquiry.panel import panel
from seamline.analysis.inquiry.view import view

__all__ = ["inquire", "weigh"]


def inquire(case: Case) -> Finding:
    """The likeliest causes of a case, or nobody. O(samples); 20,000 series of 720 samples take seconds.

    A case of which nothing can be compared answers *unknown*; what was mended or is missing stands in the notes.
    """
    evidence, started_ts = weigh(case)
    return finding(case, evidence, started_ts)


def weigh(case: Case) -> tuple[Design, float | None]:
    """All evidence on a case, and when the fault began; None where nothing was sampled."""
    case = mend(case)
    whole = fold(case)
    p = panel(whole)
    when = episode(whole, p)
    seen, heard = view(whole, p, calls(case), when), hear(case, None)
    contrasts = contrast(case, None) if case.steps else {}
    started_ts = float(case.times[when.first]) if when.first < len(case.times) else None
    return design(case, look(seen), heard, contrasts, missing(seen, heard)), started_ts
