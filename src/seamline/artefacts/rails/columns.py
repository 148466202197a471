"""The columns that one line of a table's block, or one `add_column`, makes."""

from collections.abc import Iterator, Sequence

from seamline.analysis.ddl.steps import Key
from seamline.artefacts.rails.nodes import Value
from seamline.artefacts.rails.spelling import column_type, plural
from seamline.model.artefact import Column


def made(
    kind: str, listed: Sequence[Value], options: dict[str, Value], rails: float
) -> Iterator[tuple[Column, tuple[Key, ...]]]:
    """The columns that one line of a table's block makes, with their keys."""
    if kind in ("timestamps", "attachment"):
        nullable = options.get("null", rails < 5) is not False
        for name in ("created_at", "updated_at"):
            yield Column(name, "timestamp", nullable=nullable, has_default="default" in options), ()
        return
    for name in (item for item in listed if isinstance(item, str)):
        if kind in ("references", "belongs_to"):
            yield from _reference(name, options, rails)
        else:
            yield _plain(name, kind, options), _unique(options, name)


def _plain(name: str, kind: str, options: dict[str, Value]) -> Column:
    has_default = options.get("default") is not None or kind in (
        "serial",
        "bigserial",
        "primary_key",
        "virtual",
    )
    nullable = options.get("null") is not False and kind not in ("primary_key", "serial", "bigserial")
    return Column(name, column_type(kind, options), nullable=nullable, has_default=has_default)


def _unique(options: dict[str, Value], *columns: str) -> tuple[Key, ...]:
    index = options.get("index")
    unique = isinstance(index, dict) and index.get("unique") is True
    return (Key("unique", columns),) if unique else ()


def _reference(
    name: str, options: dict[str, Value], rails: float
) -> Iterator[tuple[Column, tuple[Key, ...]]]:
    type_ = options.get("type")
    own = column_type(type_, {}) if isinstance(type_, str) else "bigint" if rails >= 5.1 else "integer"
    nullable, default = options.get("null") is not False, options.get("default") is not None
    if options.get("polymorphic"):
        yield Column(f"{name}_type", "text", nullable=nullable, has_default=default), ()
    yield Column(f"{name}_id", own, nullable=nullable, has_default=default), _foreign(name, options)


def _foreign(name: str, options: dict[str, Value]) -> tuple[Key, ...]:
    wanted = options.get("foreign_key")
    to = wanted.get("to_table") if isinstance(wanted, dict) else None
    keys = (
        (Key("foreign_key", (f"{name}_id",), refers=to if isinstance(to, str) else plural(name)),)
        if wanted
        else ()
    )
    return keys + _unique(options, f"{name}_id")
