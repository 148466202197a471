"""Django's operations: what each does to the models, and the steps that follow for tables."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from seamline.analysis.ddl.steps import Key, Move, Origin, Step
from seamline.artefacts.django import fields
from seamline.artefacts.django.models import (
    Join,
    Model,
    Models,
    column,
    columns,
    constraint,
    field_keys,
    join,
    joins,
    keys,
    label_of,
    names_to_columns,
    target,
    together,
)
from seamline.artefacts.python_values import Call, Value
from seamline.model.artefact import Column, Operation, OperationKind

_MOST_VALUES = (
    12  # of a list of choices that are told one by one; above, a list of countries has been spelled anew
)

Handler = Callable[["Work", Call], Iterator[Move]]


class Work:
    """The models so far, and the migration that is being read."""

    def __init__(self, models: Models, app: str, origin: Origin) -> None:
        self.models = models
        self.app = app
        self.origin = origin

    def say(self, kind: OperationKind, table: str, call: Call, **more: object) -> Operation:
        detail = f"{call.last}({', '.join(_short(a) for a in (*call.args, *call.kwargs.values()))})"
        return self.origin.operation(kind, table, call.line, **{"detail": detail, **more})

    def model(self, name: Value) -> Model:
        """The model of this name; an open one where no migration here has made it."""
        text = name if isinstance(name, str) else ""
        label = f"{self.app}.{text.lower()}"
        return self.models.setdefault(label, Model(self.app, text, {}, {}, open=True))

    def without_effect(self) -> "Work":
        """The same, on a copy of the models."""
        return Work({label: model.copy() for label, model in self.models.items()}, self.app, self.origin)


def _short(value: Value) -> str:
    if isinstance(value, Call):
        return f"{value.last}(…)"
    return "…" if isinstance(value, list | tuple | dict) else str(getattr(value, "dotted", value))


def create_model(work: Work, call: Call) -> Iterator[Move]:
    name, listed = call.get(0, "name"), call.get(1, "fields")
    options, bases = call.get(2, "options"), call.get(3, "bases")
    if not isinstance(name, str):
        yield Step(work.say("opaque", "", call))
        return
    pairs = (
        [p for p in listed if isinstance(p, tuple) and len(p) == 2]
        if isinstance(listed, list | tuple)
        else []
    )
    known = {str(n): f for n, f in pairs if isinstance(f, Call)}
    model = Model(
        work.app, name, known, dict(options) if isinstance(options, dict) else {},
        tuple(b.lower() for b in bases if isinstance(b, str)) if isinstance(bases, list | tuple) else (),
        open=not isinstance(listed, list | tuple) or len(known) != len(listed),
    )  # fmt: skip
    _with_key(model, call.line)
    work.models[model.label] = model
    if not model.managed:
        return
    yield _new_table(work, model, call)
    for made in joins(model, work.models).values():
        yield _new_join(work, made, call)


def _with_key(model: Model, line: int) -> None:
    """Give a model the key that Django gives those without one."""
    if model.open or not model.managed or any(fields.primary(f) for f in model.fields.values()):
        return
    if any(f.last == "CompositePrimaryKey" for f in model.fields.values()):
        return
    if model.bases:
        parent = model.bases[0]
        link = Call("models.OneToOneField", (), {"to": parent, "primary_key": True}, line)
        model.fields = {f"{parent.rpartition('.')[2]}_ptr": link, **model.fields}
    else:
        model.fields = {"id": Call("models.AutoField", (), {"primary_key": True}, line), **model.fields}


def _new_table(work: Work, model: Model, call: Call) -> Step:
    own = columns(model, work.models)
    operation = work.say("create_table", model.table, call, columns=tuple(c.name for c in own))
    return Step(operation, own, tuple(keys(model, work.models)), open=model.open)


def _new_join(work: Work, made: Join, call: Call) -> Step:
    names = tuple(c.name for c in made.columns if c.name)
    operation = work.say("create_table", made.table, call, columns=names)
    own = tuple(c for c in made.columns if c.name)
    return Step(operation, own, (Key("unique", names[1:]),), open=len(own) < len(made.columns))


def delete_model(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "name"))
    if model.managed:
        for made in joins(model, work.models).values():
            yield Step(work.say("drop_table", made.table, call))
        yield Step(work.say("drop_table", model.table, call))
    work.models.pop(model.label, None)


def rename_model(work: Work, call: Call) -> Iterator[Move]:
    old = work.model(call.get(0, "old_name"))
    new_name = call.get(1, "new_name")
    if not isinstance(new_name, str):
        yield Step(work.say("opaque", old.table, call))
        return
    before = {label: joins(model, work.models) for label, model in work.models.items()}
    work.models.pop(old.label)
    new = replace(old, name=new_name)
    work.models[new.label] = new
    for model in work.models.values():
        _repoint(model, old.label, new.label, work.models)
    if old.managed and old.table != new.table:
        yield Step(work.say("rename_table", old.table, call, to=new.table))
    for label, model in work.models.items():
        was = before.get(old.label if label == new.label else label, {})
        for name, made in joins(model, work.models).items():
            if name in was:
                yield from _moved_join(work, was[name], made, call)


def _repoint(model: Model, old: str, new: str, models: Models) -> None:
    """Let a model's references to a renamed model follow it."""
    model.bases = tuple(new if base == old else base for base in model.bases)
    for name, field in model.fields.items():
        to = target(field)
        if isinstance(to, str) and to != "self" and label_of(to, model, models) == old:
            kwargs = {**field.kwargs, "to": new}
            model.fields[name] = replace(field, args=(), kwargs=kwargs)


