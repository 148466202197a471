"""Templates into HTML, with the headers that keep a page to itself. Everything is escaped unless it is ours."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from hashlib import sha256
from importlib.resources import files
from typing import Any

import jinja2
from litestar import Response
from markupsafe import Markup

from seamline.analysis.seams import CAPACITY
from seamline.app.story import WORDS as WAYS
from seamline.console.drawing import MEASURES, WORDS
from seamline.model.refs import DOMAINS, kind_of, name_of
from seamline.terminal.plain import long, plain, short

# Nothing inline and nobody else's: a text of a ticket that came through as markup would still do nothing.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",  # the browser shows our own forms whence they came
    "cache-control": "no-store",
}
STATIC = {
    name: (files("seamline.console") / "static" / name).read_bytes()
    for name in ("console.css", "lanes.js", "live.js", "marks.js", "times.js", "icon.svg")
}
VERSION = sha256(b"".join(STATIC[name] for name in sorted(STATIC))).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file; it changes with the files, so that a browser may keep them for ever."""
    return f"/static/{VERSION}/{name}"


def clock(at: datetime, zone: tzinfo, today: datetime | None = None, *, seconds: bool = True) -> Markup:
    """A `time` element: the time of day in the organisation's zone, UTC on hover; the date when it is another day's."""
    local = at.astimezone(zone)
    said = f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"
    if today is None or today.astimezone(zone).date() != local.date():
        said = f"{local:%-d %b %Y} {said}"
    utc = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        f"{utc:%Y-%m-%dT%H:%M:%S.%fZ}", f"{utc:%Y-%m-%d %H:%M:%S} UTC", said
    )


def ref(text: str) -> Markup:
    """A ref as people read it: the kind small before the name, without the address of its store; whole on hover."""
    name = short(text)
    if name == plain(text):
        name = name_of(name) or name
    kind = kind_of(plain(text)) if ":" in text else ""
    before = Markup('<span class="kind">{}</span> ').format(kind) if kind else ""
    return Markup('<span class="ref" title="{}">{}{}</span>').format(plain(text), before, name)


def sentence(text: str) -> str:
    """Upper case first, a full stop last."""
    said = short(text)
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "?", "…")) else ".")


def joint(kind: str) -> str:
    """A relation's or a seam's kind in words.

    >>> joint("runs_on"), joint("capacity")
    ('runs on', 'shares capacity with')
    """
    return "shares capacity with" if kind == CAPACITY else WAYS.get(kind, (kind.replace("_", " "), ""))[0]


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("seamline.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,  # a page with a hole in it is a defect
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    filters: dict[str, Callable[..., Any]] = {
        "clock": clock, "ref": ref, "short": short, "plain": plain, "sentence": sentence, "long": long,
        "joint": joint,
    }  # fmt: skip
    environment.filters |= filters
    environment.globals |= {"asset": asset, "words": WORDS, "measures": MEASURES, "domains": DOMAINS}
    return environment


_ENVIRONMENT = _environment()


def warm() -> None:
    """Read every template now, so that nobody's first page waits for it."""
    for name in _ENVIRONMENT.list_templates():
        _ENVIRONMENT.get_template(name)


def page(template: str, *, status: int = 200, **context: object) -> Response[str]:
    """A template filled in."""
    html = _ENVIRONMENT.get_template(template).render(**context)
    return Response(html, status_code=status, media_type="text/html", headers=HEADERS)
