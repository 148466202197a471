"""Helm charts and kustomizations: what is filled in or patched by a tool before it is a manifest.

Told once each, with the command that renders it, instead of once for each of their files.
"""

from collections.abc import Iterator, Sequence
from posixpath import basename, dirname, join, normpath

from seamline.analysis.manifests.plain import rows, text, words
from seamline.artefacts.documents import documents
from seamline.model.artefact import Artefact, Place, Unread

_KUSTOMIZATIONS = frozenset({"kustomization.yaml", "kustomization.yml"})
_TEMPLATE = b"{{"


class Unrendered:
    """Which files of a repository are no manifests yet."""

    def __init__(self, files: Sequence[Artefact]) -> None:
        self._charts = _outermost({dirname(f.path): f for f in files if basename(f.path) == "Chart.yaml"})
        self._kustomizations = [f for f in files if basename(f.path) in _KUSTOMIZATIONS]
        self._patches = {path for f in self._kustomizations for path in _patches(f)}
        self._templates: dict[str, int] = {}
        for file in files:
            chart = self._chart_of(file)
            if chart is not None:
                self._templates[chart] = self._templates.get(chart, 0) + 1

    def covers(self, file: Artefact) -> bool:
        """Whether a file is part of something that has to be rendered first, or configures its rendering."""
        return (
            basename(file.path) in (*_KUSTOMIZATIONS, "Chart.yaml")
            or file.path in self._patches
            or self._chart_of(file) is not None
        )

    def told(self) -> Iterator[Unread]:
        """One line per chart that holds templates, one for all kustomizations that change what they read."""
        for folder, count in sorted(self._templates.items()):
            chart = self._charts[folder]
            why = f"a Helm chart of {count} template{'s' * (count > 1)}, not yet rendered"
            mend = f"render it first: helm template {folder or '.'} > manifests.yaml"
            yield Unread(Place(chart.repository, chart.path), why, mend)
        if self._kustomizations:
            first, n = self._kustomizations[0], len(self._kustomizations)
            why = f"{n} kustomization{'s' * (n > 1)}: bases are read as they stand, nothing is patched or generated"
            mend = f"render it first: kustomize build {dirname(first.path) or '.'} > manifests.yaml"
            yield Unread(Place(first.repository, first.path), why, mend)

    def _chart_of(self, file: Artefact) -> str | None:
        """The chart whose unrendered template a file is. Templates with nothing to fill in are manifests."""
        if "templates/" not in file.path or _TEMPLATE not in file.data:
            return None
        return next((c for c in self._charts if _within(file.path, c)), None)


def _within(path: str, folder: str) -> bool:
    return not folder or path.startswith(f"{folder}/")


def _outermost(charts: dict[str, Artefact]) -> dict[str, Artefact]:
    """Charts that are not part of another: a chart's dependencies are rendered with it."""
    found: dict[str, Artefact] = {}
    for folder in sorted(charts, key=len):
        if not any(_within(f"{folder}/", above) for above in found):
            found[folder] = charts[folder]
    return found


def _patches(file: Artefact) -> Iterator[str]:
    """Files that a kustomization lays over others: pieces of objects, not objects."""
    for doc in documents(file)[0]:
        named = [
            text(row, "path") for field in ("patches", "patchesJson6902") for row in rows(doc.content, field)
        ]
        for path in (*named, *words(doc.content, "patchesStrategicMerge")):
            if path and "\n" not in path:
                yield normpath(join(dirname(file.path), path))