def _moved_join(work: Work, was: Join, made: Join, call: Call) -> Iterator[Move]:
    if was.table != made.table:
        yield Step(work.say("rename_table", was.table, call, to=made.table))
    for old, new in zip(was.columns, made.columns, strict=True):
        if old.name != new.name:
            yield Step(work.say("rename_column", made.table, call, column=old.name, to=new.name))


def alter_table(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "name"))
    was, tables = model.table, joins(model, work.models)
    model.options["db_table"] = call.get(1, "table")
    if not model.managed:
        return
    if was != model.table:
        yield Step(work.say("rename_table", was, call, to=model.table))
    for name, made in joins(model, work.models).items():
        yield from _moved_join(work, tables[name], made, call)


def alter_options(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "name"))
    options = call.get(1, "options")
    if isinstance(options, dict):
        kept = {k: v for k, v in model.options.items() if k in _KEPT_OPTIONS}
        model.options = {**kept, **options}
    yield from ()


_KEPT_OPTIONS = (
    "db_table",
    "unique_together",
    "constraints",
    "indexes",
    "proxy",
    "swappable",
)  # not altered there


def add_field(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "model_name"))
    name, field = call.get(1, "name"), call.get(2, "field")
    if not isinstance(name, str) or not isinstance(field, Call):
        yield Step(work.say("opaque", model.table, call))
        return
    model.fields[name] = field
    new = column(model, name, work.models)
    if not model.managed:
        return
    if new is None:
        made = join(model, name, work.models)
        if made:
            yield _new_join(work, made, call)
        return
    has_default = new.has_default or (None if fields.filled(field) else False)
    found = tuple(field_keys(model, name, work.models))
    operation = work.say(
        "add_column", model.table, call, column=new.name, type=new.type, nullable=new.nullable, has_default=has_default,
        to=next((k.refers for k in found if k.refers), ""),
    )  # fmt: skip
    yield Step(operation, (new,), found)


