"""A project's own settings: dbt_project.yml, and the dialect that a profile beside it names."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from seamline.artefacts.dbt import dialects

PROJECT = "dbt_project.yml"
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})  # how targets are called that people rely on


class Settings(Struct, frozen=True):
    """What dbt_project.yml says. Paths are relative to the repository, with no slash at the end."""

    name: str
    root: str  # "" for the repository's own root
    models: tuple[str, ...]
    seeds: tuple[str, ...]
    snapshots: tuple[str, ...]
    macros: tuple[str, ...]
    variables: Mapping[str, Any]
    configs: Mapping[str, Any]  # resource type -> nested configuration
    dialect: str  # sqlglot's name, "" when no profile stands in the repository
    adapter: str

    def within(self, path: str, folders: Sequence[str]) -> bool:
        """Whether a file lies in one of these folders."""
        return any(path.startswith(f"{folder}/") for folder in folders)

    def config_of(self, resource: str, path: str) -> dict[str, Any]:
        """What the project sets for a file of a kind (`models`), the nearest folder last; meta is merged."""
        folders = (
            self.models if resource == "models" else self.seeds if resource == "seeds" else self.snapshots
        )
        home = next((f for f in folders if path.startswith(f"{f}/")), "")
        parts = PurePosixPath(path[len(home) :].lstrip("/")).with_suffix("").parts
        found: dict[str, Any] = {}
        at: Any = self.configs.get(resource)
        for step in ("", self.name, *parts):
            at = at.get(step) if step and isinstance(at, dict) else at
            if not isinstance(at, dict):
                break
            merge(found, {k.removeprefix("+"): v for k, v in at.items() if _is_setting(str(k), v)})
        return found


def merge(into: dict[str, Any], config: Mapping[str, Any]) -> None:
    """Lay one configuration over another, as dbt does: the later wins, `meta` key by key."""
    for key, value in config.items():
        if key == "meta" and isinstance(value, dict) and isinstance(into.get("meta"), dict):
            into["meta"] = {**into["meta"], **value}
        else:
            into[key] = value


def _is_setting(key: str, value: object) -> bool:
    return key.startswith("+") or not isinstance(value, dict) or key in ("meta", "contract")


def read(path: str, content: Mapping[str, Any], adapter: str) -> Settings:
    """The settings of a dbt_project.yml at a path."""
    root = path[: -len(PROJECT)].rstrip("/")
    name = str(content.get("name") or PurePosixPath(root).name or "dbt")
    said = content.get("vars")
    variables = (
        {k: v for k, v in said.items() if not isinstance(v, dict) or k != name}
        if isinstance(said, dict)
        else {}
    )
    own = said.get(name) if isinstance(said, dict) else None
    return Settings(
        name=name,
        root=root,
        models=_paths(root, content, ("model-paths", "source-paths"), "models"),
        seeds=_paths(root, content, ("seed-paths", "data-paths"), "seeds"),
        snapshots=_paths(root, content, ("snapshot-paths",), "snapshots"),
        macros=_paths(root, content, ("macro-paths",), "macros"),
        variables={**variables, **(own if isinstance(own, dict) else {})},
        configs={k: content[k] for k in ("models", "seeds", "snapshots") if isinstance(content.get(k), dict)},
        dialect=dialects.of_adapter(adapter),
        adapter=adapter,
    )


def adapter_in(profiles: object, profile: str) -> str:
    """The adapter of the target that a profiles.yml names for production, else of the usual one; "" when it names none.

    Templates often have a branch for each kind of warehouse, and what breaks in production is what counts.
    """
    one = profiles.get(profile) if isinstance(profiles, dict) else None
    outputs = one.get("outputs") if isinstance(one, dict) else None
    if not isinstance(outputs, dict) or not isinstance(one, dict):
        return ""
    names = [name for name in outputs if str(name).lower() in _PRODUCTION]
    wanted = [
        outputs[name] for name in (*names, str(one.get("target"))) if isinstance(outputs.get(name), dict)
    ]
    types = [o.get("type") for o in (wanted or outputs.values()) if isinstance(o, dict)]
    return str(types[0]) if types and isinstance(types[0], str) else ""


def _paths(root: str, content: Mapping[str, Any], keys: Sequence[str], usual: str) -> tuple[str, ...]:
    said = next((content[k] for k in keys if isinstance(content.get(k), list)), [usual])
    return tuple(f"{root}/{p}".strip("/").removesuffix("/") for p in map(str, said))
