"""What every pod of the clinic does: read its settings, answer the platform, hand requests to workers, stop cleanly."""

import argparse
import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Any

import psycopg
from aiohttp import web

from lab.clinic.metrics import Handler, PodMetrics
from lab.clinic.workers import Workers
from lab.program import serve

SQLSTATE_TOO_MANY = "53300"


@dataclass(frozen=True, slots=True)
class PodSpec:
    """What the platform hands a pod: its name, its release and the settings in force."""

    name: str
    version: str
    revision: str
    settings: dict[str, Any]


def application(service: str, spec: PodSpec) -> tuple[web.Application, PodMetrics]:
    """An app with the platform's routes on it, and the metrics it exposes.

    `POST /config` changes settings in place; a log level takes effect at once. `POST /wedge` sticks a worker.
    """
    metrics = PodMetrics(service, spec.version, spec.revision)
    workers = Workers()

    async def ready(_: web.Request) -> web.Response:
        return web.json_response({"pod": spec.name, "version": spec.version})

    async def configure(request: web.Request) -> web.Response:
        spec.settings.update(await request.json())
        logging.getLogger().setLevel(str(spec.settings.get("log_level", "info")).upper())
        return web.json_response(spec.settings)

    app = web.Application(middlewares=[metrics.measure, workers.hand_over, explain_database_errors])
    app.router.add_get("/ready", ready)
    app.router.add_get("/metrics", metrics.expose)
    app.router.add_post("/config", configure)
    app.router.add_post("/wedge", workers.wedge)
    return app, metrics


@web.middleware
async def explain_database_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A database that refuses becomes a 500 that carries PostgreSQL's own words."""
    try:
        return await handler(request)
    except psycopg.OperationalError as error:
        logging.warning("%s %s: %s", request.method, request.path, words_of(error))
        return web.json_response({"error": words_of(error)}, status=500)


def words_of(error: psycopg.OperationalError) -> str:
    """What PostgreSQL said, in one line."""
    last = str(error).strip().splitlines()[-1:] or ["database unreachable"]
    # Of a statement that failed the last line only points at a word.
    return error.diag.message_primary or last[0].rpartition("failed: ")[2]


def spec_from_argv() -> PodSpec:
    """The one argument of a pod: its specification as JSON."""
    arguments = argparse.ArgumentParser()
    arguments.add_argument("spec", type=json.loads)
    spec = PodSpec(**arguments.parse_args().spec)
    logging.basicConfig(level=str(spec.settings.get("log_level", "info")).upper())
    return spec


def run(app: web.Application) -> None:
    """Serve until the platform ends this pod."""
    asyncio.run(serve(app))