def remove_field(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "model_name"))
    name = call.get(1, "name")
    if not isinstance(name, str):
        yield Step(work.say("opaque", model.table, call))
        return
    if name not in model.fields:  # of a model that is not known in full
        yield Step(work.say("drop_column", model.table, call, column=name))
        return
    was, made = column(model, name, work.models), join(model, name, work.models)
    del model.fields[name]
    if not model.managed:
        return
    if was is not None:
        yield Step(work.say("drop_column", model.table, call, column=was.name, type_before=was.type))
    elif made is not None:
        yield Step(work.say("drop_table", made.table, call))


def rename_field(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "model_name"))
    old, new = call.get(1, "old_name"), call.get(2, "new_name")
    if not isinstance(old, str) or not isinstance(new, str):
        yield Step(work.say("opaque", model.table, call))
        return
    if old not in model.fields:
        yield Step(work.say("rename_column", model.table, call, column=old, to=new))
        return
    was, made = column(model, old, work.models), join(model, old, work.models)
    model.fields = {(new if name == old else name): field for name, field in model.fields.items()}
    _rename_in_options(model, old, new)
    now, moved = column(model, new, work.models), join(model, new, work.models)
    if not model.managed:
        return
    if was and now and was.name != now.name:
        yield Step(work.say("rename_column", model.table, call, column=was.name, to=now.name))
    if made and moved:
        yield from _moved_join(work, made, moved, call)


def _rename_in_options(model: Model, old: str, new: str) -> None:
    rows = together(model.options.get("unique_together"))
    if rows:
        model.options["unique_together"] = [tuple(new if n == old else n for n in row) for row in rows]


def alter_field(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "model_name"))
    name, field = call.get(1, "name"), call.get(2, "field")
    if not isinstance(name, str) or not isinstance(field, Call):
        yield Step(work.say("opaque", model.table, call))
        return
    before = model.fields.get(name)
    was = column(model, name, work.models) if before else None
    had = tuple(field_keys(model, name, work.models)) if before else ()
    made = join(model, name, work.models) if before else None
    model.fields[name] = field
    now = column(model, name, work.models)
    if not model.managed:
        return
    if now is not None:
        yield from _altered(work, model, call, was, now, field)
        yield from _altered_keys(work, model.table, call, had, tuple(field_keys(model, name, work.models)))
        yield from _altered_choices(work, model.table, call, now, before, field)
    moved = join(model, name, work.models)
    if made and moved:
        yield from _moved_join(work, made, moved, call)


def _altered(
    work: Work, model: Model, call: Call, was: Column | None, now: Column, field: Call
) -> Iterator[Move]:
    if was is not None and was.name != now.name:
        yield Step(work.say("rename_column", model.table, call, column=was.name, to=now.name))
    if was is None or (was.type != now.type and now.type):
        yield Step(
            work.say(
                "change_type",
                model.table,
                call,
                column=now.name,
                type=now.type,
                type_before=was.type if was else "",
            )
        )
    if was is None or was.nullable != now.nullable:
        kind: OperationKind = "drop_not_null" if now.nullable else "set_not_null"
        yield Step(
            work.say(
                kind,
                model.table,
                call,
                column=now.name,
                nullable=now.nullable,
                has_default="db_default" in field.kwargs,
            )
        )
    if was is not None and was.has_default != now.has_default:
        kind = "set_default" if now.has_default else "drop_default"
        yield Step(work.say(kind, model.table, call, column=now.name, has_default=now.has_default))


def _altered_keys(
    work: Work, table: str, call: Call, had: tuple[Key, ...], has: tuple[Key, ...]
) -> Iterator[Move]:
    kinds = {k.kind for k in had}, {k.kind for k in has}
    for verb, listed, others in (("drop", had, kinds[1]), ("add", has, kinds[0])):
        for key in listed:
            if key.kind not in others:
                kind: OperationKind = f"{verb}_{key.kind}"  # type: ignore[assignment]
                one = key.columns[0] if len(key.columns) == 1 else ""
                operation = work.say(kind, table, call, columns=key.columns, column=one, to=key.refers)
                yield Step(operation, keys=(key,))


