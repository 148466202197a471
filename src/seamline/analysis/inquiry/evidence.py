"""What the series of a case say of each service: one number per kind of evidence, 0 where it says nothing."""

from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from seamline.analysis.inquiry.alerted import in_step, movement, surge
from seamline.analysis.inquiry.begins import failures, slowness
from seamline.analysis.inquiry.calls import Calls
from seamline.analysis.inquiry.case import Floats
from seamline.analysis.inquiry.harm import filled, harm, resources
from seamline.analysis.inquiry.onset import first_moved
from seamline.analysis.inquiry.presence import gone, silent
from seamline.analysis.inquiry.reach import reached
from seamline.analysis.inquiry.traffic import calling, network
from seamline.analysis.inquiry.view import View

TERMS = (
    "slow", "slow as alerted", "slow at all", "slowness begins", "fails", "fails as alerted", "fails at all",
    "failures begin", "resource", "loudest resource", "network", "network share", "stopped calling", "in step", "gone",
    "explains slowness", "explains failures", "explains harm", "silence between", "calls more", "silent", "moved first",
    "filled up",
)  # fmt: skip


class Seen(Struct, frozen=True):
    """`values` is services x terms, in the orders of `calls.services` and `TERMS`; `texts` says each in words.

    `alerted`: how far the alerted series itself moved, NaN where it is not among the series. `surge`: how far the
    requests at the alerted entity rose. Both in spreads.
    """

    calls: Calls
    values: Floats
    texts: Mapping[tuple[int, int], str]
    alerted: float
    surge: float


def look(view: View) -> Seen:
    """Everything that the series say of the episode. O(samples + harmed services x calls)."""
    harmed = harm(view)
    found = {
        **slowness(view, harmed),
        **failures(view, harmed),
        **reached(view, harmed),
        **resources(view),
        **filled(view, harmed),
        **network(view),
        **calling(view, harmed),
        **in_step(view),
        **gone(view),
        **silent(view),
        **first_moved(view),
    }
    texts = {
        (service, term): text
        for term, name in enumerate(TERMS)
        for service, text in found[name].texts.items()
    }
    values = np.stack([found[name].values for name in TERMS], axis=1)
    return Seen(view.calls, values, texts, movement(view), surge(view))
