"""What a plan comes to on the real tables: subjects, and the ordered steps that each happen once.

A program is made when a plan is, kept in the database, and never worked out again: after the first step the catalogue
is no longer what it was made from.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from seamline.migrate.shadow import Shadow
from seamline.migrate.shape import Group, Shape

State = Literal[
    "DRAFT", "PLANNED", "APPROVED", "EXPAND", "SYNC", "VERIFY", "READY", "CUTOVER", "SOAK", "CONTRACT",
    "DONE", "REVERTING", "REVERTED",
]  # fmt: skip
Phase = Literal["EXPAND", "SYNC", "VERIFY", "READY", "CUTOVER", "SOAK", "CONTRACT"]
PHASES: tuple[Phase, ...] = ("EXPAND", "SYNC", "VERIFY", "READY", "CUTOVER", "SOAK", "CONTRACT")
Engine = Literal["E0", "E1", "E2", "E3"]


class Refusal(Struct, frozen=True):
    """Why a plan can't be carried out, and what would mend it."""

    reason: str
    mend: str


class Step(Struct, frozen=True):
    """One thing that is done once.

    `transaction`: statements and journal row together; `locks` are taken first, and none is waited for in a queue.
    `outside`: one statement that can't be in a transaction; `probe` says whether its result is there and whole,
    `clear` removes what a death left. `backfill` and `verify` go over all rows of the subject in small bites.
    `undo` is a list of transactions, in their order.
    """

    name: str
    phase: Phase
    kind: Literal["transaction", "outside", "backfill", "verify", "swap", "contract"]
    about: str
    subject: int = -1
    do: tuple[str, ...] = ()
    undo: tuple[tuple[str, ...], ...] = ()
    locks: tuple[str, ...] = ()
    undo_locks: tuple[str, ...] = ()  # of the first transaction of the undo; none: those of `locks`
    probe: str = ""
    clear: str = ""


class Subject(Struct, frozen=True):
    """One table of the plan: its two shapes, what it was like, and what may differ in the end."""

    shape: Shape
    engine: Engine
    facts: tuple[tuple[str, str, str], ...]  # kind, name, text: the catalogue when it was planned
    intended: tuple[tuple[str, str], ...]  # kind, name: what the plan changes
    columns: tuple[tuple[str, str, bool], ...]  # name, type, not null: of the changed columns in the end
    n_rows: int
    n_pages: int
    n_bytes: int
    key: tuple[str, ...]  # primary key
    has_new_face: bool  # whether the new version has a view of its own
    shadow: Shadow | None = None  # E2
    groups: tuple[Group, ...] = ()  # what becomes of columns, whichever engine does it

    @property
    def has_rows_to_go_over(self) -> bool:
        """Whether anything has to be filled and compared."""
        return bool(self.shape.groups or self.shadow)

    @property
    def final_name(self) -> str:
        """The table's when all is done."""
        return self.shape.to or self.shape.name


class Program(Struct, frozen=True):
    """All that will happen, in order."""

    subjects: tuple[Subject, ...]
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()  # what a person should know beside the steps

    def of_phase(self, *phases: Phase) -> Iterator[tuple[int, Step]]:
        """(number, step) of some phases, in order. Numbers count from 1."""
        return ((n, s) for n, s in enumerate(self.steps, 1) if s.phase in phases)


def in_order(steps: list[Step]) -> tuple[Step, ...]:
    """Steps by phase, else as they came."""
    return tuple(sorted(steps, key=lambda s: PHASES.index(s.phase)))
