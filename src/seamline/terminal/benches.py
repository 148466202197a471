"""`seamline bench`: the measurements of `seamline.bench`, each a module with one function `run`, found on disk.

A measurement takes its settings as KEY=VALUE, after its own parameters. The examiner, which has files to name and
reports to draw, is a command of its own.
"""

import ast
import inspect
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from typer.core import TyperGroup

from seamline.model.errors import Fix
from seamline.terminal import rca


class Measurements(TyperGroup):
    """The commands written here, and one for every other measurement there is."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names, sorted."""
        return sorted({*super().list_commands(ctx), *names()})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, None when nothing is measured under it."""
        return super().get_command(ctx, cmd_name) or (_command(cmd_name) if cmd_name in names() else None)


app = typer.Typer(
    cls=Measurements,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Measure this installation. Figures are ratios to a yardstick on the same machine.",
)
app.add_typer(rca.app)


@app.command(name="list")
def list_() -> None:
    """Name what can be measured."""
    print("\n".join(sorted([*names(), *(str(c.name) for c in rca.app.registered_commands)])))


def names() -> list[str]:
    """What can be measured, sorted."""
    return sorted(_found())


def run(name: str, settings: Sequence[str]) -> str:
    """Measure, and the figures as indented JSON. Raises Fix for an unknown name or setting."""
    if name not in names():
        raise Fix(f"nothing called {name!r} is measured", hint=f"there are: {', '.join(names()) or 'none'}")
    measure = import_module(f"seamline.bench.{name}").run
    figures = measure(**_settings(measure, settings))
    return msgspec.json.format(msgspec.json.encode(figures), indent=2).decode() + "\n"


class _Measurement(NamedTuple):
    """What a measurement says of itself, and its settings as they are written."""

    about: str
    settings: str


@cache
def _found() -> Mapping[str, _Measurement]:
    """Each measurement by name. The text is read, nothing is imported: `--help` stays quick."""
    import seamline.bench

    folder = Path(next(iter(seamline.bench.__path__)))
    found = {}
    for module in iter_modules(seamline.bench.__path__):
        path = folder / module.name
        tree = ast.parse((path / "__init__.py" if module.ispkg else path.with_suffix(".py")).read_bytes())
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name == "run":
                told = [ast.get_docstring(part) or "" for part in (tree, node)]
                found[module.name] = _Measurement("\n\n".join(filter(None, told)), _written(node.args))
    return found


def _written(arguments: ast.arguments) -> str:
    """The settings of a measurement, each with what it is when nobody says so."""
    plain = [*arguments.posonlyargs, *arguments.args]
    values: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults)) + [*arguments.defaults]
    pairs = [*zip(plain, values, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return ", ".join(f"{a.arg}={'...' if value is None else _plain(value)}" for a, value in pairs)


def _plain(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else ast.unparse(value)


def _command(name: str) -> Any:
    single = typer.Typer(rich_markup_mode=None, add_completion=False)
    about, written = _found()[name]
    said = f"Its settings: {written}." if written else "It has no settings."

    def measure(
        settings: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", help=said)] = None,
    ) -> None:
        sys.stdout.write(run(name, settings or []))

    single.command(name, help=about)(measure)
    return typer.main.get_command(single)


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
    lacks = [name for name, p in parameters.items() if p.default is p.empty and name not in out]
    if lacks:
        raise Fix(f"not said: {', '.join(lacks)}", hint=" ".join(f"{name}=..." for name in lacks))
    return out
