"""Prometheus, Alertmanager and the PostgreSQL exporter, Debian's own, configured for one run.

Addresses of this run never reach a payload: targets are labelled by what they are, links by example hosts.
"""

import asyncio
import shutil
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aiohttp import ClientError, ClientSession

from lab.processes import Child, StartFailed, Troupe

RULES = Path(__file__).parent / "clinic" / "rules.yml"
QUERIES = Path(__file__).parent / "clinic" / "queries.yml"
SCRAPE = "3s"
N_PORTS_TRIED = 4
READY_S = 20.0
WANTED = (
    "build_info|http_requests_total|http_request_duration_seconds_(bucket|sum|count)|db_pool_connections"
    "|http_client_requests_total|http_client_request_duration_seconds_(bucket|sum|count)|queue_depth"
    "|price_cache_hit_ratio|model_info|model_agreement_ratio|kube_.*|pg_up|pg_settings_max_connections"
    "|pg_stat_activity_(count|max_tx_duration)|pg_locks_count|pg_open_transaction_idle_seconds"
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts of this run listen, as `host:port` or URL; `jobs` are scrape jobs and their Deployments."""

    inbox_url: str
    cluster_url: str
    autoscaler: str
    jobs: tuple[tuple[str, str], ...]


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def start(troupe: Troupe, folder: Path, at: Addresses, dsn: str) -> None:
    """Start all three, in the order in which they need each other. Raises StartFailed."""
    exporter = await _start_on_free_port(troupe, "exporter", lambda port: _exporter(port, dsn), "/metrics")
    alertmanager = await _start_on_free_port(
        troupe, "alertmanager", lambda port: _alertmanager(port, folder, at.inbox_url), "/-/ready"
    )
    await _start_on_free_port(
        troupe, "prometheus", lambda port: _prometheus(port, folder, at, exporter, alertmanager), "/-/ready"
    )


async def _start_on_free_port(
    troupe: Troupe, name: str, argv_for: Callable[[int], Sequence[str]], ready_path: str
) -> int:
    """Start a program that can't choose a port itself; another port when somebody else was faster."""
    for _ in range(N_PORTS_TRIED):
        port = free_port()
        child = await troupe.start(name, argv_for(port))
        if await _is_ready(child, f"http://127.0.0.1:{port}{ready_path}"):
            return port
        await troupe.stop(child)
    raise StartFailed(f"{name} did not start:\n{troupe.last_words(name)}")


async def _is_ready(child: Child, url: str) -> bool:
    async with ClientSession() as session:
        for _ in range(int(READY_S / 0.2)):
            if child.process.returncode is not None:
                return False
            try:
                async with session.get(url) as answer:
                    if answer.ok:
                        return True
            except ClientError:
                pass
            await asyncio.sleep(0.2)
    return False


def _program(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise StartFailed(f"{name} is missing: install Debian's package of that name")
    return path


def _exporter(port: int, dsn: str) -> list[str]:
    # The exporter reads its DSN from the environment only.
    return [
        "env", f"DATA_SOURCE_NAME={dsn}", _program("prometheus-postgres-exporter"),
        f"--web.listen-address=127.0.0.1:{port}", "--no-collector.bgwriter", "--no-collector.database",
        f"--extend.query-path={QUERIES}", "--log.level=error",
    ]  # fmt: skip


def _alertmanager(port: int, folder: Path, inbox_url: str) -> list[str]:
    config = {
        "route": {
            "receiver": "inbox",
            "group_by": ["alertname", "job"],
            "group_wait": "2s",
            "group_interval": "6s",
            "repeat_interval": "4m",
        },
        "receivers": [
            {
                "name": "inbox",
                "webhook_configs": [{"url": f"{inbox_url}/in/alertmanager", "send_resolved": True}],
            }
        ],
    }
    path = folder / "alertmanager.yml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    return [
        _program("prometheus-alertmanager"), f"--config.file={path}",
        f"--storage.path={folder / 'alertmanager'}", f"--web.listen-address=127.0.0.1:{port}",
        "--web.external-url=http://alertmanager.clinic.example", "--web.route-prefix=/",
        "--cluster.listen-address=", "--log.level=warn",
    ]  # fmt: skip


def _prometheus(port: int, folder: Path, at: Addresses, exporter: int, alertmanager: int) -> list[str]:
    path = folder / "prometheus.yml"
    path.write_text(yaml.safe_dump(_prometheus_config(at, exporter, alertmanager), sort_keys=False))
    return [
        _program("prometheus"), f"--config.file={path}", f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}", "--web.external-url=http://prometheus.clinic.example",
        "--web.route-prefix=/", "--log.level=warn",
    ]  # fmt: skip


def _prometheus_config(at: Addresses, exporter: int, alertmanager: int) -> dict[str, Any]:
    jobs = [_pods_job(at, job, name) for job, name in at.jobs]
    jobs.append(_static_job("kube-state-metrics", at.autoscaler, {"instance": "kube-state-metrics"}))
    jobs.append(
        _static_job("postgres", f"127.0.0.1:{exporter}", {"instance": "visits-db", "server": "visits-db"})
    )
    return {
        "global": {"scrape_interval": SCRAPE, "scrape_timeout": "2s", "evaluation_interval": SCRAPE},
        "rule_files": [str(RULES)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
        "scrape_configs": jobs,
        "remote_write": [
            {
                "url": f"{at.inbox_url}/api/v1/write",
                "metadata_config": {"send": False},
                "queue_config": {"max_shards": 1, "max_samples_per_send": 2000, "batch_send_deadline": "5s"},
                "write_relabel_configs": [
                    {"source_labels": ["__name__"], "regex": f"up|ALERTS|{WANTED}", "action": "keep"}
                ],
            }
        ],
    }


def _pods_job(at: Addresses, job: str, deployment: str) -> dict[str, Any]:
    return {
        "job_name": job,
        "http_sd_configs": [{"url": f"{at.cluster_url}/sd/{deployment}", "refresh_interval": SCRAPE}],
        "metric_relabel_configs": _keep_wanted(),
    }


def _static_job(job: str, target: str, labels: dict[str, str]) -> dict[str, Any]:
    # The exporter names the server by its address: the target's label is the name people use. Where both have
    # a label, Prometheus would rename the exporter's to `exported_server`; it is dropped.
    return {
        "job_name": job,
        "static_configs": [{"targets": [target], "labels": labels}],
        "metric_relabel_configs": [
            {"source_labels": ["datname"], "regex": "template.*|postgres", "action": "drop"},
            {"regex": "exported_server", "action": "labeldrop"},
            *_keep_wanted(),
        ],
    }


def _keep_wanted() -> list[dict[str, Any]]:
    return [{"source_labels": ["__name__"], "regex": WANTED, "action": "keep"}]
