"""One dbt project as its repository holds it: every model's text rendered, every name resolved."""

import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from msgspec import Struct

from seamline.artefacts.dbt_project import jinja, objects, provided
from seamline.artefacts.dbt_project.jinja import Environment, Macro, Rendered
from seamline.artefacts.dbt_project.objects import Relation, Space
from seamline.artefacts.dbt_project.resources import Declared, Properties, SourceTable
from seamline.artefacts.dbt_project.settings import Settings, merge
from seamline.model.artefact import Place

_VERSION = re.compile(r"(.+)[._]v(\d+)\Z")
_HEAD = 20_000  # characters of a model in which its own settings are looked for: the search is not linear
_CONFIG = re.compile(r"enabled|alias|schema|database|materialized|group")


class Model(Struct, frozen=True):
    """A model, seed or snapshot: where it is written, what it is called, what it reads."""

    unique_id: str
    resource: str  # model | seed | snapshot
    name: str
    relation: tuple[str, ...]  # [database,] schema, table
    place: Place
    config: Mapping[str, Any]
    properties: Properties | None
    rendered: Rendered
    parents: tuple[str, ...]  # unique ids, in the order of the text
    raw: str


class _Now(Struct):
    """The model that is being rendered."""

    config: dict[str, Any]
    parents: dict[str, None]
    missing: list[str]
    name: str = ""
    relation: tuple[str, ...] = ()


