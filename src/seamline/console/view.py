"""What every page shows around its own content: as of when, for whom, and how to say something back."""

from datetime import datetime, tzinfo
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.di import NamedDependency
from litestar.params import Parameter, SkipValidation
from msgspec import Struct

from seamline.app.home import Home
from seamline.app.reader import Reader, Seen
from seamline.http.app import aware
from seamline.http.callers import Caller, Callers

Asking = Request[Any, Any, Any]
AsOf = Annotated[datetime | None, Parameter(description="Answer as of this time; with an offset or Z.")]
Readers = NamedDependency[SkipValidation[Reader]]
Homes = NamedDependency[SkipValidation[Home]]
Who = NamedDependency[SkipValidation[Callers]]


class View(Struct, frozen=True):
    """One request's look at a home. `as_of` is what was asked for, None for now."""

    seen: Seen
    as_of: datetime | None
    zone: tzinfo
    caller: Caller | None
    anybody: bool  # whether a person could log in
    path: str

    @property
    def live(self) -> bool:
        """Whether the page follows what happens."""
        return self.as_of is None

    @property
    def today(self) -> datetime | None:
        """Times of this day are shown without their date."""
        return self.seen.as_of

    @property
    def then(self) -> str:
        """`?as_of=...` for links to other pages, "" for now."""
        return f"?as_of={self.as_of:%Y-%m-%dT%H:%M:%S.%fZ}" if self.as_of else ""

    def name(self, person: str) -> str:
        """A person's name, their id where nobody knows it."""
        return self.seen.people.get(person, person)


def view(request: Asking, reader: Reader, callers: Callers, as_of: datetime | None) -> View:
    """The look that a request asks for. Raises Fix as `aware` does."""
    seen = reader.at(aware(as_of))
    return View(
        seen, as_of, ZoneInfo(seen.time_zone), callers.caller(request), callers.anybody, request.url.path
    )
