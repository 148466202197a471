"""`seamline.toml` comes into force: checked first, then a record in the log."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from seamline.analysis import organisation
from seamline.app import views
from seamline.app.home import Home
from seamline.model import record as rec
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


def start(home: Home, *, owner: str, name: str, people: Sequence[Person] = ()) -> None:
    """Write the starter `seamline.toml`, `people` in it, and put it into force. Raises Fix when there is one already."""
    if home.config.exists():
        raise Fix(f"{home.config}: is there already", hint="edit it, or pick another folder with --home")
    text = starter(owner=owner, name=name, people=people)
    try:
        home.config.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Stop(f"{home.config}: can't be written ({error.strerror})", hint="check its folder") from error
    follow(home)


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
    try:
        text = home.config.read_text(encoding="utf-8")
        stamp = home.config.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Fix(f"{home.config}: can't be read ({error})", hint="it has to be a UTF-8 text") from error
    declared = organisation.read(text)
    put_in_force(home, text, declared, key=f"{_root(declared)}:{stamp}")
    return declared


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
    home.config.write_text(text, encoding="utf-8")
    declared = follow(home)
    assert declared is not None
    return declared


def read_text(file: Path) -> str:
    """What a `seamline.toml` says. Raises Fix when it can't be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Fix(f"{file}: can't be read ({error})", hint="name a seamline.toml") from error


def put_in_force(home: Home, text: str, declared: Organisation, *, key: str) -> None:
    """Append the record; `key` tells a repeat, which is not stored again."""
    now = home.clock()
    received = rec.to_received(rec.ConfigSet(_root(declared), now, text), now)
    home.log.append([replace(received, key=f"config:{key}")])


def person_id(name: str) -> str:
    """A person's id made of their name: lower case, ASCII, dashes.

    >>> person_id("Renée van Dijk")
    'renee-van-dijk'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "owner"


def _root(declared: Organisation) -> str:
    return next(p.id for p in declared.people if not p.reports_to)


def _quoted(text: str) -> str:
    """`text` as a TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
