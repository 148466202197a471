"""What a plan set limits to: work waits while one is broken, and is turned back when it stays so."""

import time

from seamline.migrate import guard, journal
from seamline.migrate.site import Progress, Site
from seamline.model.errors import Stop

_TELL_AFTER_S = 10.0
_BACK_AFTER_S = 600.0
_LOOK_S = 0.5


class Breached(Stop):
    """A limit of the plan stayed broken."""


def broken(site: Site) -> str:
    """Why work has to wait, "" when it may go on: the database needs its breath, or a limit of the plan is broken."""
    health = site.health()
    said = (guard.broken(limit, health.reading(name)) for name, limit in site.plan.guards.items())
    return health.why_wait() or next((s for s in said if s), "")


def keep(site: Site) -> None:
    """Wait while something is broken. Raises Breached when it stays so."""
    since, told = time.monotonic(), False
    while why := broken(site):
        for_s = time.monotonic() - since
        if for_s > _TELL_AFTER_S and not told:
            journal.overlay(site.connection, site.lease.migration, "PAUSED", why)
            told = True
        if for_s > _BACK_AFTER_S:
            said = f"{site.lease.migration}: {why} for {for_s / 60:.0f} minutes"
            raise Breached(said, hint="it turns back; start it again when that is over")
        site.say(Progress("PAUSED", "limits", "", wait=why))
        site.rest(_LOOK_S)
    if told:
        journal.overlay(site.connection, site.lease.migration, "")
