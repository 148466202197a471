"""The JSON views under `/api`, the gate, and what keeps a server watched. OpenAPI is at `/schema`.

Reads take a person's bearer token too, unless the server listens on loopback and no token is configured. Every
write is some person's word: without a token there is none.
"""

import logging
import re
from collections.abc import Sequence
from datetime import MAXYEAR, MINYEAR, datetime
from typing import Annotated, Any

from litestar import Litestar, Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import Parameter, SkipValidation
from litestar.types import ControllerRouterHandler

from seamline import __version__
from seamline.app.forms import incident_form
from seamline.http import api as shapes
from seamline.http.acts import ACTS, Verbs
from seamline.http.api import Api
from seamline.http.callers import Callers
from seamline.http.health import Health, Readiness
from seamline.http.journal import place
from seamline.http.secrets import Secrets
from seamline.model.errors import (
    Fix,
    Retry,
    SeamlineError,
    Stop,
    Unauthenticated,
    UnknownEntity,
    UnknownIncident,
)
from seamline.model.story import Story
from seamline.model.verdict import Verdict

MAX_BODY = 1024 * 1024
PAGE = 1000
FOR_ANYBODY = "for_anybody"  # a handler's option: answered without a person, like the page to log in on
MAX_SEQ = 2**62  # no log gets there, and every store can compare with it
_LOOPBACK_NAME = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?", re.IGNORECASE)

AsOf = Annotated[datetime | None, Parameter(description="Answer as of this time; with an offset or Z.")]
Watch = NamedDependency[SkipValidation[Health]]

_logger = logging.getLogger("seamline.http")


def aware(at: datetime | None, name: str = "as_of") -> datetime | None:
    """A time that was asked for, as it is. Raises Fix where it lacks an offset, or no zone's clock could show it."""
    hint = "write it as 2026-11-20T14:00:00Z"
    if at is not None and at.tzinfo is None:
        raise Fix(f"{name} lacks an offset", hint=hint)
    if at is not None and not MINYEAR < at.year < MAXYEAR:
        raise Fix(f"{name} is at the end of time", hint=hint)
    return at


@get("/incidents", sync_to_thread=True)
def incidents(api: Verbs, as_of: AsOf = None) -> shapes.Incidents:
    """All incidents, newest first."""
    found = tuple(incident_form(i) for i in api.incidents(aware(as_of)))
    return shapes.Incidents(as_of or api.as_of(), found)


@get("/incidents/{incident:str}", sync_to_thread=True)
def incident(api: Verbs, incident: str, as_of: AsOf = None) -> Story:
    """One incident with its causes, lanes and evidence."""
    return api.incident(incident, aware(as_of))


@get("/seams", sync_to_thread=True)
def seams(api: Verbs, as_of: AsOf = None) -> shapes.Seams:
    """All seams, each with its one accountable person."""
    return shapes.Seams(as_of or api.as_of(), tuple(api.seams(aware(as_of))))


@get("/entities", sync_to_thread=True)
def entities(api: Verbs, as_of: AsOf = None) -> shapes.Entities:
    """The map's entities under their canonical refs."""
    return shapes.Entities(as_of or api.as_of(), tuple(api.entities(aware(as_of))))


@get("/loose-ends", sync_to_thread=True)
def loose_ends(api: Verbs, as_of: AsOf = None) -> shapes.LooseEnds:
    """What deliveries speak of and nothing joins to the map."""
    return shapes.LooseEnds(as_of or api.as_of(), tuple(api.loose_ends(aware(as_of))))


@get("/deliveries", sync_to_thread=True)
def deliveries(
    api: Verbs,
    as_of: AsOf = None,
    unreadable: bool = False,
    after: Annotated[int, Parameter(ge=0, le=MAX_SEQ)] = 0,
    limit: Annotated[int, Parameter(ge=1, le=PAGE)] = PAGE,
) -> shapes.Deliveries:
    """Log entries without their bodies, one page."""
    found = tuple(api.deliveries(aware(as_of), unreadable=unreadable, after=after, limit=limit))
    following = found[-1].seq if len(found) == limit else None
    return shapes.Deliveries(as_of or api.as_of(), found, following)


@get("/decisions", sync_to_thread=True)
def decisions(api: Verbs, as_of: AsOf = None) -> shapes.Decisions:
    """Verdicts, overrides and waivers."""
    return shapes.Decisions(as_of or api.as_of(), tuple(api.decisions(aware(as_of))))


