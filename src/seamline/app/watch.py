"""Keeps a live home's opinion up to date, outside the way of the deliveries."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from seamline.app import configure, views
from seamline.app.erase import end_retention, finish
from seamline.app.heed import heed, heeded_words
from seamline.app.home import Home
from seamline.app.triage import TICK, Triage
from seamline.model.delivery import Delivery
from seamline.model.errors import Fix

# Between two opinions: as long as makes a fifth of the time, but people wait for a name, and want it fresh.
LEAST_PAUSE, MOST_PAUSE = timedelta(seconds=0.4), timedelta(seconds=5)
_SHARE, _SHARE_WAITING = 4, 1  # pauses per opinion; what is about to be told may have half of the time
SOON = timedelta(seconds=1)  # between two ticks while something waits to be told
RECENT = timedelta(days=1)  # words of before a restart are heeded when they are no older
RETENTION = timedelta(days=1)  # between two looks for telemetry that is past its time

_logger = logging.getLogger("seamline.watch")


class Watch:
    """Called with each batch of new deliveries, and with none when it is quiet. Not safe for two threads."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._triage = Triage(home.log, home.sources)
        if finish(home, (record for _, record in self._triage.facts.records)):
            self._triage = Triage(home.log, home.sources)  # without them
        self._formed_at = datetime.min.replace(tzinfo=home.clock().tzinfo)
        self._pause = LEAST_PAUSE
        self._fresh = False  # whether something came since the last opinion
        self._map_stamp = configure.stamp(home)
        self._pruned_at = self._formed_at
        self._heeded = heeded_words(home)
        self._heed(d for d in home.log.read() if home.clock() - d.received_at < RECENT)
        self._form(self._home.clock())

    @property
    def position(self) -> int:
        """The log position that was taken in: only later deliveries need to be handed over."""
        return self._triage.facts.position

    @property
    def triage(self) -> Triage:
        """What it took in and thinks of it; to be looked at between two calls only."""
        return self._triage

    def __call__(self, deliveries: Sequence[Delivery]) -> float | None:
        """Take deliveries in; form an opinion when one is due, tick when silence is news.

        Gives the seconds until it wants to be called again even without deliveries; None: no time of its own.
        """
        self._follow_the_map()
        for delivery in deliveries:
            self._triage.take(delivery)
            self._fresh = True
        self._heed(deliveries)
        now = self._home.clock()
        pause = self._wanted_pause()
        if (
            pause is not None and not timedelta() <= now - self._formed_at < pause
        ):  # also when the clock was set back
            self._form(now)
            pause = self._wanted_pause()
        if now - self._pruned_at >= RETENTION:
            self._pruned_at = now
            end_retention(self._home.log, self._home.sources, now)
        return None if pause is None else max(0.0, (self._formed_at + pause - now).total_seconds())

    def _heed(self, deliveries: Iterable[Delivery]) -> None:
        """Put on record what people said through their tools. The records come back as deliveries."""
        heed(replace(self._home, followed=True), deliveries, self._triage.opinion, self._heeded)

    def _wanted_pause(self) -> timedelta | None:
        """How long after the last opinion the next one is due; None while neither news nor time says anything."""
        if self._fresh:
            return self._pause
        if self._triage.anything_waits():
            return max(self._pause, SOON)
        return TICK if self._triage.anything_open() else None

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
        self._formed_at, self._fresh = self._home.clock(), False
        share = _SHARE_WAITING if self._triage.anything_waits() else _SHARE
        self._pause = min(MOST_PAUSE, max(LEAST_PAUSE, share * (self._formed_at - now)))
