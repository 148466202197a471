"""`seamline init`: a home to begin with, and the map of the repositories that it is pointed at."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from seamline.model.errors import Fix
from seamline.terminal import exits, progress, survey
from seamline.terminal.homes import opened

if TYPE_CHECKING:
    from seamline.app.home import Home

UNNAMED = "The whole-stack owner"


def make(home: Path, owner: str | None, name: str) -> None:
    """Make a home with its owner and nothing else. Raises Fix when nobody is named."""
    from seamline.app import configure

    if owner is None:
        hint = 'seamline init PATH... reads checkouts; seamline init --owner "Mara Vogel" makes a home'
        raise Fix("neither a folder to read nor an owner is named", hint=hint)
    with opened(home, write=True) as made:
        configure.start(made, owner=owner, name=name)
        print(f"{made.config}: {owner} answers for everything until you write down who else does.\n")
        print("Next:")
        print(f"  1. edit {made.config}: people, entities, aliases")
    print("  2. seamline configure        check it and put it into force")
    print("  3. seamline init PATH...     read your checkouts, and")
    print("     seamline ingest FILE...   recorded deliveries, or")
    print("     seamline serve            an inbox your tools send to, and the console")
    print("  4. seamline loose-ends       what could not be joined to the map")
    print("  5. seamline incidents        what broke, why, and whose it is")


class Asked(NamedTuple):
    """What to read, and who is there."""

    paths: Sequence[Path]
    dsns: Sequence[str]
    owner: str | None
    name: str
    org: Path | None


def read(asked: Asked, home: Path | None, *, every: bool, json: bool) -> None:
    """Survey checkouts and catalogues into a home, or into none, and print what there is."""
    from seamline import bootstrap
    from seamline.app import survey as verb

    servers = [bootstrap.catalogue_of(dsn) for dsn in asked.dsns]
    checkouts = bootstrap.checkouts_at(asked.paths)
    with progress.on_stderr("reading repositories") as on_progress:
        surveyed = verb.read(checkouts, bootstrap.readers(), on_progress).beside(servers)
    if not surveyed.n_files and not servers:
        exits.tell("note: nothing in these folders can be read: name folders that hold checkouts")
    with _home(home) as opened_home:
        owner = asked.owner or _owner(asked, opened_home)
        page = verb.survey(opened_home, surveyed, owner=owner, name=asked.name, org=asked.org)
        del surveyed  # most of the memory: what the graph needs of it is in the log
        if home is not None:
            _keep_columns(opened_home)
        if json:
            sys.stdout.write(survey.as_json(page))
        else:
            survey.show(page, every=every)
            _next(opened_home, kept=home is not None)


def _keep_columns(home: "Home") -> None:
    """Work out which column is made of which, for those who ask the home; where that can't be kept, they wait for it."""
    from seamline import bootstrap
    from seamline.app import trace
    from seamline.model.errors import Retry, Stop

    try:
        with bootstrap.lineage_opener() as opener:
            trace.keep(home, opener)
    except (Retry, Stop) as error:
        exits.tell(f"note: {exits.one_line(error)}; which column is made of which is worked out when asked")


def _home(home: Path | None) -> "AbstractContextManager[Home]":
    from seamline import bootstrap

    return bootstrap.home_in_memory() if home is None else opened(home, write=True)


def _owner(asked: Asked, home: "Home") -> str:
    """Who answers for all of it where nobody said: whoever works on the first checkout. Said aloud."""
    from seamline import bootstrap

    if asked.org is not None or home.config.is_file():
        return ""
    found = bootstrap.git_user(asked.paths[0]) if asked.paths else ""
    if found:
        at = asked.paths[0]
        exits.tell(f"note: no --owner, so {found} answers for everything (git's user.name at {at})")
    else:
        exits.tell("note: no --owner, and git knows no user.name: an unnamed person answers for everything")
    return found or UNNAMED


def _next(home: "Home", *, kept: bool) -> None:
    """What to do with the page."""
    if kept:
        print(f"\nKept in {home.path}. Next:")
        print(f"  edit {home.config}")
        print(
            "                                 people, and who keeps what nobody claims; it is followed by itself"
        )
        print("  seamline seams | entities | loose-ends    all of it, as lists")
        print("  seamline serve                            the same as pages, and an inbox for your tools")
        return
    print("\nNothing was written. Next:")
    print("  seamline init PATH... --home DIR    keep it, with a seamline.toml to say who keeps what")
    print("  seamline init PATH... --all         nothing cut short; --json for programs")