def _altered_choices(
    work: Work, table: str, call: Call, now: Column, before: Call | None, after: Call
) -> Iterator[Move]:
    """Choices are an enumeration that the application keeps: the database takes any value. `to` "": very many."""
    old = fields.choices(before) if before else None
    new = fields.choices(after)
    if old is None or new is None:
        return
    for kind, values in (("drop_enum_value", set(old) - set(new)), ("add_enum_value", set(new) - set(old))):
        if len(values) > _MOST_VALUES:
            yield Step(work.say(kind, table, call, column=now.name, type=now.type))  # type: ignore[arg-type]
            continue
        for value in sorted(values):
            operation = work.say(kind, table, call, column=now.name, to=value, type=now.type)  # type: ignore[arg-type]
            yield Step(operation)


def alter_together(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "name"))
    option = "unique_together"
    old, new = together(model.options.get(option)), together(call.get(1, option))
    model.options[option] = call.get(1, option)
    if not model.managed:
        return
    for kind, rows in (
        ("drop_unique", [r for r in old if r not in new]),
        ("add_unique", [r for r in new if r not in old]),
    ):
        for row in rows:
            names = names_to_columns(model, row)
            yield Step(work.say(kind, model.table, call, columns=names), keys=(Key("unique", names),))  # type: ignore[arg-type]


def add_constraint(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "model_name"))
    made = call.get(1, "constraint", call.get(1, "index"))
    if not isinstance(made, Call):
        yield Step(work.say("opaque", model.table, call))
        return
    key = constraint(model, made)
    if model.managed:
        kinds: dict[str, OperationKind] = {"unique": "add_unique", "check": "add_check"}
        one = key.columns[0] if len(key.columns) == 1 else ""
        operation = work.say(
            kinds.get(key.kind, "create_index"), model.table, call, columns=key.columns, column=one
        )
        yield Step(operation, keys=(key,))


def remove_constraint(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "model_name"))
    name = call.get(1, "name")
    if isinstance(name, str) and model.managed:
        yield Step(work.say("drop_index", model.table, call), keys=(Key("", name=name),))


def order_with(work: Work, call: Call) -> Iterator[Move]:
    """AlterOrderWithRespectTo keeps the order in a column of its own."""
    model = work.model(call.get(0, "name"))
    had, has = model.options.get("order_with_respect_to"), call.get(1, "order_with_respect_to")
    model.options["order_with_respect_to"] = has
    if not model.managed or bool(had) == bool(has):
        return
    if has:
        model.fields["_order"] = Call("models.OrderWrt", (), {}, call.line)
        yield Step(work.say("add_column", model.table, call, column="_order", type="integer", nullable=False))
    else:
        model.fields.pop("_order", None)
        yield Step(work.say("drop_column", model.table, call, column="_order"))


HANDLERS: dict[str, Handler] = {
    "CreateModel": create_model, "DeleteModel": delete_model, "RenameModel": rename_model,
    "AlterModelTable": alter_table, "AlterModelOptions": alter_options, "AddField": add_field,
    "RemoveField": remove_field, "RenameField": rename_field, "AlterField": alter_field,
    "AlterUniqueTogether": alter_together, "AddConstraint": add_constraint, "AddIndex": add_constraint,
    "AddIndexConcurrently": add_constraint, "AddConstraintNotValid": add_constraint,
    "RemoveConstraint": remove_constraint, "RemoveIndex": remove_constraint,
    "RemoveIndexConcurrently": remove_constraint, "AlterOrderWithRespectTo": order_with,
}  # fmt: skip
HARMLESS = frozenset(
    "AlterIndexTogether RenameIndex AlterModelManagers AlterModelTableComment ValidateConstraint CreateExtension "
    "BloomExtension BtreeGinExtension BtreeGistExtension CITextExtension CryptoExtension HStoreExtension "
    "TrigramExtension UnaccentExtension CreateCollation RemoveCollation VectorExtension AlterConstraint".split()
)
