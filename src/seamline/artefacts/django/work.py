"""What an operation works on: the models so far, and the migration that is being read."""

from collections.abc import Callable, Iterator

from seamline.analysis.ddl.steps import Key, Move, Origin, Step
from seamline.artefacts.django.models import Join, Model, Models
from seamline.artefacts.python_values import Call, Value
from seamline.model.artefact import Operation, OperationKind

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


def new_join(work: Work, made: Join, call: Call) -> Step:
    names = tuple(c.name for c in made.columns if c.name)
    operation = work.say("create_table", made.table, call, columns=names)
    own = tuple(c for c in made.columns if c.name)
    return Step(operation, own, (Key("unique", names[1:]),), open=len(own) < len(made.columns))


def moved_join(work: Work, was: Join, made: Join, call: Call) -> Iterator[Move]:
    if was.table != made.table:
        yield Step(work.say("rename_table", was.table, call, to=made.table))
    for old, new in zip(was.columns, made.columns, strict=True):
        if old.name != new.name:
            yield Step(work.say("rename_column", made.table, call, column=old.name, to=new.name))
