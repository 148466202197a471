"""Calls between the clinic's services: counted and timed by who is called, under the name the caller dials."""

import time
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from lab.clinic.metrics import PodMetrics

# What a Deployment is called on the clinic's network.
DIALLED = {"triage-api": "triage-svc.clinic.internal", "inv-api": "inv-svc.clinic.internal"}


class Peer:
    """A service that has to answer before its caller can."""

    def __init__(self, deployment: str, url: str, metrics: PodMetrics, timeout_s: float) -> None:
        self._url = url
        self._metrics = metrics.peer(DIALLED[deployment])
        self._timeout = ClientTimeout(timeout_s)

    async def ask(self, session: ClientSession, path: str, document: Any) -> Any:
        """The JSON answered. Raises HTTPBadGateway for a failed call, HTTPGatewayTimeout for a late answer."""
        began_s, code = time.perf_counter(), "error"
        try:
            async with session.post(self._url + path, json=document, timeout=self._timeout) as answer:
                code = str(answer.status)
                if answer.ok:
                    return await answer.json()
            raise web.HTTPBadGateway(text=f"{path} answered {code}")
        except TimeoutError:
            code = "timeout"
            raise web.HTTPGatewayTimeout(text=f"{path} took too long") from None
        except ClientError as error:
            raise web.HTTPBadGateway(text=f"{path}: {error!r}") from None
        finally:
            self._metrics.observe(code, time.perf_counter() - began_s)
