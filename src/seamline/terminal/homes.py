"""The home a command works on, opened to read or as its one writer."""

from pathlib import Path
from typing import TYPE_CHECKING

from seamline.terminal import exits

if TYPE_CHECKING:
    from seamline.app.home import Home


def opened(path: Path, *, write: bool = False) -> "Home":
    """The home as it is; close it by leaving its `with`."""
    from seamline.bootstrap import open_home

    return open_home(path, write=write)


def opened_to_write(path: Path) -> "Home":
    """The home with its `seamline.toml` in force; a broken one is told of, and the last valid one stays."""
    from seamline.app import configure
    from seamline.model.errors import Fix

    home = opened(path, write=True)
    try:
        configure.follow(home)
    except Fix as error:
        exits.tell(f"warning: {exits.one_line(error)}; the last valid map stays in force")
    except BaseException:
        home.__exit__(None, None, None)
        raise
    return home


def tell_of_an_edit(home: "Home") -> None:
    """A line on stderr when what is read does not stand on `seamline.toml` as it is now."""
    from seamline.app import configure

    if configure.differs(home):
        exits.tell("note: seamline.toml was edited and is not in force yet (seamline configure)")
