"""Deaths at named points, for those who prove that none of them does harm.

`SEAM_CRASH=step:before|mid|after[:n]` kills this process, as `kill -9` does, at the n-th time it comes by. A step is
named in full (`expand-enc`) or by its first word (`expand`). It is honoured with `SEAM_TEST_HOOKS=1` alone.
"""

import os
import signal
from collections.abc import Mapping
from typing import Literal, get_args

from seamline.model.errors import Fix

Where = Literal["before", "mid", "after"]


class Crash:
    """Where to die; nowhere without a point."""

    def __init__(self, step: str = "", where: str = "", n: int = 1) -> None:
        self._step, self._where, self._left = step, where, n

    def armed(self, step: str, where: Where) -> bool:
        """Whether this is the point, whichever time it is come by."""
        return where == self._where and self._step in (step, step.partition("-")[0])

    def point(self, step: str, where: Where) -> None:
        """Die here, if this is the point and its time has come."""
        if self.armed(step, where):
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


def from_environment(environment: Mapping[str, str]) -> Crash:
    """The point that is asked for. Raises Fix for one that can't be meant."""
    said = environment.get("SEAM_CRASH", "")
    if not said or environment.get("SEAM_TEST_HOOKS") != "1":
        return Crash()
    step, _, rest = said.partition(":")
    where, _, n = rest.partition(":")
    if where not in get_args(Where) or (n and not n.isdecimal()):
        raise Fix(f"SEAM_CRASH={said} names no point", hint="step:before, step:mid or step:after[:n]")
    return Crash(step, where, int(n or 1))
