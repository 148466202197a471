"""One folder per tool that sends deliveries. They are found, not registered.

A source is a module with the attributes of `model.ports.Source`: a folder here, or any module that a package
names in the entry point group `seamline.sources`.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType, ModuleType
from typing import cast

from seamline.model.errors import Fix
from seamline.model.ports import Source

GROUP = "seamline.sources"
ATTRIBUTES = ("name", "retention", "paths", "key", "verify", "redact", "parse")
RESERVED = "seamline"  # the log's own records


@cache
def discover() -> Mapping[str, Source]:
    """Every source there is, by name, sorted. Raises Fix for one that is incomplete or uses a taken name."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]
    modules += [entry.load() for entry in entry_points(group=GROUP)]
    sources: dict[str, Source] = {}
    for module in modules:
        source = _checked(module)
        if sources.get(source.name, source) is not source:
            raise Fix(f"two sources are named {source.name!r}", hint="uninstall one of them")
        sources[source.name] = source
    return MappingProxyType(dict(sorted(sources.items())))


def _checked(module: ModuleType) -> Source:
    missing = [name for name in ATTRIBUTES if not hasattr(module, name)]
    if missing:
        raise Fix(f"source {module.__name__}: lacks {', '.join(missing)}", hint="see model.ports.Source")
    source = cast(Source, module)
    if source.name == RESERVED:
        raise Fix(f"source {module.__name__}: the name {RESERVED!r} is taken")
    return source
