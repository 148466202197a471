"""What templates handle: relations, settings, the model itself, the adapter. Each answers without a warehouse."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from seamline.artefacts.dbt_project import jinja

_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_TICKS = frozenset({"bigquery", "spark", "databricks", "mysql", "clickhouse", "starrocks"})


class Rendering(Protocol):
    """The project whose model is being rendered."""

    @property
    def adapter(self) -> str:
        """dbt's name of the warehouse's kind, "" when unknown."""

    def configured(self, settings: Mapping[str, Any]) -> None:
        """Hear what the model being rendered says of itself."""

    def config(self) -> Mapping[str, Any]:
        """What it has said so far."""

    def relation(self) -> tuple[str, ...]:
        """Its name, by parts."""

    def dispatched(self, name: str, package: str) -> object:
        """The macro that a dispatch means."""


class Relation:
    """A table as templates handle it: printed as its name, asked for its parts."""

    def __init__(self, parts: Sequence[str], adapter: str) -> None:
        self._parts, self._adapter = tuple(parts), adapter
        self.identifier = self.name = self.table = parts[-1]
        self.schema = parts[-2] if len(parts) > 1 else ""
        self.database = parts[-3] if len(parts) > 2 else ""
        self.type = "table"
        self.is_view = self.is_cte = False
        self.is_table = True

    def __str__(self) -> str:
        return quoted(self._parts, self._adapter)

    def include(self, **_parts: bool) -> "Relation":
        return self

    def quote(self, **_parts: bool) -> "Relation":
        return self

    def render(self) -> str:
        return str(self)


def quoted(parts: Iterable[str], adapter: str) -> str:
    """A relation's name in SQL, quoted only where it has to be."""
    tick = "`" if adapter in _TICKS else '"'
    return ".".join(p if _SIMPLE.match(p) else f"{tick}{p.replace(tick, '')}{tick}" for p in parts)


class Space:
    """The macros of a package, by attribute; what it lacks is missing by name."""

    def __init__(self, macros: Mapping[str, Any], name: str) -> None:
        self._macros, self._name = macros, name

    def get(self, name: str) -> Any:
        return self._macros.get(name)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._macros.get(name)
        return found if found is not None else jinja.Missing(name=f"{self._name}.{name}")


class Config:
    """`config(...)` and `config.get(...)`."""

    def __init__(self, project: Rendering) -> None:
        self._project = project

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        self._project.configured({**(args[0] if args and isinstance(args[0], dict) else {}), **kwargs})
        return ""

    def get(self, name: str, default: object = None, **_kwargs: object) -> object:
        return self._project.config().get(name, default)

    require = get


class This:
    """The table that the model being rendered makes."""

    def __init__(self, project: Rendering) -> None:
        self._project = project

    def _relation(self) -> Relation:
        return Relation(self._project.relation() or ("this",), self._project.adapter)

    def __str__(self) -> str:
        return str(self._relation())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._relation(), name)


class CurrentModel:
    """`model`: as much of it as a name."""

    def __init__(self, project: Rendering) -> None:
        self._project = project

    def __getattr__(self, name: str) -> Any:
        if name in ("name", "alias"):
            return (self._project.relation() or ("",))[-1]
        if name.startswith("__"):
            raise AttributeError(name)
        return jinja.Missing(name=f"model.{name}")


class Adapter:
    """`adapter`: dispatch works, what asks a warehouse finds nothing."""

    def __init__(self, project: Rendering) -> None:
        self._project = project

    def dispatch(self, macro_name: str, macro_namespace: str = "", **_kwargs: object) -> object:
        return self._project.dispatched(str(macro_name), str(macro_namespace or ""))

    def quote(self, name: object) -> str:
        return f'"{name}"'

    def get_relation(self, *_args: object, **_kwargs: object) -> None:
        return None

    def get_columns_in_relation(self, *_args: object) -> list[object]:
        return []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return jinja.Missing(name=f"adapter.{name}")


class Exceptions:
    """`exceptions`: a template that gives up says why."""

    def raise_compiler_error(self, message: object = "", *_args: object) -> str:
        raise jinja.GivenUp(str(message))

    def warn(self, *_args: object) -> str:
        return ""


def env_var(name: object = "", default: object = None) -> object:
    """The default; the environment of whoever reads is none of the project's."""
    return jinja.Missing(name=f"env_{name}") if default is None else default
