"""Operations on fields: the columns that come, go and change."""

from collections.abc import Iterator
from functools import partial

from seamline.analysis.ddl.steps import Key, Move, Step
from seamline.artefacts.django import fields
from seamline.artefacts.django.models import Model, column, field_keys, join, together
from seamline.artefacts.django.work import Work, moved_join, new_join
from seamline.artefacts.python_values import Call
from seamline.model.artefact import Column, OperationKind

_MOST_VALUES = (
    12  # of a list of choices that are told one by one; above, a list of countries has been spelled anew
)


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
            yield new_join(work, made, call)
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
        yield from moved_join(work, made, moved, call)


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
        yield from _altered(work, model, call, (was, now), (before, field))
        yield from _altered_keys(work, model.table, call, had, tuple(field_keys(model, name, work.models)))
        yield from _altered_choices(work, model.table, call, now, before, field)
    moved = join(model, name, work.models)
    if made and moved:
        yield from moved_join(work, made, moved, call)


def _altered(
    work: Work,
    model: Model,
    call: Call,
    states: tuple[Column | None, Column],
    fields_: tuple[Call | None, Call],
) -> Iterator[Move]:
    """What changes in a column. Of one whose former state is not known, everything is said anew."""
    was, now = states
    say = partial(work.say, table=model.table, call=call, column=now.name)
    if was is not None and was.name != now.name:
        yield Step(work.say("rename_column", model.table, call, column=was.name, to=now.name))
    if was is None or was.type != now.type or (not now.type and _other_class(*fields_)):
        yield Step(say("change_type", type=now.type, type_before=was.type if was else ""))
    if was is None or was.nullable != now.nullable:
        kind: OperationKind = "drop_not_null" if now.nullable else "set_not_null"
        yield Step(say(kind, nullable=now.nullable, has_default=now.has_default))
    if was is not None and was.has_default != now.has_default:
        kind = "set_default" if now.has_default else "drop_default"
        yield Step(say(kind, has_default=now.has_default))


def _other_class(before: Call | None, after: Call) -> bool:
    return before is not None and before.last != after.last


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
