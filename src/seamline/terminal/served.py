"""An act of a person: done here, or by the server that has the home open."""

from pathlib import Path
from typing import TYPE_CHECKING

from seamline.model.errors import Busy
from seamline.terminal.homes import opened, opened_to_write

if TYPE_CHECKING:
    from seamline.app.act import Act, Done


def done(path: Path, asked: "Act", for_: str = "") -> "Done":
    """Do it, in the name of the whole-stack owner or of the person it enters the word of.

    Raises Busy when another process writes to the home and is no server that would do it.
    """
    from seamline.app.act import Configure, act

    try:  # `configure` itself refuses a file that is not valid
        home = opened(path, write=True) if isinstance(asked, Configure) else opened_to_write(path)
    except Busy as busy:
        return _by_its_server(path, asked, for_, busy)
    with home:
        return act(home, asked, for_=for_)


def _by_its_server(path: Path, asked: "Act", for_: str, busy: Busy) -> "Done":
    from seamline.app.act import Done
    from seamline.http.control import Asked, ask

    recorded = ask(path, Asked(asked, for_))
    if recorded is None:
        hint = "try again when it has ended; a `serve` on another machine takes it over HTTP"
        raise Busy(str(busy), hint=hint)
    return Done(recorded.said, recorded.verdict)
