"""What a pod of the clinic tells Prometheus. `namespace` and `pod` are added by the scrape, as in Kubernetes."""

import time
from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BUCKETS_S = (0.05, 0.25, 1.0, 2.5)
# Requests of the platform, not of customers.
INTERNAL_PATHS = frozenset({"/metrics", "/config", "/ready", "/wedge"})


class PodMetrics:
    """One pod's own registry: nothing of the Python runtime, only what its team watches."""

    def __init__(self, service: str, version: str, revision: str) -> None:
        self.service = service
        self.registry = CollectorRegistry()
        labels = ["service_name"]
        build = Gauge(
            "build_info", "What runs here", [*labels, "version", "revision"], registry=self.registry
        )
        build.labels(service, version, revision).set(1)
        self._requests = Counter(
            "http_requests", "Requests answered", [*labels, "code"], registry=self.registry
        )
        self._duration = Histogram(
            "http_request_duration_seconds",
            "Time to answer",
            labels,
            buckets=BUCKETS_S,
            registry=self.registry,
        )
        self._requests.labels(service, "200")
        self._calls: tuple[Counter, Histogram] | None = None

    def gauge(self, name: str, help_text: str) -> Gauge:
        """A gauge with only the service's name on it."""
        gauge = Gauge(name, help_text, ["service_name"], registry=self.registry)
        child: Gauge = gauge.labels(self.service)
        return child

    def peer(self, peer: str) -> "PeerMetrics":
        """Counters for calls to one peer."""
        if self._calls is None:
            labels = ["service_name", "peer"]
            requests = Counter(
                "http_client_requests", "Calls made", [*labels, "code"], registry=self.registry
            )
            duration = Histogram(
                "http_client_request_duration_seconds", "Time until the peer answered", labels,
                buckets=BUCKETS_S, registry=self.registry,
            )  # fmt: skip
            self._calls = requests, duration
        return PeerMetrics(*self._calls, self.service, peer)

    @web.middleware
    async def measure(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Count and time customers' requests; a handler that raised counts as 500."""
        if request.path in INTERNAL_PATHS:
            return await handler(request)
        began_s, code = time.perf_counter(), "500"
        try:
            answer = await handler(request)
            code = str(answer.status)
            return answer
        except web.HTTPException as refusal:
            code = str(refusal.status)
            raise
        finally:
            self._requests.labels(self.service, code).inc()
            self._duration.labels(self.service).observe(time.perf_counter() - began_s)

    async def expose(self, _: web.Request) -> web.Response:
        """`GET /metrics`."""
        return web.Response(body=generate_latest(self.registry), content_type="text/plain")


class PeerMetrics:
    """How calls to one peer ended, and how long they took."""

    def __init__(self, requests: Counter, duration: Histogram, service: str, peer: str) -> None:
        self._requests, self._duration = requests, duration
        self._values = (service, peer)
        self._requests.labels(*self._values, "200")

    def observe(self, code: str, duration_s: float) -> None:
        """One call that ended with an HTTP status, `timeout` or `error`."""
        self._requests.labels(*self._values, code).inc()
        self._duration.labels(*self._values).observe(duration_s)
