"""Finds and runs the measurements of `seamline.bench`, each a module with one function `run`."""

import inspect
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import msgspec

from seamline.model.errors import Fix


def names() -> list[str]:
    """What can be measured, sorted: the modules of `seamline.bench` that have a `run`."""
    import seamline.bench

    found = [m.name for m in iter_modules(seamline.bench.__path__) if not m.name.startswith("_")]
    return sorted(name for name in found if hasattr(import_module(f"seamline.bench.{name}"), "run"))


def run(name: str, settings: Sequence[str]) -> str:
    """Measure, and the figures as indented JSON. Raises Fix for an unknown name or setting."""
    if name not in names():
        raise Fix(f"nothing called {name!r} is measured", hint=f"there are: {', '.join(names()) or 'none'}")
    measure = import_module(f"seamline.bench.{name}").run
    figures = measure(**_settings(measure, settings))
    return msgspec.json.format(msgspec.json.encode(figures), indent=2).decode() + "\n"


def _settings(measure: Any, settings: Sequence[str]) -> dict[str, Any]:
    parameters = inspect.signature(measure).parameters
    out: dict[str, Any] = {}
    for setting in settings:
        key, _, value = setting.partition("=")
        if key not in parameters:
            raise Fix(f"{setting!r}: no such setting", hint=f"KEY=VALUE with one of: {', '.join(parameters)}")
        kind = parameters[key].annotation
        try:
            out[key] = msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            raise Fix(f"{setting!r}: {error}", hint=f"{key} is {getattr(kind, '__name__', kind)}") from error
    return out
