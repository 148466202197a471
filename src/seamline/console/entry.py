"""Logging in and out, and the files of the pages: what anybody may open."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import Body
from litestar.response import Redirect
from litestar.types import ControllerRouterHandler

from seamline.console.render import HEADERS, STATIC, VERSION, page
from seamline.console.view import Asking, Who
from seamline.http.app import FOR_ANYBODY
from seamline.http.callers import COOKIE, Callers
from seamline.model.errors import Fix

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]

_GUESSES = RateLimitConfig(rate_limit=("minute", 10)).middleware  # per address
_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@get("/login", sync_to_thread=False, opt={FOR_ANYBODY: True})
def ask(request: Asking, callers: Who, next: str = "/") -> Response[Any]:
    """The form for a person's token."""
    if callers.caller(request) is not None:
        return Redirect(_inside(next), status_code=303)
    return page("login.html", next=_inside(next), wrong=False, anybody=callers.anybody)


@post("/login", status_code=303, sync_to_thread=False, opt={FOR_ANYBODY: True}, middleware=[_GUESSES])
def log_in(request: Asking, callers: Who, data: Form) -> Response[Any]:
    """A session for a person's token, and on to where they wanted to go."""
    check_same_origin(request)
    session = callers.log_in(data.get("token", "").strip())
    if session is None:
        return page(
            "login.html", status=401, next=_inside(data.get("next", "/")), wrong=True, anybody=callers.anybody
        )
    return Redirect(
        _inside(data.get("next", "/")), status_code=303, cookies=[_cookie(request, callers, session)]
    )


@post("/logout", status_code=303, sync_to_thread=False, opt={FOR_ANYBODY: True})
def log_out(request: Asking, callers: Who, data: Form) -> Response[Any]:
    """The session is over, here and on the server."""
    check(request, callers, data)
    callers.log_out(request)
    return Redirect("/login", status_code=303, cookies=[_cookie(request, callers, "")])


@get("/static/{version:str}/{name:str}", sync_to_thread=False, opt={FOR_ANYBODY: True})
def static(version: str, name: str) -> Response[bytes]:
    """A file of the pages. A browser keeps what it got under the present version's address."""
    if name not in STATIC:
        raise NotFoundException("no file of this name")
    kept = {"cache-control": "public, max-age=31536000, immutable"} if version == VERSION else {}
    return Response(STATIC[name], media_type=_TYPES[name.rpartition(".")[2]], headers=HEADERS | kept)


def asked_to_log_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """On to the form. After a link from another site the browser held our cookie back: then ask it once more."""
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    came_from_elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if request.method == "GET" and came_from_elsewhere and COOKIE not in request.cookies:
        return page("again.html", path=_inside(path))
    return Redirect(
        f"/login?next={quote(_inside(path) if request.method == 'GET' else '/')}", status_code=303
    )


def check(request: Asking, callers: Callers, data: dict[str, str]) -> str:
    """The person behind a form that our own page made. Raises Fix for one that anybody else made."""
    check_same_origin(request)
    caller = callers.caller(request)
    if caller is None or not callers.is_shown(caller, data.get("proof", "")):
        raise Fix("this form is not from a page of yours", hint="log in, open the page again, and repeat it")
    return caller.person


def check_same_origin(request: Asking) -> None:
    """Refuse what another site made the browser send."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    elsewhere = site is not None and site not in ("same-origin", "none")
    if origin is not None and site is None:  # an older browser
        elsewhere = origin.partition("://")[2] != request.headers.get("host")
    if elsewhere:
        raise Fix("this form was sent from another site", hint="open the page here and repeat it")


def _inside(path: str) -> str:
    """A path of this server; the first page for anything else."""
    fine = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if fine else "/"


def _cookie(request: Asking, callers: Callers, session: str) -> Cookie:
    """Lives as long as the browser; empty and over for no session."""
    return Cookie(
        key=COOKIE, value=session, path="/", httponly=True, samesite="strict", secure=callers.is_encrypted(request),
        max_age=None if session else 0,
    )  # fmt: skip


ENTRY: Sequence[ControllerRouterHandler] = (ask, log_in, log_out, static)
