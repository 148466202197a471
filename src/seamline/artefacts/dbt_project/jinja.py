"""Renders dbt's templates without dbt: sandboxed, offline, and aware of what it could not know.

A model's text is made by Jinja out of names (`ref`, `source`), settings (`var`, `config`) and macros. Names and
settings stand in the repository, and so do most macros; what a warehouse or a package elsewhere would have to say does
not. A call to something unknown is rendered as a function of its arguments, so that the columns among them are
still seen, and is told in `Rendered.missing`.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from msgspec import Struct

from seamline.artefacts.dbt_project.bounds import EACH, WEIGHED, Meter, Metering, TooMuch, metered

_MOST_RANGE = 2_000  # steps of one range() in a template
_MOST_SOURCE = 1_000_000  # characters of a text that holds Jinja
_MOST_MARKS = 20_000  # expressions and statements in it
# Chance has no place in what a repository says; the others search texts in more than linear time, or make them up.
_NOT_OURS = ("random", "urlize", "lipsum", "pprint", "xmlattr")


class Rendered(Struct, frozen=True):
    """A template's text, and what it called that is not there."""

    text: str
    missing: tuple[str, ...] = ()
    failed: str = ""  # one line; the text is then empty


class Returned(Exception):
    """`{{ return(value) }}` in a macro."""

    def __init__(self, value: object) -> None:
        super().__init__()
        self.value = value


# What parsing and compiling raise for a text: Python's compiler refuses what is nested too deep or has too many digits.
_NO_TEMPLATE = (jinja2.TemplateError, RecursionError, SyntaxError, ValueError, MemoryError, OverflowError)


class _OwnBlocks(Extension):
    """dbt's blocks beside Jinja's: a snapshot is its body, the others say nothing of what a model reads."""

    tags = frozenset({"snapshot", "materialization", "test", "data_test", "docs"})  # type: ignore[assignment]

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body of a snapshot; nothing of the others."""
        tag = next(parser.stream).value
        while parser.stream.current.type not in ("block_end", "eof"):
            next(parser.stream)
        body = parser.parse_statements((f"name:end{tag}",), drop_needle=True)
        return body if tag == "snapshot" else []


class GivenUp(jinja2.TemplateRuntimeError):
    """A template said that it can't be meant."""


class Missing(jinja2.ChainableUndefined):
    """What nobody here can know: false, empty, and callable."""

    def named(self) -> str:
        """How the template calls it."""
        return str(self._undefined_name)

    def __getattr__(self, name: str) -> "Missing":
        if name.startswith("__"):
            raise AttributeError(name)
        return type(self)(name=f"{self.named()}.{name}")

    def __getitem__(self, name: object) -> "Missing":  # type: ignore[override]
        return type(self)(name=f"{self.named()}.{name}")

    def __add__(self, other: object) -> object:  # type: ignore[override]
        return other

    def __radd__(self, other: object) -> object:  # type: ignore[override]
        return other


