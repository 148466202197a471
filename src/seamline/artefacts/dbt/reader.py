"""The Reader of dbt's artefacts, as they lie in target/ or wherever a checkout keeps them."""

import re
from collections.abc import Iterator, Sequence
from posixpath import dirname

from seamline.artefacts.dbt import shape
from seamline.artefacts.dbt.found import found
from seamline.artefacts.dbt.packed import unpacked
from seamline.model.artefact import Artefact, Found, Place, Unread
from seamline.model.errors import SeamlineError

name = "dbt"
_FILE = re.compile(r"(?:^|/)(?:manifest|catalog|run_results)\.json(?:\.gz|\.zst)?\Z")
_CALLED = re.compile(rb'"dbt_schema_version"')
Files = dict[str, tuple[Artefact, bytes]]  # kind -> the artefact, and what it holds unpacked


def takes(path: str) -> bool:
    """Whether it is called as dbt calls its artefacts. Other tools have a manifest.json too: those give nothing."""
    return _FILE.search(path) is not None


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """What each folder with a manifest says; its catalog and run results complete it."""
    folders: dict[str, Files] = {}
    for file in files:
        where = Place(file.repository, file.path)
        try:
            data = unpacked(file.data, file.path)
        except SeamlineError as error:
            yield Unread(where, str(error), error.hint)
            continue
        if _CALLED.search(data):
            kind = shape.kind_of(data) or _kind_by_name(file.path)
            folders.setdefault(dirname(file.path), {}).setdefault(kind, (file, data))
    for kinds in folders.values():
        yield from _project(kinds)


def _kind_by_name(path: str) -> str:
    """Of a broken file that calls itself dbt's: what its name says, so that it is told of."""
    return path.rpartition("/")[2].partition(".")[0].replace("_", "-")


def _project(kinds: Files) -> Iterator[Found]:
    catalog, compiled = None, dict[str, str]()
    if "catalog" in kinds:
        file, data = kinds["catalog"]
        try:
            catalog = shape.catalog(data, file.path)
        except SeamlineError as error:
            yield Unread(Place(file.repository, file.path), str(error), error.hint)
    if "run-results" in kinds:
        compiled = shape.compiled(kinds["run-results"][1])
    if "manifest" in kinds:
        file, data = kinds["manifest"]
        place = Place(file.repository, file.path)
        try:
            manifest = shape.manifest(data, file.path)
        except SeamlineError as error:
            yield Unread(place, str(error), error.hint)
            return
        yield from found(manifest, catalog, place, compiled)
