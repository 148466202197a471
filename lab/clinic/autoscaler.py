"""The autoscaler of appt-web, and what kube-state-metrics would tell of it and of the Deployments."""

import argparse
import asyncio
import time
from collections import deque
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from lab.clinic.hpa import Bounds, Stabiliser, desired
from lab.program import end_if_failed, serve
from lab.senders.kubernetes import NAMESPACE, EventExporter, Happening

DEPLOYMENT = "appt-web"
BOUNDS = Bounds(n_min=2, n_max=8, target=2.5, stabilisation_s=40.0)
SAMPLE_S = 1.0
WINDOW_S = 10.0
SYNC_S = 15.0


class StateMetrics:
    """Gauges under the names of kube-state-metrics."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ["namespace", "horizontalpodautoscaler"]
        for name, value in (("max", BOUNDS.n_max), ("min", BOUNDS.n_min)):
            gauge = Gauge(f"kube_horizontalpodautoscaler_spec_{name}_replicas", f"{name} replicas", labels,
                          registry=self.registry)  # fmt: skip
            gauge.labels(NAMESPACE, DEPLOYMENT).set(value)
        self._replicas = Gauge("kube_deployment_status_replicas", "Pods that exist", ["namespace", "deployment"],
                               registry=self.registry)  # fmt: skip

    def show(self, deployments: dict[str, Any]) -> None:
        """Take over the platform's numbers."""
        for name, one in deployments.items():
            self._replicas.labels(NAMESPACE, name).set(one["n_replicas"])


class Autoscaler:
    """Every 15 s: requests per second and pod, over the last 10 s, against the target."""

    def __init__(self, cluster_url: str, inbox_url: str) -> None:
        self._cluster_url = cluster_url
        self._inbox_url = inbox_url
        self._metrics = StateMetrics()
        self._stabiliser = Stabiliser(BOUNDS)
        self._requests: deque[tuple[float, int]] = deque()
        self._decisions: list[dict[str, Any]] = []
        self._n_syncs = 0
        self.app = web.Application()
        self.app.router.add_get("/metrics", self.expose)
        self.app.router.add_get("/decisions", self.decisions)
        self.app.cleanup_ctx.append(self._resources)

    async def expose(self, _: web.Request) -> web.Response:
        """`GET /metrics`."""
        return web.Response(body=generate_latest(self._metrics.registry), content_type="text/plain")

    async def decisions(self, _: web.Request) -> web.Response:
        """`GET /decisions`: each decision with its Events, and how many looks it took so far."""
        return web.json_response({"n_syncs": self._n_syncs, "decisions": self._decisions})

    async def _watch(self) -> None:
        next_sync_s = time.monotonic() + SYNC_S
        while True:
            now_s = time.monotonic()
            async with self._session.get(self._cluster_url + "/deployments") as answer:
                deployments = await answer.json()
            self._metrics.show(deployments)
            self._requests.append((now_s, deployments[DEPLOYMENT]["n_requests"]))
            while self._requests[0][0] < now_s - WINDOW_S - SAMPLE_S / 2:
                self._requests.popleft()
            if now_s >= next_sync_s:
                next_sync_s += SYNC_S
                await self._decide(now_s, deployments[DEPLOYMENT]["n_replicas"])
                self._n_syncs += 1
            await asyncio.sleep(SAMPLE_S)

    async def _decide(self, now_s: float, n_current: int) -> None:
        (began_s, first), (ended_s, last) = self._requests[0], self._requests[-1]
        if ended_s - began_s < WINDOW_S * 0.8:
            return
        per_replica = (last - first) / (ended_s - began_s) / n_current
        wish = desired(n_current, per_replica, BOUNDS)
        n_replicas = self._stabiliser.settle(now_s, n_current, wish)
        if n_replicas != n_current:
            await self._rescale(n_current, n_replicas)

    async def _rescale(self, n_before: int, n_after: int) -> None:
        why = (
            "pods metric http_requests_per_second above target"
            if n_after > n_before
            else "All metrics below target"
        )
        message = f"New size: {n_after}; reason: {why}"
        uid = await self._events.post(
            Happening(
                "HorizontalPodAutoscaler",
                DEPLOYMENT,
                "horizontal-pod-autoscaler",
                "SuccessfulRescale",
                message,
            )
        )
        url = f"{self._cluster_url}/deployments/{DEPLOYMENT}/scale"
        async with self._session.put(url, json={"n_replicas": n_after}) as answer:
            answer.raise_for_status()
            followed = (await answer.json())["events"]
        self._decisions.append({"event": uid, "followed": followed, "n_before": n_before, "n_after": n_after})

    async def _resources(self, _: web.Application) -> Any:
        self._session = ClientSession(timeout=ClientTimeout(60))
        self._events = EventExporter(self._session, self._inbox_url)
        watching = asyncio.create_task(self._watch())
        watching.add_done_callback(end_if_failed)
        yield
        watching.cancel()
        await self._session.close()


def main() -> None:
    """Watch and scale until stopped."""
    arguments = argparse.ArgumentParser(prog="lab.clinic.autoscaler")
    arguments.add_argument("--cluster-url", required=True)
    arguments.add_argument("--inbox-url", required=True)
    options = arguments.parse_args()
    asyncio.run(serve(Autoscaler(options.cluster_url, options.inbox_url).app))


if __name__ == "__main__":
    main()
