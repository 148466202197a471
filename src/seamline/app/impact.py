"""What breaks downstream if a relation changes: questions one a line, answers in the same order."""

from collections.abc import Iterable, Iterator
from typing import get_args

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from seamline.analysis.lineage.impact import Asked, Told
from seamline.model.errors import Fix
from seamline.model.schema_change import Impact, SchemaChange, SchemaChangeKind


class Answer(Struct, frozen=True):
    """One question and what follows from it; `error` where it can't be answered. `asked` is the line as it came."""

    line: int  # counts from 1
    asked: str
    change: SchemaChange | None
    told: Told | None
    error: str = ""
    hint: str = ""


class Loss(Struct, frozen=True):
    """A column that goes without a sound."""

    model: str
    column: str


class AnswerForm(Struct, frozen=True):
    """An answer as JSON. `error` is there only where the question could not be answered."""

    change: Raw
    breaks: tuple[str, ...]
    blocked: tuple[str, ...]
    loses: tuple[Loss, ...]
    unknown: tuple[str, ...]
    error: str | UnsetType = UNSET


def answers(asked: Asked, lines: Iterable[str]) -> Iterator[Answer]:
    """One answer per line that is not blank. A bad line is an answer with an error; the rest is still answered."""
    for number, text in enumerate(lines, 1):
        line = text.strip().removeprefix("\ufeff")
        if line:
            yield _answer(asked, number, line)


def change_of(line: str, relation: str = "db.schema.table") -> SchemaChange:
    """What a line asks. Raises Fix, with the kinds there are and an example that is about `relation`."""
    try:
        return msgspec.json.decode(line, type=SchemaChange)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        kinds = f"kinds are {', '.join(get_args(SchemaChangeKind))}"
        example = f'{{"kind":"drop_column","relation":"{relation}","column":"c"}}'
        raise Fix(f"not a change ({error})", hint=f"{kinds}; one a line, such as {example}") from error


def _answer(asked: Asked, number: int, line: str) -> Answer:
    change = None
    try:
        change = change_of(line)
        return Answer(number, line, change, asked.impact(change))
    except Fix as error:
        return Answer(number, line, change, None, str(error), error.hint)


def form(answer: Answer) -> bytes:
    """One line of JSON, without the line feed. `change` is the input as it came; a broken one is a text."""
    try:
        msgspec.json.decode(answer.asked)
        change = Raw(answer.asked.encode())
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        change = Raw(msgspec.json.encode(answer.asked))
    found = answer.told.impact if answer.told else Impact()
    return msgspec.json.encode(
        AnswerForm(
            change=change,
            breaks=found.breaks,
            blocked=found.blocked,
            loses=tuple(Loss(*loss) for loss in found.loses),
            unknown=found.unknown,
            error=answer.error or UNSET,
        )
    )
