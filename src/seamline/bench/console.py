"""How the lanes feel in a browser with 5,000 events in each of four of them: until they answer, and while they are dragged.

A home is filled with deliveries as the tools send them, served by the real program, and opened in headless Chromium.
The figures are of this machine with whatever else it does; the server and the browser share its cores.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from seamline.bench.load import PATIENCE_S
from seamline.bootstrap import open_home
from seamline.model.delivery import Received
from seamline.model.errors import Fix, Stop

CHROMIUM = "/usr/bin/chromium"  # SEAMLINE_CHROMIUM names another
ARGUMENTS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SPAN = timedelta(minutes=55)  # all events lie in the window that the page begins with
ALERTS = 50  # to a delivery
BATCH = 256
# Collects the time between two frames until `stop` is called.
FRAMES = """() => { window.frames_ms = []; let before = performance.now(); let on = true;
  const tick = (now) => { window.frames_ms.push(now - before); before = now; if (on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick); window.stop_frames = () => { on = false; return window.frames_ms.slice(1); }; }"""

Sent = tuple[str, dict[str, str], object]  # source, headers, body


def run(events: int = 5000, width: int = 1440, drags: int = 4) -> dict[str, object]:
    """Seconds until the lanes answer, frames per second under a drag, and the time of each page, in this home.

    `events` in each lane, all of them in sight; `drags` are pulls of the mouse across the lanes and back. Raises Fix
    with the mend when playwright or Chromium is missing.
    """
    playwright = _playwright()
    with TemporaryDirectory(prefix="seamline-bench-") as folder:
        home = Path(folder) / "home"
        n_deliveries = _fill(home, events)
        with _served(home) as url, playwright() as driver:
            browser = driver.chromium.launch(executable_path=_chromium(), args=list(ARGUMENTS))
            page = browser.new_page(viewport={"width": width, "height": 900})
            ready = [_opened(page, url) for _ in range(3)]
            n_marks = page.evaluate("fetch('/api/lanes').then(a => a.json()).then(w => w.marks.length)")
            panned = _frames(page, drags)
            zoomed = _frames(page, drags, zoom=True)
            served = {
                path: _page_ms(page, url + path) for path in ("/", "/seams", "/deliveries", "/api/lanes")
            }
            browser.close()
    return {
        "events_per_lane": events,
        "deliveries": n_deliveries,
        "marks": n_marks,
        "interactive_s": {"first": round(ready[0], 2), "median": round(median(ready), 2)},
        "panning": _figures(panned),
        "zoomed_in_and_panning": _figures(zoomed),
        "server_ms": served,
    }


def _playwright() -> Any:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise Fix("playwright is not installed", hint="pip install playwright") from error
    _chromium()
    return sync_playwright


def _chromium() -> str:
    path = os.environ.get("SEAMLINE_CHROMIUM", CHROMIUM)
    if not Path(path).exists():
        raise Fix(
            f"{path}: there is no Chromium here", hint="apt install chromium, or name it in SEAMLINE_CHROMIUM"
        )
    return path


def _fill(path: Path, events: int) -> int:
    """A home with that many events per lane, spread evenly; how many deliveries that took."""
    start = datetime.now(UTC) - SPAN
    step = SPAN / events
    with open_home(path, write=True) as home:
        batch: list[Received] = []
        n = 0
        for at, (source, headers, body) in _deliveries(start, step, events):
            n += 1
            batch.append(home.inbox.take(source, headers, json.dumps(body).encode(), at))
            if len(batch) == BATCH:
                home.log.append(batch)
                batch.clear()
        home.log.append(batch)
    return n


def _deliveries(start: datetime, step: timedelta, events: int) -> Iterator[tuple[datetime, Sent]]:
    for n in range(events):
        at = start + n * step
        yield at, _deployment(n, at)
        yield at, _ticket(n, at)
        yield at, _job_run(n, at)
        if (n + 1) % ALERTS == 0 or n + 1 == events:
            first = n // ALERTS * ALERTS
            yield at, _alerts([(k, start + k * step) for k in range(first, n + 1)])


def _deployment(n: int, at: datetime) -> Sent:
    deployment = {
        "id": n, "sha": f"{n:040x}", "ref": f"v{n}", "task": "deploy", "environment": "production",
        "description": f"Release {n}", "created_at": _z(at), "updated_at": _z(at),
    }  # fmt: skip
    name = f"team/service-{n % 20}"
    body = {
        "action": "created",
        "deployment": deployment,
        "repository": {"id": n % 20, "name": name, "full_name": name},
    }
    return "github", {"x-github-event": "deployment", "x-github-delivery": f"d{n}"}, body


def _ticket(n: int, at: datetime) -> Sent:
    detail = {
        "id": str(n),
        "subject": f"Question {n}",
        "group_id": "1",
        "status": "NEW",
        "created_at": _z(at),
    }
    body = {"type": "zen:event-type:ticket.created", "time": _z(at), "detail": detail}
    return "zendesk", {"x-zendesk-webhook-invocation-id": f"t{n}"}, body


def _job_run(n: int, at: datetime) -> Sent:
    run = {"runId": f"0192f5a1-0000-7000-8000-{n:012x}"}
    job = {"namespace": "bench", "name": f"job-{n % 30}"}
    body = {
        "eventType": "COMPLETE", "eventTime": _z(at), "run": run, "job": job, "inputs": [], "outputs": [],
        "producer": "https://example.org/bench",
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/definitions/RunEvent",
    }  # fmt: skip
    return "openlineage", {}, body


def _alerts(found: Sequence[tuple[int, datetime]]) -> Sent:
    alerts = [
        {
            "status": "resolved", "labels": {"alertname": f"Disk{n % 10}", "deployment": f"app-{n % 15}", "n": str(n)},
            "annotations": {"summary": "fills up"}, "startsAt": _z(at), "endsAt": _z(at + timedelta(seconds=1)),
            "fingerprint": f"{n:016x}",
        }
        for n, at in found
    ]  # fmt: skip
    return (
        "alertmanager",
        {},
        {"version": "4", "status": "resolved", "receiver": "seamline", "alerts": alerts},
    )


def _z(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%fZ}"


@contextmanager
def _served(home: Path) -> Iterator[str]:
    """The real program over the home; its address."""
    command = [sys.executable, "-m", "seamline.cli", "serve", "--home", str(home), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        if "http://" not in first:
            raise Stop("the server did not start", hint=f"seamline serve --home {home}")
        yield "http://" + first.partition("http://")[2].split()[0]
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


def _opened(page: Any, url: str) -> float:
    """Seconds from the request for the page until its lanes take keys and mouse."""
    page.goto(url)
    page.wait_for_selector("#lanes.quick")
    return float(page.evaluate("performance.getEntriesByName('lanes-ready')[0].startTime")) / 1000


def _frames(page: Any, drags: int, *, zoom: bool = False) -> list[float]:
    """Milliseconds between frames while the mouse drags the lanes to and fro."""
    box = page.locator("#lanes").bounding_box()
    if zoom:
        page.locator("#lanes").focus()
        for _ in range(4):
            page.keyboard.press("+")
    left, right, middle = box["x"] + 40, box["x"] + box["width"] - 40, box["y"] + box["height"] / 2
    page.mouse.move(right, middle)
    page.evaluate(FRAMES)
    for n in range(drags):
        page.mouse.down()
        page.mouse.move(right if n % 2 else left, middle, steps=120)
        page.mouse.up()
    return [float(ms) for ms in page.evaluate("stop_frames()")]


def _figures(frames_ms: Sequence[float]) -> dict[str, float]:
    ordered = sorted(frames_ms)
    return {
        "frames": len(ordered),
        "per_s": round(1000 * len(ordered) / sum(ordered), 1),
        "p95_ms": round(ordered[int(0.95 * len(ordered))], 1),
        "worst_ms": round(ordered[-1], 1),
    }


def _page_ms(page: Any, url: str) -> int:
    """The median of five requests, from the browser's side."""
    times = []
    for _ in range(5):
        began = time.perf_counter()
        page.request.get(url)
        times.append(time.perf_counter() - began)
    return round(median(times) * 1000)
