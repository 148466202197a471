"""Operations on keys, constraints and indexes."""

from collections.abc import Iterator

from seamline.analysis.ddl.steps import Key, Move, Step
from seamline.artefacts.django.models import constraint, names_to_columns, together
from seamline.artefacts.django.work import Work
from seamline.artefacts.python_values import Call
from seamline.model.artefact import OperationKind


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
