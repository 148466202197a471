"""The platform's control API, used by the autoscaler and by whoever deploys."""

import argparse
import asyncio
import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from lab.clinic.cluster import balancer
from lab.clinic.cluster.deployment import Deployment, Release
from lab.processes import Troupe
from lab.program import listening, serve
from lab.senders.kubernetes import NAMESPACE, EventExporter


class Cluster:
    """Deployments, each behind a balancer on a port of its own.

    They are started in the order given, and each is told the addresses of those before it.
    """

    def __init__(self, releases: dict[str, tuple[int, Release]], folder: Path, inbox_url: str) -> None:
        self._releases = releases
        self._troupe = Troupe(folder)
        self._inbox_url = inbox_url
        self._deployments: dict[str, Deployment] = {}
        self._urls: dict[str, str] = {}
        self.app = web.Application()
        self.app.router.add_get("/deployments", self.describe)
        self.app.router.add_put("/deployments/{name}/scale", self.scale)
        self.app.router.add_post("/deployments/{name}/release", self.release)
        self.app.router.add_post("/deployments/{name}/config", self.configure)
        self.app.router.add_post("/deployments/{name}/wedge", self.wedge)
        self.app.router.add_get("/sd/{name}", self.targets)
        self.app.cleanup_ctx.append(self._resources)

    async def describe(self, _: web.Request) -> web.Response:
        """`GET /deployments`: replicas, requests so far and address of each."""
        return web.json_response(
            {
                name: {"n_replicas": one.n_replicas, "n_ready": len(one.pods), "n_requests": one.n_requests,
                       "version": one.release.version, "url": self._urls[name]}
                for name, one in self._deployments.items()
            }
        )  # fmt: skip

    async def scale(self, request: web.Request) -> web.Response:
        """`PUT /deployments/NAME/scale {"n_replicas"}`: answers with the Events' uids."""
        wish = await request.json()
        return web.json_response({"events": await self._named(request).scale(int(wish["n_replicas"]))})

    async def release(self, request: web.Request) -> web.Response:
        """`POST /deployments/NAME/release {"version", "revision", "settings"}`: answers when rolled out.

        With `n_pods`, only as far as that many pods run the release.
        """
        wish, deployment = await request.json(), self._named(request)
        release = replace(
            deployment.release,
            version=wish["version"],
            revision=wish["revision"],
            settings=deployment.release.settings | wish["settings"],
        )
        return web.json_response({"events": await deployment.roll_out(release, wish.get("n_pods"))})

    async def configure(self, request: web.Request) -> web.Response:
        """`POST /deployments/NAME/config {setting: value}`: takes effect in every pod before the answer."""
        settings, deployment = await request.json(), self._named(request)
        deployment.configure(settings)
        for pod in deployment.pods:
            async with self._session.post(pod.url + "/config", json=settings) as answer:
                answer.raise_for_status()
        return web.json_response(deployment.release.settings)

    async def wedge(self, request: web.Request) -> web.Response:
        """`POST /deployments/NAME/wedge`: a worker of the oldest pod gets stuck."""
        oldest = self._named(request).pods[0]
        async with self._session.post(oldest.url + "/wedge") as answer:
            answer.raise_for_status()
        return web.json_response({"pod": oldest.name})

    async def targets(self, request: web.Request) -> web.Response:
        """`GET /sd/NAME`: Prometheus HTTP service discovery."""
        pods = self._named(request).pods
        return web.json_response(
            [
                {"targets": [pod.url.removeprefix("http://")],
                 "labels": {"namespace": NAMESPACE, "pod": pod.name, "instance": pod.name}}
                for pod in pods
            ]
        )  # fmt: skip

    def _named(self, request: web.Request) -> Deployment:
        name = request.match_info["name"]
        if name not in self._deployments:
            raise web.HTTPNotFound(text=f"no Deployment {name}")
        return self._deployments[name]

    async def _resources(self, _: web.Application) -> Any:
        async with contextlib.AsyncExitStack() as stack:
            self._session = await stack.enter_async_context(ClientSession())
            stack.push_async_callback(self._troupe.close)
            events = EventExporter(self._session, self._inbox_url)
            for name, (n_replicas, release) in self._releases.items():
                deployment = Deployment(name, release, self._troupe, events)
                deployment.configure({f"{name}.url": url for name, url in self._urls.items()})
                await deployment.start(n_replicas)
                self._deployments[name] = deployment
                port = await stack.enter_async_context(
                    listening(balancer.application(deployment, self._session))
                )
                self._urls[name] = f"http://127.0.0.1:{port}"
            yield


def main() -> None:
    """Run the platform until stopped; `--releases` is a JSON file of what each Deployment starts with."""
    arguments = argparse.ArgumentParser(prog="lab.clinic.cluster")
    arguments.add_argument("--releases", type=Path, required=True)
    arguments.add_argument("--folder", type=Path, required=True)
    arguments.add_argument("--inbox-url", required=True)
    options = arguments.parse_args()
    documents = json.loads(options.releases.read_text())
    releases = {
        name: (document.pop("n_replicas"), Release(**document)) for name, document in documents.items()
    }
    asyncio.run(serve(Cluster(releases, options.folder, options.inbox_url).app))


if __name__ == "__main__":
    main()
