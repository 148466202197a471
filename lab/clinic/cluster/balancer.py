"""Spreads the requests for one Deployment over its ready pods."""

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from lab.clinic.cluster.deployment import Deployment

TIMEOUT = ClientTimeout(10)


def application(deployment: Deployment, session: ClientSession) -> web.Application:
    """Passes every request on and every answer back: 503 without pods, 502 for a broken one, 504 for a slow one."""

    async def forward(request: web.Request) -> web.Response:
        deployment.n_requests += 1
        pod = deployment.next_pod()
        if pod is None:
            return web.Response(status=503, text="no ready pod")
        pod.n_open += 1
        try:
            body = await request.read()
            async with session.request(
                request.method, pod.url + request.path_qs, data=body, timeout=TIMEOUT,
                headers={"Content-Type": request.headers.get("Content-Type", "application/json")},
            ) as answer:  # fmt: skip
                return web.Response(
                    status=answer.status, body=await answer.read(), content_type=answer.content_type
                )
        except TimeoutError:
            return web.Response(status=504, text="upstream timed out")
        except ClientError:
            return web.Response(status=502, text="upstream failed")
        finally:
            pod.n_open -= 1

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", forward)
    return app
