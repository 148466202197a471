"""Operations on whole models: the tables that come, go and are called otherwise."""

from collections.abc import Iterator

from msgspec.structs import replace

from seamline.analysis.ddl.steps import Move, Step
from seamline.artefacts.django import fields
from seamline.artefacts.django.models import Model, Models, columns, joins, keys, label_of, target
from seamline.artefacts.django.work import Work, moved_join, new_join
from seamline.artefacts.python_values import Call


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
        yield new_join(work, made, call)


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
                yield from moved_join(work, was[name], made, call)


def _repoint(model: Model, old: str, new: str, models: Models) -> None:
    """Let a model's references to a renamed model follow it."""
    model.bases = tuple(new if base == old else base for base in model.bases)
    for name, field in model.fields.items():
        to = target(field)
        if isinstance(to, str) and to != "self" and label_of(to, model, models) == old:
            kwargs = {**field.kwargs, "to": new}
            model.fields[name] = replace(field, args=(), kwargs=kwargs)


def alter_table(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "name"))
    was, tables = model.table, joins(model, work.models)
    model.options["db_table"] = call.get(1, "table")
    if not model.managed:
        return
    if was != model.table:
        yield Step(work.say("rename_table", was, call, to=model.table))
    for name, made in joins(model, work.models).items():
        yield from moved_join(work, tables[name], made, call)


_KEPT_OPTIONS = (
    "db_table",
    "unique_together",
    "constraints",
    "indexes",
    "proxy",
    "swappable",
)  # not altered there


def alter_options(work: Work, call: Call) -> Iterator[Move]:
    model = work.model(call.get(0, "name"))
    options = call.get(1, "options")
    if isinstance(options, dict):
        kept = {k: v for k, v in model.options.items() if k in _KEPT_OPTIONS}
        model.options = {**kept, **options}
    yield from ()


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
