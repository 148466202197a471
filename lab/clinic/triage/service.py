"""The triage service (`triage-api`): asks the model for a department, keeps what it said and what clinicians say to it.

The model is fetched from the registry's folder: at start, and again some seconds after the setting `model_version`
changed. Settings that releases bring: `reads_age` (1.5.0 takes the age out of the request), `archives`.
"""

import asyncio
import contextlib
import random
import re
from collections import deque
from pathlib import Path
from typing import Any

import psycopg
from aiohttp import web
from prometheus_client import Gauge

from lab.clinic import pod
from lab.clinic.archive import Archive
from lab.clinic.metrics import PodMetrics
from lab.clinic.pool import EagerPool
from lab.clinic.triage import model
from lab.clinic.triage.training import artefact
from lab.program import end_if_failed

NAME = "triage"
# A fetched model is checked and warmed up before it answers.
FETCH_S = (11.0, 14.0)
LOOK_EVERY_S = 1.0
N_REVIEWS = 60
N_REVIEWS_LEAST = 30
PREDICTED = """
insert into triage_predictions (wish, model_version, department, urgency) values (%s, %s, %s, %s)
returning prediction_id
"""
REVIEWED = """
update triage_predictions set clinician_department = %s, reviewed_at = now() where prediction_id = %s
returning department
"""
FOR_ANOTHER = re.compile(r"\bmy (son|daughter|mother|husband)\b", re.IGNORECASE)


class ModelMetrics:
    """What the model's owner watches: which version answers, and how often clinicians agree with it."""

    def __init__(self, metrics: PodMetrics) -> None:
        labels = ["service_name", "model"]
        self._service = metrics.service
        self._info = Gauge(
            "model_info", "The version that answers", [*labels, "version"], registry=metrics.registry
        )
        self._agreement = Gauge(
            "model_agreement_ratio",
            "Share of the latest reviews that agree",
            labels,
            registry=metrics.registry,
        )
        self._agrees: deque[bool] = deque(maxlen=N_REVIEWS)

    def loaded(self, version: str) -> None:
        """Another version answers from now on."""
        self._info.clear()
        self._info.labels(self._service, NAME, version).set(1)

    def reviewed(self, *, agrees: bool) -> None:
        """A clinician looked at one prediction; a handful of reviews says nothing yet."""
        self._agrees.append(agrees)
        if len(self._agrees) >= N_REVIEWS_LEAST:
            self._agreement.labels(self._service, NAME).set(sum(self._agrees) / len(self._agrees))


class Triage:
    """One worker process of the service."""

    def __init__(self, spec: pod.PodSpec) -> None:
        self._settings = spec.settings
        self.app, metrics = pod.application(NAME, spec)
        connections = metrics.gauge("db_pool_connections", "Connections this worker holds")
        self._pool = EagerPool(spec.settings["dsn"], int(spec.settings["pool_size"]), connections)
        self._archive = Archive()
        self._watched = ModelMetrics(metrics)
        self._model = self._load(str(spec.settings["model_version"]))
        self.app.router.add_post("/route", self.route)
        self.app.router.add_post("/reviews", self.review)
        self.app.cleanup_ctx.append(self._resources)

    async def route(self, request: web.Request) -> web.Response:
        """`POST /route {"text"}`: the department, the urgency, and the number to review them by."""
        asked = await request.json()
        text = str(asked["text"])
        if self._settings.get("reads_age") and FOR_ANOTHER.search(text):
            asked["age"] += 0  # callers were never told to send it
        department, urgency = self._model.route(text)
        if self._settings.get("archives"):
            await self._archive.enter()
        async with self._pool.connection() as connection:
            said = (text, self._model.version, department, urgency)
            row = await (await connection.execute(PREDICTED, said)).fetchone()
        assert row is not None
        return web.json_response({"prediction_id": row[0], "department": department, "urgency": urgency})

    async def review(self, request: web.Request) -> web.Response:
        """`POST /reviews {"prediction_id", "department"}`: where a clinician says that the patient belongs."""
        said = await request.json()
        async with self._pool.connection() as connection:
            cursor = await connection.execute(REVIEWED, (said["department"], said["prediction_id"]))
            row = await cursor.fetchone()
        if row is None:
            raise web.HTTPNotFound(text="no such prediction")
        self._watched.reviewed(agrees=row[0] == said["department"])
        return web.Response(status=204)

    def _load(self, version: str) -> model.Model:
        loaded = model.load(artefact(Path(self._settings["models"]), version))
        self._watched.loaded(version)
        return loaded

    async def _follow_registry(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            wanted = str(self._settings["model_version"])
            if wanted != self._model.version:
                await asyncio.sleep(random.uniform(*FETCH_S))
                self._model = self._load(wanted)

    async def _resources(self, _: web.Application) -> Any:
        with contextlib.suppress(psycopg.OperationalError):
            await self._pool.fill()
        following = asyncio.create_task(self._follow_registry())
        following.add_done_callback(end_if_failed)
        yield
        following.cancel()
        await self._pool.close()


if __name__ == "__main__":
    pod.run(Triage(pod.spec_from_argv()).app)
