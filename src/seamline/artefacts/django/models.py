"""The models of all applications as their migrations have made them so far, and the tables behind them."""

from collections.abc import Iterator
from hashlib import md5

from msgspec import Struct
from msgspec.structs import replace

from seamline.analysis.ddl.steps import Key, KeyKind
from seamline.artefacts.django import fields
from seamline.artefacts.django.files import swapped
from seamline.artefacts.python_values import Call, Value
from seamline.model.artefact import Column

_NAME_LENGTH = 63  # of a name in PostgreSQL; Django cuts longer ones and puts a hash behind
_KNOWN_ELSEWHERE = {
    "auth.user": "integer",
    "auth.group": "integer",
    "contenttypes.contenttype": "integer",
    "sites.site": "integer",
}


class Model(Struct):
    """One model. `fields` by their names, in the order that the table has them."""

    app: str
    name: str
    fields: dict[str, Call]
    options: dict[str, Value]
    bases: tuple[str, ...] = ()  # "app.model" of the models it inherits from
    open: bool = False  # made by code that could not be read, or by no migration here

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name.lower()}"

    @property
    def managed(self) -> bool:
        return self.options.get("managed", True) is not False and not self.options.get("proxy")

    @property
    def table(self) -> str:
        given = self.options.get("db_table")
        named = given if isinstance(given, str) and given else f"{self.app}_{self.name.lower()}"
        return cut(unquoted(named))

    def copy(self) -> "Model":
        return replace(self, fields=dict(self.fields), options=dict(self.options))


class Join(Struct, frozen=True):
    """The table of a many-to-many field."""

    table: str
    columns: tuple[Column, ...]  # id, from, to


Models = dict[str, Model]  # by label


def cut(name: str) -> str:
    """A name as Django cuts it for PostgreSQL.

    >>> cut("a" * 70)[-8:], len(cut("a" * 70))
    ('aaaa5b29', 63)
    """
    schema, dot, bare = name.rpartition(".")
    if len(bare) <= _NAME_LENGTH:
        return name
    digest = md5(bare.encode(), usedforsecurity=False).hexdigest()[:4]
    return schema + dot + bare[: _NAME_LENGTH - 4] + digest


def unquoted(name: str) -> str:
    """`schema"."table`, the way to name a schema in `db_table`, without its quotes."""
    return name.strip('"').replace('"."', ".")


def label_of(to: Value, model: Model, models: Models) -> str:
    """The label of what a reference points to: "app.Model", "Model", "self", settings.X; "" when it can't be told."""
    if isinstance(to, str):
        if to == "self":
            return model.label
        return to.lower() if "." in to else f"{model.app}.{to.lower()}"
    setting = swapped(to)
    if not setting:
        return ""
    for label, candidate in models.items():
        if candidate.options.get("swappable") == setting:
            return label
    return "auth.user" if setting == "AUTH_USER_MODEL" else ""


def target(field: Call) -> Value:
    return field.get(0, "to")


def column(model: Model, name: str, models: Models) -> Column | None:
    """The column of a field; None for a field that has none."""
    field = model.fields[name]
    kind = fields.kind_of_field(field)
    if kind not in ("column", "foreign_key"):
        return None
    type_ = _key_type(field, model, models) if kind == "foreign_key" else fields.column_type(field)
    return Column(
        fields.column_name(name, field), type_, nullable=fields.nullable(field), has_default=fields.database_default(field)
    )  # fmt: skip


def columns(model: Model, models: Models) -> tuple[Column, ...]:
    found = (column(model, name, models) for name in model.fields)
    return tuple(one for one in found if one is not None)


