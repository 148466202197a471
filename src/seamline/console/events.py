"""What a page follows: that there is something new, and what the lanes show of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import Parameter, QueryParameter, SkipValidation
from litestar.response import Stream

from seamline.app import lanes as all_lanes
from seamline.app.reader import Reader
from seamline.console.render import HEADERS
from seamline.console.view import Asking, AsOf, Readers
from seamline.http.app import MAX_SEQ, aware
from seamline.model.errors import Retry

MOST_FOLLOWERS = 64
HEARTBEAT_S = 15.0
RETRY_MS = 2000
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

_encode = msgspec.json.Encoder().encode


class News:
    """Wakes everybody who follows when the reader has something new. Everything but `_ring` is the event loop's."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._followers: set[asyncio.Event] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False
        reader.tell(self._ring)

    def follow(self, after: int) -> AsyncIterator[bytes]:
        """Events from log position `after` on, as the wire has them. Raises Retry when too many follow already."""
        if len(self._followers) >= MOST_FOLLOWERS or self._ended:
            raise Retry("too many pages follow this server", hint="close some, or try again later")
        self._loop = asyncio.get_running_loop()
        return self._events(after)

    def end(self) -> None:
        """Let go of everybody."""
        self._ended = True
        self._wake()

    async def _events(self, after: int) -> AsyncIterator[bytes]:
        woken = asyncio.Event()
        self._followers.add(woken)
        try:
            yield b"retry: %d\n\n" % RETRY_MS
            while not self._ended:
                seen = self._reader.at()
                if seen.position > after:
                    after = seen.position
                    said = _encode({"position": after, "as_of": seen.as_of})
                    yield b"id: %d\nevent: news\ndata: %s\n\n" % (after, said)
                elif not await _within(woken, HEARTBEAT_S):
                    yield b": still here\n\n"
                woken.clear()
        finally:
            self._followers.discard(woken)

    def _ring(self) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        for follower in self._followers:
            follower.set()


async def _within(woken: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(woken.wait(), seconds)
    except TimeoutError:
        return False
    return True


Followed = NamedDependency[SkipValidation[News]]


@get("/events", media_type="text/event-stream")
async def follow(
    request: Asking,
    news: Followed,
    after: Annotated[int, Parameter(ge=0, le=MAX_SEQ, description="A log position.")] = 0,
) -> Stream:
    """Server-sent events: `news` with `{"position", "as_of"}` when the opinion stands on more of the log.

    The id is the log position; a browser that comes back says it as `Last-Event-ID`, and misses nothing.
    """
    last = request.headers.get("last-event-id", "")
    since = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else after
    return Stream(news.follow(since), media_type="text/event-stream", headers=HEADERS)


@get("/api/lanes", sync_to_thread=True)
def lanes(
    reader: Readers,
    since: Annotated[datetime | None, QueryParameter(name="from", description="With an offset or Z.")] = None,
    until: Annotated[datetime | None, QueryParameter(name="to", description="With an offset or Z.")] = None,
    after: Annotated[
        int,
        Parameter(ge=0, le=MAX_SEQ, description="Only what is newer than this log position, and incidents'."),
    ] = 0,
    as_of: AsOf = None,
) -> Response[all_lanes.Window]:
    """What happened in every lane between two times, oldest first; without them, everything there is."""
    for name, at in (("from", since), ("to", until), ("as_of", as_of)):
        aware(at, name)
    seen = reader.at(as_of)
    last = max(seen.marks[-1].at, seen.opinion.as_of) if seen.marks else seen.opinion.as_of
    found: Any = all_lanes.window(seen.marks, seen.opinion, since or EPOCH, until or last, after=after)
    return Response(found)
