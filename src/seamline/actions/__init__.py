"""One folder per tool that we speak to. Each is off until `HOME/actions.toml` has a table of its name.

    [zendesk]
    host = "clinic.zendesk.com"
    user = "seamline@clinic.example"
    token = "..."

A tool is a module here with `configured(settings, environ) -> Action`.
"""

import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from seamline.model.errors import Fix
from seamline.model.ports import Action


def read(file: Path, environ: Mapping[str, str]) -> dict[str, Action]:
    """The actions that are switched on, by name; none without the file.

    Raises Fix, which quotes no secret, for a file that others can read or that can't be meant.
    """
    said = _read(file)
    known = sorted(found.name for found in iter_modules(__path__))
    actions: dict[str, Action] = {}
    for name, settings in said.items():
        if name not in known:
            raise Fix(f"{file}: there is no action {name!r}", hint=f"known: {', '.join(known)}")
        if not isinstance(settings, dict):
            raise Fix(f"{file}: {name} must be a table", hint=f"[{name}]")
        tool = import_module(f"{__name__}.{name}")
        try:
            actions[name] = tool.configured(settings, environ)
        except Fix as error:
            raise Fix(f"{file}: [{name}]: {error}", hint=error.hint) from None
    return actions


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_mode & 0o077:
            raise Fix(f"{file}: others can read the tokens", hint=f"chmod 600 {file}")
        return tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Fix(f"{file}: can't be read ({error.strerror})", hint="check its owner") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Fix(
            f"{file}: is not valid TOML", hint="quote every text"
        ) from None  # the cause may quote a token