def _key_type(field: Call, model: Model, models: Models, depth: int = 0) -> str:
    """The type of what a reference refers to; "" when that is not known."""
    label = label_of(target(field), model, models)
    to = models.get(label)
    if to is None or depth > len(models):
        return _KNOWN_ELSEWHERE.get(label, "")
    named = field.kwargs.get("to_field")
    one = to.fields.get(named) if isinstance(named, str) else None
    key = one or next((f for f in to.fields.values() if fields.primary(f)), None)
    if key is None:
        return _KNOWN_ELSEWHERE.get(label, "")
    if fields.kind_of_field(key) == "foreign_key":
        return _key_type(key, to, models, depth + 1)
    return fields.column_type(key)


def join(model: Model, name: str, models: Models) -> Join | None:
    """The table of a many-to-many field; None for another field."""
    field = model.fields[name]
    if fields.kind_of_field(field) != "many_to_many" or not model.managed:
        return None
    given = field.kwargs.get("db_table")
    table = given if isinstance(given, str) and given else cut(f"{model.table}_{name}")
    label = label_of(target(field), model, models)
    own, other = model.name.lower(), label.rpartition(".")[2]
    ends = (
        (f"from_{own}_id", f"to_{own}_id")
        if label == model.label
        else (f"{own}_id", f"{other}_id" if other else "")
    )
    types = (
        _own_type(model, models),
        _own_type(models[label], models) if label in models else _KNOWN_ELSEWHERE.get(label, ""),
    )
    pair = [
        Column(end, type_, nullable=False, has_default=False) for end, type_ in zip(ends, types, strict=True)
    ]
    return Join(
        unquoted(table), (Column("id", "bigint" if "bigint" in types else "integer", False, True), *pair)
    )


def _own_type(model: Model, models: Models) -> str:
    for name, field in model.fields.items():
        if fields.primary(field):
            found = column(model, name, models)
            return found.type if found else ""
    return ""


def joins(model: Model, models: Models) -> dict[str, Join]:
    """The tables of a model's many-to-many fields, by field."""
    found = {name: join(model, name, models) for name in model.fields}
    return {name: one for name, one in found.items() if one is not None}


def keys(model: Model, models: Models) -> Iterator[Key]:
    """The keys that a model's fields and options make."""
    for name in model.fields:
        yield from field_keys(model, name, models)
    for names in together(model.options.get("unique_together")):
        yield Key("unique", names_to_columns(model, names))
    for option in ("constraints", "indexes"):
        found = model.options.get(option)
        for one in found if isinstance(found, list | tuple) else ():
            if isinstance(one, Call):
                yield constraint(model, one)


def field_keys(model: Model, name: str, models: Models) -> Iterator[Key]:
    found = column(model, name, models)
    if found is None:
        return
    field = model.fields[name]
    if fields.primary(field):
        yield Key("primary_key", (found.name,))
    elif fields.unique(field):
        yield Key("unique", (found.name,))
    if fields.kind_of_field(field) == "foreign_key" and field.kwargs.get("db_constraint") is not False:
        label = label_of(target(field), model, models)
        refers = models[label].table if label in models else label.replace(".", "_")
        yield Key("foreign_key", (found.name,), refers=refers)


def constraint(model: Model, call: Call) -> Key:
    """A constraint or index as `Meta` lists it."""
    name = call.kwargs.get("name")
    listed = call.kwargs.get("fields", ())
    plain = [str(f).lstrip("-") for f in listed] if isinstance(listed, list | tuple) else []
    kind: KeyKind = "check" if call.last.endswith("Constraint") else "index"
    kind = "unique" if call.last == "UniqueConstraint" else kind
    return Key(kind, names_to_columns(model, tuple(plain)), name if isinstance(name, str) else "")


def names_to_columns(model: Model, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(fields.column_name(n, model.fields[n]) if n in model.fields else n for n in names)


def together(listed: Value) -> list[tuple[str, ...]]:
    """`unique_together` in either of its spellings, sorted: a set of tuples, or one tuple."""
    if not isinstance(listed, list | tuple) or not listed:
        return []
    rows = [listed] if all(isinstance(item, str) for item in listed) else list(listed)
    return sorted(tuple(str(n) for n in row) for row in rows if isinstance(row, list | tuple))
