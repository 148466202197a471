"""Keeps a live home's opinion up to date, outside the way of the deliveries."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from seamline.app import configure, views
from seamline.app.erase import end_retention
from seamline.app.home import Home
from seamline.app.triage import TICK, Triage
from seamline.model.delivery import Delivery
from seamline.model.errors import Fix

PAUSE = timedelta(seconds=5)  # between two opinions, however fast deliveries come
RETENTION = timedelta(days=1)  # between two looks for telemetry that is past its time

_logger = logging.getLogger("seamline.watch")


class Watch:
    """Called with each batch of new deliveries, and with none when it is quiet. Not safe for two threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._triage = Triage(home.log, home.sources)
        self._formed_at = datetime.min.replace(tzinfo=home.clock().tzinfo)
        self._fresh = False  # whether something came since the last opinion
        self._map_stamp = configure.stamp(home)
        self._pruned_at = self._formed_at
        self._form(self._home.clock())

    @property
    def position(self) -> int:
        """The log position that was taken in: only later deliveries need to be handed over."""
        return self._triage.facts.position

    @property
    def triage(self) -> Triage:
        """What it took in and thinks of it; to be looked at between two calls only."""
        return self._triage

    def __call__(self, deliveries: Sequence[Delivery]) -> None:
        """Take deliveries in; form an opinion when one is due, tick when silence is news."""
        self._follow_the_map()
        for delivery in deliveries:
            self._triage.take(delivery)
            self._fresh = True
        now = self._home.clock()
        waited = now - self._formed_at
        if (self._fresh and waited >= PAUSE) or (waited >= TICK and self._triage.anything_open()):
            self._form(now)
        if now - self._pruned_at >= RETENTION:
            self._pruned_at = now
            end_retention(self._home.log, self._home.sources, now)

    def _follow_the_map(self) -> None:
        """An edited `seamline.toml` comes into force as a delivery of the next batch; a broken one is told of once."""
        stamp = configure.stamp(self._home)
        if stamp == self._map_stamp:
            return
        self._map_stamp = stamp
        try:
            configure.follow(self._home)
        except Fix as error:
            _logger.warning("%s (%s); the last valid map stays in force", error, error.hint)

    def _form(self, now: datetime) -> None:
        opinion = self._triage.step() if self._fresh else self._triage.tick(now)
        views.publish(self._home, opinion)
        self._formed_at, self._fresh = now, False