class Environment(SandboxedEnvironment):
    """Jinja as dbt has it, with a budget. `on_missing` hears the name of everything called that is not there."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def __init__(self, on_missing: Callable[[str], None]) -> None:
        super().__init__(
            extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", _OwnBlocks],
            undefined=Missing,
            optimized=False,  # what is worked out while it is compiled is not paid for
        )
        self._on_missing = on_missing
        self.meter = Meter()
        self.globals["range"] = _range
        self.filters.update(dict.fromkeys(("as_bool", "as_native", "as_number", "as_text"), _as_is))
        for name in _NOT_OURS:
            self.filters.pop(name, None)
            self.globals.pop(name, None)
        self.filters = {name: metered(self.meter, name, found) for name, found in self.filters.items()}
        self.filters |= {EACH: self.meter.each, WEIGHED: self.meter.weigh}
        self.finalize = self._printed

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call it; of what is missing, or may not be called, the call as SQL."""
        if isinstance(obj, Missing):
            self._on_missing(obj.named())
            self.meter.call("", (*args, *kwargs.values()))
            return as_function(obj.named(), args, kwargs)
        self._pay(obj, args, kwargs)
        found = super().call(context, obj, *args, **kwargs)
        return self.meter.weigh(found) if isinstance(found, str | bytes) else found

    def _pay(self, obj: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        """Pay for a call: a macro takes what it is given as it is, all else may look at every part of it."""
        if isinstance(obj, Macro | jinja2.runtime.Macro):
            self.meter.spend(1)
            return
        whose = getattr(getattr(obj, "__wrapped__", obj), "__self__", None)  # formats are wrapped
        given = (*args, *kwargs.values())
        if isinstance(whose, str | bytes | int | list | tuple | dict):
            self.meter.method(whose, obj.__name__, given)
        else:
            self.meter.call("", given)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """What it gives, if it is paid for."""
        self.meter.operation(operator, left, right)
        return super().call_binop(context, operator, left, right)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        """The tree of a template, which pays for what it does. Raises TooMuch for one that is no model's."""
        if len(source) > _MOST_SOURCE or source.count("{{") + source.count("{%") > _MOST_MARKS:
            raise TooMuch(f"a template of {len(source):,} characters")
        tree = super()._parse(source, name, filename)
        Metering().visit(tree)
        return tree

    @jinja2.pass_context
    def _printed(self, _context: Context, value: Any) -> Any:
        return self.meter.weigh(value)


def as_function(name: str, args: Iterable[object], kwargs: Mapping[str, object] | None = None) -> str:
    """A call as SQL: a function of whatever among its arguments is a text.

    >>> as_function("pkg.clean", ["a.name", 3, ["x", "y"]])
    'clean(a.name, 3, x, y)'
    """
    return f"{name.rpartition('.')[2]}({', '.join(_texts((*args, *(kwargs or {}).values())))})"


def _texts(values: Iterable[object]) -> list[str]:
    out: list[str] = []
    for value in values:
        if isinstance(value, list | tuple):
            out += _texts(value)
        elif isinstance(value, Missing) or value is None or isinstance(value, dict | bool):
            continue
        elif text := str(value).strip():
            out.append(text)
    return out


class Macro:
    """A macro of a file, found when it is called; what it returns outright goes before what it prints."""

    def __init__(self, template: jinja2.Template, name: str) -> None:
        self._template = template
        self._name = name

    def __call__(self, *args: object, **kwargs: object) -> object:
        macro = getattr(self._template.module, self._name)
        try:
            return macro(*args, **kwargs)
        except Returned as returned:
            return returned.value


def macros_of(environment: Environment, text: str) -> dict[str, Macro]:
    """The macros that a file defines, by name; none for a file that is no template.

    What stands around them counts for nothing.
    """
    try:
        tree = environment.parse(text)
        tree.body = [node for node in tree.body if isinstance(node, nodes.Macro)]
        code = environment.compile(tree)
    except _NO_TEMPLATE:
        return {}
    template = environment.template_class.from_code(environment, code, environment.make_globals(None))
    return {node.name: Macro(template, node.name) for node in tree.body if isinstance(node, nodes.Macro)}


def render(environment: Environment, text: str, missing: list[str]) -> Rendered:
    """The text that a template comes to. Never raises for what the template does."""
    missing.clear()
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return Rendered(text.removesuffix("\n"))
    try:
        with environment.meter.template():
            out = environment.from_string(text).render()
    except Returned:
        out = ""
    except Exception as error:  # noqa: BLE001  a template may do anything that Python's operators can do
        return Rendered("", (), _line(error))
    return Rendered(out, tuple(dict.fromkeys(missing)))


def _line(error: Exception) -> str:
    if not isinstance(error, jinja2.TemplateError | TypeError | RecursionError):
        return type(error).__name__  # the others repeat values, which may be secret
    if isinstance(error, GivenUp):
        return "it raises a compiler error itself"
    where = f"line {error.lineno}: " if isinstance(error, jinja2.TemplateSyntaxError) else ""
    return where + " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _range(*args: int) -> range:
    found = range(*args)
    if len(found) > _MOST_RANGE:
        raise jinja2.TemplateRuntimeError(f"a range of {len(found)} steps")
    return found


def _as_is(value: object) -> object:
    return value
