"""Where a Zendesk account is, who we are there, and what is said to whom: the table `[zendesk]`."""

import re
import ssl
from base64 import b64encode
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPSConnection
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from seamline.actions.zendesk.tickets import Zendesk
from seamline.model.errors import Fix

TOKEN = "SEAMLINE_ZENDESK_TOKEN"
TIMEOUT_S = 10.0
_KEYS = ("host", "user", "token", "comment", "field", "fake")
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?\.zendesk\.com")


def configured(settings: Mapping[str, Any], environ: Mapping[str, str]) -> Zendesk:
    """The action as its table says. The token may come from the environment. Raises Fix with the mend."""
    for key in settings:
        if key not in _KEYS:
            raise Fix(f"unknown key {key!r}", hint=f"known: {', '.join(_KEYS)}")
    comment = _text(settings, "comment") or "internal"
    if comment not in ("internal", "public"):
        raise Fix(
            f"comment = {comment!r}", hint='"internal": agents see it; "public": who wrote the ticket gets it'
        )
    field = settings.get("field")
    if field is not None and (not isinstance(field, int) or isinstance(field, bool) or field < 1):
        raise Fix(f"field = {field!r}", hint="the number of a ticket field: field = 36000042")
    token = _text({"token": environ.get(TOKEN) or settings.get("token", "")}, "token")
    if not token:
        raise Fix("there is no token", hint=f'token = "...", or {TOKEN} in the environment')
    fake = _text(settings, "fake")
    host, port = _loopback(fake) if fake else (_host(settings), 443)
    return Zendesk(
        _connection(host, port, tls=not fake),
        _authorization(_text(settings, "user"), token),
        public=comment == "public",
        field=field,
    )


def _connection(host: str, port: int, *, tls: bool) -> Callable[[], HTTPConnection]:
    """Makes connections to this one host and no other: a redirect is an answer, not a way."""
    if not tls:
        return lambda: HTTPConnection(host, port, timeout=TIMEOUT_S)
    trusted = ssl.create_default_context()
    return lambda: HTTPSConnection(host, port, timeout=TIMEOUT_S, context=trusted)


def _host(settings: Mapping[str, Any]) -> str:
    host = _text(settings, "host").lower()
    if not _HOST.fullmatch(host):
        raise Fix(
            f"host = {host!r} is no Zendesk account", hint='host = "yours.zendesk.com", without https://'
        )
    return host


def _loopback(url: str) -> tuple[str, int]:
    """Where a fake listens: this machine only, since it is spoken to without TLS."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http" and port and ip_address(host).is_loopback:
            return host, port
    except ValueError:
        pass
    raise Fix(f"fake = {url!r} is not on this machine", hint='fake = "http://127.0.0.1:8123"')


def _authorization(user: str, token: str) -> str:
    """Basic with an API token of a user, else the token is an OAuth one."""
    if not user:
        return f"Bearer {token}"
    return "Basic " + b64encode(f"{user}/token:{token}".encode()).decode("ascii")


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key, "")
    if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
        raise Fix(f"{key} must be a text of one line, in ASCII", hint=f'{key} = "..."')
    return value.strip()
