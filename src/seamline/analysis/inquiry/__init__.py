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
from seamline.analysis.inquiry.panel import panel
from seamline.analysis.inquiry.view import view

__all__ = ["inquire", "weigh"]


def inquire(case: Case) -> Finding:
    """The likeliest causes of a case, or nobody. O(samples); 20,000 series of 720 samples take seconds.

    A case without a series answers *unknown*, and says so in its notes; it never falls back to an order of names.
    """
    evidence, started_ts = weigh(case)
    return finding(case, evidence, started_ts)


def weigh(case: Case) -> tuple[Design, float | None]:
    """All evidence on a case, and when it began."""
    p = panel(fold(case))
    when = episode(case, p)
    seen = look(view(case, p, calls(case), when))
    started_ts = float(case.times[when.first]) if when.first < len(case.times) else None
    return design(case, seen, hear(case, None), contrast(case, None) if case.steps else {}), started_ts
