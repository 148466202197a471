"""Where one organisation's data lies: a folder with the log, the views, the keys and the settings."""

import os
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from seamline.model.errors import Stop


class HomeFiles(Struct, frozen=True):
    """The paths of one home; nothing need exist yet."""

    root: Path

    @property
    def log(self) -> Path:
        """The only truth. What one backs up, together with `keys`."""
        return self.root / "log.sqlite"

    @property
    def views(self) -> Path:
        """Opinions for fast reading; may be deleted, is rebuilt from the log."""
        return self.root / "views.sqlite"

    @property
    def keys(self) -> Path:
        """Folder of the keyring."""
        return self.root / "keys"

    @property
    def config(self) -> Path:
        """The organisation as its owner declares it."""
        return self.root / "seamline.toml"

    @property
    def secrets(self) -> Path:
        """Senders' secrets and people's tokens; readable by its owner only."""
        return self.root / "secrets.toml"

    def create(self) -> "HomeFiles":
        """Make the folder, closed to others, where it is not there. Raises Stop when it can't be made."""
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            hint = "pick another folder with --home"
            raise Stop(f"{self.root}: can't be made ({error.strerror})", hint=hint) from error
        return self


def find_home(named: Path | str | None, environ: Mapping[str, str] = os.environ) -> HomeFiles:
    """The home that was named, else $SEAMLINE_HOME, else $XDG_DATA_HOME/seamline, else ~/.local/share/seamline."""
    chosen = named or environ.get("SEAMLINE_HOME")
    if chosen:
        return HomeFiles(Path(chosen).expanduser())
    data = environ.get("XDG_DATA_HOME")
    return HomeFiles((Path(data) if data else Path("~/.local/share").expanduser()) / "seamline")