@post("/gate", status_code=200, sync_to_thread=True)
def gate(api: Verbs, person: str, data: dict[str, Any]) -> Verdict:
    """The verdict for an announced change."""
    return api.gate(data, person)


@get("/healthz", sync_to_thread=False)
def healthz() -> dict[str, bool]:
    """The process answers."""
    return {"alive": True}


@get("/readyz", sync_to_thread=True)
def readyz(health: Watch) -> Response[Readiness]:
    """Whether deliveries can be stored and judged."""
    readiness = health.readiness()
    return Response(readiness, status_code=200 if readiness.ready else 503)


@get("/metrics", sync_to_thread=True, media_type="text/plain; version=0.0.4")
def metrics(health: Watch) -> str:
    """The server's own figures, as Prometheus text."""
    return health.metrics()


READS: Sequence[ControllerRouterHandler] = (
    incidents,
    incident,
    seams,
    entities,
    loose_ends,
    deliveries,
    decisions,
)


def build(
    api: Api,
    secrets: Secrets,
    health: Health,
    handlers: Sequence[ControllerRouterHandler] = (),
    *,
    open_reads: bool,
) -> Litestar:
    """The application. `open_reads`: reads need no token, and then only this machine's own names are answered."""

    callers = Callers(secrets)

    def person(request: Request[Any, Any, Any]) -> str:
        found = callers.bearer(request)
        if found is None:
            raise Unauthenticated("a person's bearer token is needed", hint="[people] in secrets.toml")
        return found

    def readers_only(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        if open_reads:
            # a page on the web may point a name of its own here: a browser then sends that name
            if not _LOOPBACK_NAME.fullmatch(connection.headers.get("host", "")):
                raise Fix("this server answers to names of this machine only", hint="give people tokens")
        elif not handler.opt.get(FOR_ANYBODY) and callers.caller(connection) is None:
            raise Unauthenticated("a person's bearer token is needed", hint="[people] in secrets.toml")

    return Litestar(
        [
            Router("/api", route_handlers=[*READS, *ACTS], guards=[readers_only]),
            Router("/", route_handlers=[metrics, *handlers], guards=[readers_only]),
            gate,
            healthz,
            readyz,
        ],
        dependencies={
            "api": Provide(lambda: api, sync_to_thread=False),
            "callers": Provide(lambda: callers, sync_to_thread=False),
            "health": Provide(lambda: health, sync_to_thread=False),
            "person": Provide(person, sync_to_thread=False),
        },
        exception_handlers={
            SeamlineError: _refused,
            HTTPException: _misused,
            RecursionError: _too_deep,
            Exception: _failed,
        },
        request_max_body_size=MAX_BODY,
        openapi_config=_openapi(),
        logging_config=None,
    )


def _openapi() -> OpenAPIConfig:
    bearer = SecurityScheme(type="http", scheme="bearer", description="A person's token")
    return OpenAPIConfig(
        "Seamline",
        __version__,
        path="/schema",
        render_plugins=[JsonRenderPlugin()],
        use_handler_docstrings=True,
        components=Components(security_schemes={"person": bearer}),
        security=[{"person": []}],
    )


_STATUS: tuple[tuple[type[SeamlineError], int], ...] = (
    (Unauthenticated, 401),
    (UnknownIncident, 404),
    (UnknownEntity, 404),
    (Retry, 503),
    (Stop, 503),
)


def _refused(_: Request[Any, Any, Any], error: SeamlineError) -> Response[shapes.Problem]:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 400)
    headers = {"retry-after": "5"} if status == 503 else {}
    return Response(shapes.Problem(str(error), error.hint), status_code=status, headers=headers)


def _misused(request: Request[Any, Any, Any], error: HTTPException) -> Response[shapes.Problem]:
    if error.status_code >= 500:
        return _failed(request, error)
    hint = "; ".join(str(each) for each in error.extra) if isinstance(error.extra, list) else ""
    if error.status_code == 404:
        hint = "/ is the console, /schema lists what programs may ask"
    return Response(shapes.Problem(error.detail, hint), status_code=error.status_code)


def _too_deep(request: Request[Any, Any, Any], error: RecursionError) -> Response[shapes.Problem]:
    _logger.error("%s %s: %s", request.method, request.url.path, place(error))
    return Response(shapes.Problem("the body is nested too deeply"), status_code=400)


def _failed(request: Request[Any, Any, Any], error: Exception) -> Response[shapes.Problem]:
    _logger.error("%s %s failed: %s", request.method, request.url.path, place(error.__cause__ or error))
    return Response(shapes.Problem("this failed and was logged"), status_code=500)
