"""`seamline.toml` comes into force: checked first, then a record in the log."""

import os
import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from seamline.analysis import organisation
from seamline.app import views
from seamline.app.home import Home
from seamline.model import record as rec
from seamline.model.delivery import Received
from seamline.model.errors import Fix, Stop
from seamline.model.organisation import Organisation, Person

STARTER = """\
# Who answers for what. `seamline configure` checks it and puts it into force; a running `seamline serve` does so too.
# Format: docs/reference/seamline-toml.md

[organisation]
name = {name}
time_zone = "UTC"
environment = "production"   # what a delivery means when it names no environment

[[person]]                   # exactly one person reports to nobody: the whole-stack owner
id = {id}
name = {owner}{handles}

# [[person]]
# id = "ben"
# name = "Ben Okafor"
# reports_to = {id}
# domain = "dev"             # dev, platform, support, data or vendor

# [[entity]]                 # what can break, and whose it is
# ref = "service:booking"
# owner = "ben"

# [[alias]]                  # another tool's word for it
# ref = "service:booking"
# same_as = ["scrape:appt"]

# [[relation]]               # what no tool shows
# from = "service:booking"
# kind = "uses"
# to = "database:visits-db"
"""


class Declared(NamedTuple):
    """A `seamline.toml` that is valid, and the record that puts it into force."""

    organisation: Organisation
    record: Received


def start(home: Home, *, owner: str, name: str, people: Sequence[Person] = ()) -> None:
    """Write the starter `seamline.toml`, `people` in it, and put it into force. Twice the same is once.

    Raises Fix when another one is there already.
    """
    text = starter(owner=owner, name=name, people=people)
    if home.config.exists() and read_text(home.config) != text:
        raise Fix(f"{home.config}: is there already", hint="edit it, or pick another folder with --home")
    write(home, text)
    follow(home)


def write(home: Home, text: str) -> None:
    """Make `text` the home's `seamline.toml`: all of it or, whatever happens, nothing. The same text is left as it is.

    Raises Stop when there is no room or no right to.
    """
    with suppress(OSError, UnicodeDecodeError):
        if home.config.read_text(encoding="utf-8") == text:
            return
    file = home.config.resolve()
    aside = file.with_name(f".{file.name}.new")
    try:
        with aside.open("w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        aside.replace(file)
    except OSError as error:
        with suppress(OSError):
            aside.unlink()
        raise Stop(
            f"{home.config}: can't be written ({error.strerror})", hint="make room, check rights"
        ) from error


def starter(*, owner: str, name: str, people: Sequence[Person] = ()) -> str:
    """A `seamline.toml` to begin with. The whole-stack owner is whom `people` have as root, else `owner` alone."""
    if not owner.strip():
        raise Fix("the owner has no name", hint='--owner "Mara Vogel"')
    root = next((p for p in people if not p.reports_to), Person(person_id(owner), owner))
    text = STARTER.format(
        name=_quoted(name), owner=_quoted(root.name), id=_quoted(root.id), handles=_handles(root)
    )
    text += "".join(_table(p) for p in people if p.reports_to)
    organisation.read(text)
    return text


def _table(person: Person) -> str:
    lines = ["", "[[person]]"]
    lines += [
        f"{key} = {_quoted(getattr(person, key))}"
        for key in ("id", "name", "reports_to", "domain")
        if getattr(person, key)
    ]
    if person.left_at is not None:
        lines.append(f"left_at = {person.left_at.isoformat()}")
    return "\n".join(lines) + _handles(person) + "\n"


def _handles(person: Person) -> str:
    return f"\nhandles = [{', '.join(map(_quoted, person.handles))}]" if person.handles else ""


def configure(home: Home) -> str:
    """Put `seamline.toml` into force; one line for people. Raises BadTree or Fix when it is not there or not valid."""
    declared = follow(home)
    if declared is None:
        raise Fix(f"{home.config}: is not there", hint="`seamline init` writes one to begin with")
    if not home.followed:  # else the live watch does
        views.publish(home, views.opinion(home))
    counts = (
        f"{len(declared.people)} people, {len(declared.entities)} entities, {len(declared.aliases)} aliases"
    )
    return f"{home.config} is in force: {counts}, {len(declared.relations)} relations"


def follow(home: Home) -> Organisation | None:
    """Put the home's `seamline.toml` into force when it is new or was changed; None when there is none.

    Raises BadTree or Fix, and appends nothing, when it is not valid. The same file twice is one record.
    """
    declared = declared_by(home)
    if declared is None:
        return None
    home.log.append([declared.record])
    return declared.organisation


def declared_by(home: Home) -> Declared | None:
    """What the home's `seamline.toml` says, in force or not; None when there is none. Raises BadTree or Fix."""
    try:
        text = home.config.read_text(encoding="utf-8")
        stamp = home.config.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Fix(f"{home.config}: can't be read ({error})", hint="it has to be a UTF-8 text") from error
    return declared(home, text, key=str(stamp))


def declared(home: Home, text: str, *, key: str) -> Declared:
    """What a `seamline.toml` says; of one owner's records with the same `key` the log stores one. Raises BadTree or Fix."""
    read = organisation.read(text)
    root = next(p.id for p in read.people if not p.reports_to)
    now = home.clock()
    received = rec.to_received(rec.ConfigSet(root, now, text), now)
    return Declared(read, replace(received, key=f"config:{root}:{key}"))


def differs(home: Home) -> bool:
    """Whether `seamline.toml` is there and says something else than what is in force."""
    try:
        text = home.config.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return home.config.exists()
    said = [r.text for r in views.records(home) if isinstance(r, rec.ConfigSet)]
    return not said or said[-1] != text


def stamp(home: Home) -> int:
    """Changes with the file; 0 when there is none. Cheap enough to ask every few seconds."""
    try:
        return home.config.stat().st_mtime_ns
    except OSError:
        return 0


def take_over(home: Home, file: Path) -> Organisation:
    """Make another file this home's `seamline.toml` and put it into force. Raises Fix when it is not valid."""
    text = read_text(file)
    organisation.read(text)
    write(home, text)
    taken = follow(home)
    assert taken is not None
    return taken


def read_text(file: Path) -> str:
    """What a `seamline.toml` says. Raises Fix when it can't be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Fix(f"{file}: can't be read ({error})", hint="name a seamline.toml") from error


def person_id(name: str) -> str:
    """A person's id made of their name: lower case, ASCII, dashes.

    >>> person_id("Renée van Dijk")
    'renee-van-dijk'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "owner"


def _quoted(text: str) -> str:
    """`text` as a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
