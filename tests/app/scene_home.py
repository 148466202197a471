"""A home in memory whose one tool sends written scenes, event by event, at the time each happened."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import msgspec
from msgspec.structs import replace

from seamline.app import configure, replay
from seamline.app.home import Home
from seamline.app.ingest import Inbox
from seamline.model import event as ev
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.organisation import Organisation
from seamline.model.ports import Pseudonym, Source
from seamline.store.keyring import Keyring
from seamline.store.memory import MemoryLog, MemoryViews
from tests.analysis.says import START, at
from tests.analysis.scene import read_scene

NAME = "scene"
BEFORE = START - timedelta(hours=1)
FAILS = """
stack callers
deploy service:api 290
fails service:api 300
fails service:web 306
fires service:api 320
idle desk:help 10
tickets desk:help 330 6
now 400
"""
CALM = "stack callers\nwatch service:web\nwatch service:api\ndeploy service:api 290\nnow 400"

_events = msgspec.json.Decoder(list[ev.Event])


def _parse(delivery: Delivery) -> Iterator[ev.Event]:
    try:
        found = _events.decode(delivery.body or b"")
    except msgspec.DecodeError as error:
        raise Unreadable(str(error)) from None
    return (replace(event, seq=delivery.seq) for event in found)


def _redact(headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:  # noqa: ARG001
    return body


SOURCE = cast(
    Source,
    SimpleNamespace(
        name=NAME,
        retention="record",
        paths={},
        key=lambda *_: "",
        verify=lambda *_: False,
        redact=_redact,
        parse=_parse,
    ),
)


def sent(text: str) -> list[tuple[datetime, ev.Event]]:
    """The events of a scene with the time each was received; every sample of a series on its own."""
    events, _, _ = read_scene(text)
    timed = [pair for event in events for pair in _in_time(event)]
    return sorted(timed, key=lambda pair: pair[0])


def _in_time(event: ev.Event) -> Iterable[tuple[datetime, ev.Event]]:
    if not isinstance(event, ev.Measurement):
        return [(event.at, event)]
    return [
        (datetime.fromtimestamp(t, UTC), replace(event, times=(t,), values=(v,)))
        for t, v in zip(event.times, event.values, strict=True)
    ]


def recording(text: str, path: Path) -> Path:
    """A scene as a file of recorded deliveries."""
    lines = [
        json.dumps({"source": NAME, "received_at": when.isoformat(), "headers": {}, "body": _body(event)})
        for when, event in sent(text)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _body(event: ev.Event) -> str:
    return msgspec.json.encode([event]).decode()


def toml(declared: Organisation) -> str:
    """The `seamline.toml` that says this."""
    rows = ['[organisation]\nname = "test"']
    rows += [
        f'[[person]]\nid = "{p.id}"\nname = "{p.name.title()}"'
        + (f'\nreports_to = "{p.reports_to}"' if p.reports_to else "")
        for p in declared.people
    ]
    rows += [
        "[[entity]]\n" + (f'match = "{e.match}"' if e.match else f'ref = "{e.ref}"')
        + (f'\nowner = "{e.owner}"' if e.owner else "")
        for e in declared.entities
    ]  # fmt: skip
    rows += [f'[[alias]]\nref = "{a.ref}"\nsame_as = {json.dumps(a.same_as)}' for a in declared.aliases]
    return "\n\n".join(rows) + "\n"


def new_home(folder: Path, text: str, clock_at: datetime = BEFORE) -> Home:
    """An empty home with a scene's map in force; its clock stands still."""
    sources = {NAME: SOURCE}
    home = Home(
        folder,
        MemoryLog(),
        MemoryViews(),
        sources,
        Inbox(sources, Keyring(folder / "keys")),
        lambda: clock_at,
    )
    _, declared, _ = read_scene(text)
    written = toml(declared)
    home.config.write_text(written, encoding="utf-8")
    home.log.append([configure.declared(home, written, key="scene").record])
    return home


def played(folder: Path, text: str = FAILS, clock_at: datetime = BEFORE) -> Home:
    """A home that a scene was played into, step by step, as a live one takes it in."""
    home = new_home(folder, text, clock_at)
    replay.play(home, recording(text, folder / "scene.jsonl"))
    return home


__all__ = ["CALM", "FAILS", "at", "new_home", "played", "recording", "sent", "toml"]
