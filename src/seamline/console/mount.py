"""Puts the console together: its pages behind the reader's guard, what anybody may open, and what errors look like."""

from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ControllerRouterHandler

from seamline.app.home import Home
from seamline.app.reader import Reader
from seamline.console import acts, entry, events, pages, render
from seamline.model.errors import SeamlineError, Unauthenticated, UnknownIncident


class Console:
    """The console of one home. `handlers` go to the server, which calls `end` before it waits for open answers."""

    def __init__(self, home: Home, reader: Reader) -> None:
        self.news = events.News(reader)
        self._home = home
        self._reader = reader
        render.warm()

    @property
    def handlers(self) -> Sequence[ControllerRouterHandler]:
        """All of the console's paths."""
        return [
            Router(
                "/",
                route_handlers=[*pages.PAGES, *acts.ACTS, *entry.ENTRY],
                include_in_schema=False,
                exception_handlers={SeamlineError: _refused, HTTPException: _misused},
                dependencies=self._dependencies(),
            ),
            Router(
                "/",
                route_handlers=[events.follow, events.lanes],
                dependencies=self._dependencies(),
            ),
        ]

    def end(self) -> None:
        """Let go of everybody who follows."""
        self.news.end()

    def _dependencies(self) -> dict[str, Provide]:
        return {
            "home": Provide(lambda: self._home, sync_to_thread=False),
            "reader": Provide(lambda: self._reader, sync_to_thread=False),
            "news": Provide(lambda: self.news, sync_to_thread=False),
        }


def _refused(request: Request[Any, Any, Any], error: SeamlineError) -> Response[Any]:
    if isinstance(error, Unauthenticated):
        return entry.asked_to_log_in(request)
    status = 404 if isinstance(error, UnknownIncident | pages.UnknownDelivery) else 400
    return render.page("trouble.html", status=status, said=str(error), hint=error.hint)


def _misused(_: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    if error.status_code >= 500:
        raise error
    hint = "; ".join(str(each) for each in error.extra) if isinstance(error.extra, list) else ""
    return render.page("trouble.html", status=error.status_code, said=error.detail, hint=hint)
