"""One folder per kind of artefact that stands in a checkout. They are found, not registered.

A reader is a module with the attributes of `model.ports.Reader`: a folder here, or any module that a package
names in the entry point group `seamline.artefacts`. `artefacts.documents` reads YAML and JSON for all of them.
"""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import MappingProxyType
from typing import cast

from seamline.model.errors import Fix
from seamline.model.ports import Reader

GROUP = "seamline.artefacts"
ATTRIBUTES = ("name", "takes", "read")


@cache
def discover() -> Mapping[str, Reader]:
    """Every reader there is, by name, sorted. Raises Fix for one that is incomplete or uses a taken name."""
    modules = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__) if found.ispkg]
    modules += [entry.load() for entry in entry_points(group=GROUP)]
    readers: dict[str, Reader] = {}
    for module in modules:
        missing = [name for name in ATTRIBUTES if not hasattr(module, name)]
        if missing:
            raise Fix(f"reader {module.__name__}: lacks {', '.join(missing)}", hint="see model.ports.Reader")
        reader = cast(Reader, module)
        if readers.get(reader.name, reader) is not reader:
            raise Fix(f"two readers are named {reader.name!r}", hint="uninstall one of them")
        readers[reader.name] = reader
    return MappingProxyType(dict(sorted(readers.items())))
