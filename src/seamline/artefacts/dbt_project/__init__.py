"""dbt projects as they stand in a repository, without a manifest: models rendered, sources, exposures, owners.

Where a project brings its own `target/manifest.json`, that is exact and goes before this; nothing is said here then.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from seamline.artefacts.dbt_project import resources, settings
from seamline.artefacts.dbt_project.found import Statement
from seamline.artefacts.dbt_project.project import Project
from seamline.artefacts.dbt_project.settings import PROJECT, Settings
from seamline.artefacts.documents import Doc, documents
from seamline.artefacts.text import text
from seamline.model.artefact import Artefact, Found, Unread

name = "dbt-project"
_ENDINGS = (".sql", ".yml", ".yaml", ".csv")
_PROFILES = ("profiles.yml", "profiles.yaml", "profiles.yml.example", "sample.profiles.yml")
_MOST_BYTES = 20_000_000  # of a model or a seed
_INSTALLED = ("dbt_packages", "dbt_modules")


def takes(path: str) -> bool:
    """Whatever a dbt project is made of: SQL, property files, seeds; and a manifest, which makes this reader silent."""
    parts = PurePosixPath(path).parts
    if parts[-2:] == ("target", "manifest.json"):
        return True
    return path.endswith(_ENDINGS) and "target" not in parts


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """What every dbt project of a repository says. A package below a project is its macros only."""
    roots = [f.path for f in files if PurePosixPath(f.path).name == PROJECT]
    manifests = {f.path for f in files if f.path.endswith("target/manifest.json")}
    projects: list[tuple[Settings, list[Artefact]]] = []
    for path in roots:
        found, unread = _settings(path, files)
        yield from unread
        if found is not None:
            projects.append((found, _files_of(found, files, roots)))
    packages = {s.name: _macro_files(s, own) for s, own in projects}
    for one, own in projects:
        manifest = f"{one.root}/target/manifest.json".lstrip("/")
        if manifest not in manifests and not set(PurePosixPath(one.root).parts) & set(_INSTALLED):
            yield from _project(one, own, packages)


def _settings(path: str, files: Sequence[Artefact]) -> tuple[Settings | None, list[Unread]]:
    artefact = next(f for f in files if f.path == path)
    docs, unread = documents(artefact)
    content = next((d.content for d in docs if isinstance(d.content, dict)), None)
    if content is None:
        return None, list(unread)
    return settings.read(path, content, _adapter(path, str(content.get("profile", "")), files)), list(unread)


def _adapter(path: str, profile: str, files: Sequence[Artefact]) -> str:
    """What a profile of the project, else of the whole repository, names."""
    root = path[: -len(PROJECT)]
    near = sorted(
        (f for f in files if PurePosixPath(f.path).name in _PROFILES),
        key=lambda f: not f.path.startswith(root),
    )
    for artefact in near:
        for doc in documents(artefact)[0]:
            if found := settings.adapter_in(doc.content, profile):
                return found
    return ""


def _files_of(own: Settings, files: Sequence[Artefact], roots: Sequence[str]) -> list[Artefact]:
    """The files below a project's root that are of no other project below it."""
    inner = [r[: -len(PROJECT)] for r in roots if r[: -len(PROJECT)].rstrip("/") != own.root]
    inner = [r for r in inner if not own.root or r.startswith(f"{own.root}/")]
    home = f"{own.root}/" if own.root else ""
    return [f for f in files if f.path.startswith(home) and not any(f.path.startswith(r) for r in inner)]


def _macro_files(own: Settings, files: Sequence[Artefact]) -> Mapping[str, str]:
    folders = (*own.macros, *own.snapshots)
    return {
        f.path: t for f in files if own.within(f.path, folders) and isinstance(t := text(f, _MOST_BYTES), str)
    }


def _project(
    own: Settings, files: Sequence[Artefact], packages: Mapping[str, Mapping[str, str]]
) -> Iterator[Found]:
    docs: list[Doc] = []
    texts: dict[str, str] = {}
    for artefact in files:
        if artefact.path.endswith((".yml", ".yaml")) and own.within(
            artefact.path, (*own.models, *own.seeds, *own.snapshots)
        ):
            found, unread = documents(artefact)
            docs += found
            yield from unread
        elif artefact.path.endswith((".sql", ".csv")):
            content = text(artefact, _MOST_BYTES)
            if isinstance(content, str):
                texts[artefact.path] = content
            else:
                yield content
    project = Project(own, resources.read(docs), texts, packages, files[0].repository if files else "")
    yield from Statement(project).found(texts)
