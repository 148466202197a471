"""Valid deliveries to begin with: a few per source (`seeds/SOURCE.json`), and a folder of recorded ones when there is one.

In a seed `{n}` stands for the delivery's number, so that each is its own, and `{now}`, `{now_s}`, `{now_ms}` and
`{now_ns}` for the time; `"{i}"`, `"{now_s}"` and `"{now_ms}"` in quotes become numbers. `samples` is what a
remote write request holds: metric, labels, value.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from seamline.bench import _remote_write as wire

LARGEST = 64 * 1024  # bytes of a recorded body that is worth changing many times

Headers = Mapping[str, str]
Samples = tuple[tuple[str, dict[str, str], float], ...]


class Seed(Struct, frozen=True):
    """One valid delivery. `body` is text with places to fill in, or bytes as they are; one of body and samples."""

    source: str
    path: str
    headers: Headers
    body: str | bytes = ""
    samples: Samples = ()

    def filled(self, number: int, at_ts: float) -> tuple[dict[str, str], bytes]:
        """Headers and body of delivery `number`, sent at this time (epoch seconds)."""
        places = _places(number, at_ts)
        headers = {name: _put(value, places) for name, value in self.headers.items()}
        if self.samples:
            return headers, wire.request(
                (_labels(m, tuple(ls.items())), at_ts, v) for m, ls, v in self.samples
            )
        body = self.body if isinstance(self.body, bytes) else _put(self.body, places).encode()
        return headers, body


def seeds(sources: Iterable[str], folder: Path | None = None) -> list[Seed]:
    """All seeds of these sources, sorted by source. A source without any gets an empty object."""
    found: list[Seed] = []
    for name in sorted(sources):
        own = list(_built_in(name))
        if folder is not None:
            own += _recorded(name, folder)
        found += own or [Seed(name, f"/in/{name}", {"content-type": "application/json"}, "{}")]
    return found


def _built_in(source: str) -> Iterator[Seed]:
    file = files("seamline.bench") / "seeds" / f"{source}.json"
    if not file.is_file():
        return
    for said in json.loads(file.read_text(encoding="utf-8")):
        body = said.get("body", "")
        yield Seed(
            source,
            said.get("path", f"/in/{source}"),
            said["headers"],
            body if isinstance(body, str) else json.dumps(body),
            tuple((metric, labels, value) for metric, labels, value in said.get("samples", ())),
        )


def _recorded(source: str, folder: Path) -> Iterator[Seed]:
    from seamline.bench._recorded import payloads, systems_of

    for system in systems_of(source, folder):
        for path, headers in payloads(folder / system):
            if path.stat().st_size <= LARGEST:
                yield Seed(source, f"/in/{source}", headers, path.read_bytes())


def _places(number: int, at_ts: float) -> dict[str, str]:
    now = datetime.fromtimestamp(at_ts, UTC).isoformat().replace("+00:00", "Z")
    return {
        '"{i}"': str(number),
        '"{now_s}"': str(int(at_ts)),
        '"{now_ms}"': str(int(at_ts * 1000)),
        "{now_ns}": str(int(at_ts * 1e9)),
        "{now}": now,
        "{n}": str(number),
    }


def _put(text: str, places: Mapping[str, str]) -> str:
    if "{" in text:
        for place, value in places.items():
            text = text.replace(place, value)
    return text


@cache
def _labels(metric: str, labels: tuple[tuple[str, str], ...]) -> bytes:
    return wire.labels(metric, dict(labels))