class Project:
    """Renders the models of one project. `texts` are its files by path; packages' macros by package."""

    def __init__(
        self,
        settings: Settings,
        declared: Declared,
        texts: Mapping[str, str],
        packages: Mapping[str, Mapping[str, str]],
        repository: str,
    ) -> None:
        self.settings, self.declared, self._repository = settings, declared, repository
        self._now = _Now({}, {}, [])
        self._environment = Environment(lambda name: self._now.missing.append(name))
        self._rendered: dict[str, str] = {}  # settings
        self._by_name: dict[str, tuple[str, tuple[str, ...]]] = {}  # -> unique id, relation
        self._provide(packages)
        self._files = self._listed(texts)
        for resource, path in self._files:
            self._register(resource, path, texts[path])

    # -- names ------------------------------------------------------------------------------------
    def _listed(self, texts: Mapping[str, str]) -> list[tuple[str, str]]:
        s = self.settings
        kinds = (("model", s.models, ".sql"), ("seed", s.seeds, ".csv"), ("snapshot", s.snapshots, ".sql"))
        found = [
            (k, p)
            for p in sorted(texts)
            for k, folders, end in kinds
            if p.endswith(end) and s.within(p, folders)
        ]
        return [(k, p) for k, p in found if not PurePosixPath(p).name.startswith(".")]

    def _register(self, resource: str, path: str, text: str) -> None:
        name = _name_of(resource, path, text)
        relation = self._relation(resource, path, name, _inline(text))
        self._by_name.setdefault(name, (self.unique_id(resource, name), relation))

    def unique_id(self, resource: str, name: str) -> str:
        """dbt's own id. A version stands behind a dot."""
        versioned = _VERSION.match(name) if resource == "model" else None
        base = versioned[1] if versioned and self._is_versioned(versioned[1]) else ""
        return f"{resource}.{self.settings.name}.{f'{base}.v{versioned[2]}' if base and versioned else name}"

    def _is_versioned(self, name: str) -> bool:
        properties = self.declared.models.get(name)
        return properties is not None and "versions" in properties.content

    def _relation(self, resource: str, path: str, name: str, inline: Mapping[str, str]) -> tuple[str, ...]:
        config = self._config(resource, path, name, inline)
        custom, target = _plain(config.get("schema")), self.settings.name
        schema = custom or target
        database = _plain(config.get("database"))
        return tuple(p for p in (database, schema, _plain(config.get("alias")) or name) if p)

    def _config(self, resource: str, path: str, name: str, inline: Mapping[str, Any]) -> dict[str, Any]:
        """Project, then properties, then the model's own word."""
        config = self.settings.config_of(f"{resource}s", path)
        properties = self.properties(resource, name)
        merge(config, properties.config if properties else {})
        merge(config, inline)
        return config

    def properties(self, resource: str, name: str) -> Properties | None:
        """What property files say of it."""
        tables = {
            "model": self.declared.models,
            "seed": self.declared.seeds,
            "snapshot": self.declared.snapshots,
        }
        versioned = _VERSION.match(name)
        return tables[resource].get(name) or (tables[resource].get(versioned[1]) if versioned else None)

    def source_relation(self, table: SourceTable) -> tuple[str, ...]:
        """A source's name; a part that is a template is rendered, and left out where it comes to nothing."""
        parts = (
            self._said(table.database),
            self._said(table.schema) or table.source,
            self._said(table.identifier),
        )
        return tuple(p for p in parts if p)

    def _said(self, text: str) -> str:
        """A setting's text, rendered once: it depends on the project, not on the model at hand."""
        if "{{" not in text and "{%" not in text:
            return text
        if text not in self._rendered:
            self._rendered[text] = self._comes_to(text)
        return self._rendered[text]

    def _comes_to(self, text: str) -> str:
        before = list(self._now.missing)  # a model may be in the middle of its own text
        out = jinja.render(self._environment, text, self._now.missing)
        self._now.missing[:0] = before
        return "" if out.missing or out.failed else out.text.strip()

    def unique_source(self, table: SourceTable) -> str:
        return f"source.{self.settings.name}.{table.source}.{table.name}"

    # -- rendering --------------------------------------------------------------------------------
    def models(self, texts: Mapping[str, str]) -> list[Model]:
        """Every model, seed and snapshot that is not switched off, by path."""
        found = [self._model(resource, path, texts[path]) for resource, path in self._files]
        return [m for m in found if m is not None]

    def _model(self, resource: str, path: str, text: str) -> Model | None:
        name = _name_of(resource, path, text)
        unique_id, relation = self._by_name[name]
        self._now = _Now({}, {}, [], name, relation)
        rendered = (
            Rendered(text) if resource == "seed" else jinja.render(self._environment, text, self._now.missing)
        )
        config = self._config(resource, path, name, self._now.config)
        if _off(config.get("enabled"), self._said):
            return None
        return Model(
            unique_id, resource, name, relation, Place(self._repository, path), config,
            self.properties(resource, name), rendered, tuple(self._now.parents), text,
        )  # fmt: skip

    def parents_of(self, calls: Iterable[str]) -> list[str]:
        """The unique ids behind calls like `ref('orders')`."""
        self._now = _Now({}, {}, [])
        for call in calls:
            jinja.render(self._environment, "{{ " + call.strip().strip("{}") + " }}", self._now.missing)
        return list(self._now.parents)

    # -- what templates call ----------------------------------------------------------------------
    def _provide(self, packages: Mapping[str, Mapping[str, str]]) -> None:
        """Put names, settings and macros into the templates' reach; the project's own macros go before all."""
        known = provided.macros()
        scope: dict[str, Any] = {**known, **provided.functions(), **self._functions()}
        spaces: dict[str, dict[str, Any]] = {name: dict(known) for name in provided.PACKAGES}
        for package, files in packages.items():
            macros: dict[str, Macro] = {}
            for path in sorted(files):
                macros |= jinja.macros_of(self._environment, files[path])
            spaces[package] = {**spaces.get(package, {}), **macros}
            own = package == self.settings.name
            scope = {**scope, **macros} if own else {**macros, **scope}
        builtins = {name: scope[name] for name in ("config", "var", "env_var")} | self._references()
        scope = {**builtins, **scope, "builtins": builtins, "context": {}}
        self._macros = scope
        self._environment.globals.update(scope)
        self._environment.globals.update(
            {name: Space(space, name) for name, space in spaces.items() if name not in scope}
        )

    def _references(self) -> dict[str, Callable[..., object]]:
        return {"ref": self._ref, "source": self._source}

    def _functions(self) -> dict[str, object]:
        s = self.settings
        target = {
            "name": "prod",
            "schema": s.name,
            "database": "",
            "type": s.adapter,
            "profile_name": s.name,
            "threads": 1,
        }
        return {
            "config": objects.Config(self), "var": self._var, "env_var": objects.env_var, "this": objects.This(self),
            "target": target, "adapter": objects.Adapter(self), "api": {}, "flags": {}, "schema": s.name, "database": "",
            "model": objects.CurrentModel(self), "project_name": s.name, "exceptions": objects.Exceptions(),
        }  # fmt: skip

    def _ref(self, *args: object, **kwargs: object) -> Relation:
        name = str(args[-1]) if args else ""
        version = kwargs.get("v", kwargs.get("version"))
        for spelled in (f"{name}_v{version}", f"{name}.v{version}", name) if version is not None else (name,):
            if spelled in self._by_name:
                unique_id, relation = self._by_name[spelled]
                self._now.parents.setdefault(unique_id)
                return Relation(relation, self.settings.adapter)
        package = str(args[0]) if len(args) > 1 else self.settings.name
        self._now.parents.setdefault(f"model.{package}.{name}")
        return Relation((package, name), self.settings.adapter)

    def _source(self, *args: object, **_kwargs: object) -> Relation:
        source, name = (str(args[0]), str(args[1])) if len(args) > 1 else ("", str(args[0]) if args else "")
        table = self.declared.sources.get((source, name))
        if table is None:
            self._now.parents.setdefault(f"source.{self.settings.name}.{source}.{name}")
            return Relation((source, name), self.settings.adapter)
        self._now.parents.setdefault(self.unique_source(table))
        now = self._now
        self._now = _Now({}, {}, [])
        relation = self.source_relation(table)
        self._now = now
        return Relation(relation, self.settings.adapter)

    def _var(self, name: object = "", default: object = None) -> object:
        value = self.settings.variables.get(str(name), default)
        if value is None:
            return jinja.Missing(name=f"var_{name}")
        return self._said(value) if isinstance(value, str) and "{{" in value else value

    def configured(self, settings: Mapping[str, Any]) -> None:
        """Hear what the model being rendered says of itself."""
        merge(self._now.config, settings)

    def config(self) -> Mapping[str, Any]:
        """What it has said so far."""
        return self._now.config

    def relation(self) -> tuple[str, ...]:
        """Its name, by parts."""
        return self._now.relation

    @property
    def adapter(self) -> str:
        """dbt's name of the warehouse's kind, "" when unknown."""
        return self.settings.adapter

    def dispatched(self, name: str, package: str) -> object:
        """The macro that a dispatch means: of the adapter, else the usual one."""
        space = self._environment.globals.get(package)
        for spelled in (f"{self.settings.adapter}__{name}", f"default__{name}", name):
            found = self._macros.get(spelled) or (space.get(spelled) if isinstance(space, Space) else None)
            if found is not None:
                return found
        return jinja.Missing(name=f"{package}.{name}" if package else name)


def _name_of(resource: str, path: str, text: str) -> str:
    inside = re.search(r"\{%-?\s*snapshot\s+(\w+)", text[:_HEAD]) if resource == "snapshot" else None
    return inside[1] if inside else PurePosixPath(path).stem


def _inline(text: str) -> dict[str, str]:
    """The literal settings of a model's own config(), which its name may depend on."""
    head = re.search(r"\{\{-?\s*config\s*\((.*?)\)\s*-?\}\}", text[:_HEAD], re.S)
    if not head:
        return {}
    literal = re.findall(r"\b(\w+)\s*=\s*(?:'([^']*)'|\"([^\"]*)\")", head[1])
    return {key: one or other for key, one, other in literal if _CONFIG.fullmatch(key)}


def _plain(value: object) -> str:
    return value if isinstance(value, str) and "{" not in value else ""


def _off(enabled: object, said: Callable[[str], str]) -> bool:
    text = said(enabled) if isinstance(enabled, str) else enabled
    return text is False or str(text).lower() == "false"
