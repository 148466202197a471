"""Every error of the package, grouped by what the caller does next.

Each carries a one-line message (what, where) and a `hint` (the mend) that the doors print.
"""


class SeamlineError(Exception):
    """What the doors turn into one line and exit code 2."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Retry(SeamlineError):
    """Temporary: the same call may go through later (database busy, disk full)."""


class Skip(SeamlineError):
    """This one item can't be used; record the reason and go on."""


class Fix(SeamlineError):
    """Somebody has to mend a setting or an input first."""


class Stop(SeamlineError):
    """Nothing can go on: the home is broken or another writer holds it."""


class Busy(Stop):
    """Another process writes to this home; reading it goes on."""


class Unauthenticated(Fix):
    """A signature or credential is missing or wrong."""


class BrokenTransfer(Fix):
    """The bytes arrived damaged: bad gzip or snappy, short body."""


class TooLarge(Fix):
    """A body is over the limit, packed or unpacked."""


class Unreadable(Skip):
    """A delivery's body is not what its source sends; it is kept with this reason."""


class UnknownEntity(Fix):
    """A ref that the map does not have."""


class UnknownIncident(Fix):
    """An incident id that no record minted."""


class BadTree(Fix):
    """The tree of people has a cycle, two roots, none, or names an unknown person."""
