"""A plan as a person writes it: one YAML document, one owner, four columns of work, one list of operations.

Reading it asks no database. What the words mean for the real tables is worked out in `compile`, and what can't be
done is found in `survey`.
"""

import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from seamline.migrate.guard import Limit, limit
from seamline.model.errors import Fix

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,47}")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)")
_UNIT_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_SHAPE = "docs/reference/migrate.md shows a whole plan"


class _Operation(Struct, frozen=True, forbid_unknown_fields=True, tag_field="op"):
    table: str


class AddColumn(_Operation, frozen=True, tag="add_column"):
    """A new column: empty, with a constant, or worked out for each row by `up`."""

    name: str
    type: str
    default: str = ""  # an SQL expression
    up: str = ""
    not_null: bool = False


class DropColumn(_Operation, frozen=True, tag="drop_column"):
    """A column goes. `down` says what the old version finds in rows that the new one writes."""

    column: str
    down: str = ""


class RenameColumn(_Operation, frozen=True, tag="rename_column"):
    """Both names work until the contract."""

    column: str
    to: str


class RenameTable(_Operation, frozen=True, tag="rename_table"):
    """Both names work until the contract."""

    to: str


class ChangeType(_Operation, frozen=True, tag="change_type"):
    """A column of another type. `up` speaks of the column, `down` of `<column>_new`, or of `new_value`."""

    column: str
    to: str
    up: str = ""
    down: str = ""
    engine: Literal["auto", "E0", "E1", "E2"] = "auto"


class SetNotNull(_Operation, frozen=True, tag="set_not_null"):
    """No NULL any more; `up` says what stands where one is now."""

    column: str
    up: str = ""


class DropNotNull(_Operation, frozen=True, tag="drop_not_null"):
    """NULL is allowed again."""

    column: str


class AddCheck(_Operation, frozen=True, tag="add_check"):
    """A CHECK constraint."""

    name: str
    check: str


class AddForeignKey(_Operation, frozen=True, tag="add_foreign_key"):
    """A FOREIGN KEY constraint."""

    name: str
    columns: tuple[str, ...]
    references: str
    ref_columns: tuple[str, ...] = ()
    on_delete: Literal["no action", "restrict", "cascade", "set null", "set default"] = "no action"


class AddUnique(_Operation, frozen=True, tag="add_unique"):
    """A UNIQUE constraint, over an index that is built beside the traffic."""

    name: str
    columns: tuple[str, ...]


class AddIndex(_Operation, frozen=True, tag="add_index"):
    """An index, built beside the traffic. `columns` are columns or expressions in parentheses."""

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    using: str = "btree"
    where: str = ""


class DropIndex(_Operation, frozen=True, tag="drop_index"):
    """An index goes."""

    index: str


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A column that a split makes."""

    type: str
    up: str


class SplitColumn(_Operation, frozen=True, tag="split_column"):
    """One column becomes several. `down` puts the old one together again."""

    column: str
    into: Mapping[str, Part]
    down: str


class MergeColumns(_Operation, frozen=True, tag="merge_columns"):
    """Several columns become one. `down` says for each of them what it is made of."""

    columns: tuple[str, ...]
    name: str
    type: str
    up: str
    down: Mapping[str, str]


class PartitionTable(_Operation, frozen=True, tag="partition_table"):
    """The table in parts. `by` and the values of `partitions` are as CREATE TABLE says them.

    `key`: its primary key from then on, which has to hold what it is partitioned by; the old one without.
    """

    by: str
    partitions: Mapping[str, str]
    key: tuple[str, ...] = ()


Operation = (
    AddColumn | DropColumn | RenameColumn | RenameTable | ChangeType | SetNotNull | DropNotNull | AddCheck
    | AddForeignKey | AddUnique | AddIndex | DropIndex | SplitColumn | MergeColumns | PartitionTable
)  # fmt: skip


class Code(Struct, frozen=True, forbid_unknown_fields=True):
    """What runs on the tables. `clients`: how the old version reaches them while the new shape grows beside it.

    `view`: through a view under the table's own name, which keeps the old shape and counts who still uses it.
    `table`: the table itself; the added columns can be seen, and nobody is counted. `auto`: `view` where it is needed
    and nothing stands against it.
    """

    old: str = ""
    new: str = ""
    drained_when: str = ""
    clients: Literal["auto", "view", "table"] = "auto"
    soak: str = "60s"  # how long the old side must have stood still before it goes


class Platform(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands still at the cut-over. `disk_free`: what the server has, where it can't be looked up."""

    freeze: tuple[str, ...] = ()
    during: tuple[str, ...] = ("cutover",)
    disk_free: str = ""


class Support(Struct, frozen=True, forbid_unknown_fields=True):
    """What the desk says, and which tickets are looked at."""

    banner: str = ""
    macro: str = ""
    watch_tags: tuple[str, ...] = ()
    max_ticket_rate: str = ""


class Data(Struct, frozen=True, forbid_unknown_fields=True):
    """Who reads the old shape downstream."""

    notify: str = "auto"
    refuse_contract_if: Literal["readers_of_old", "never"] = "readers_of_old"


class Plan(Struct, frozen=True):
    """A plan that can be meant. `text` is the document as it came, which its sha256 stands for."""

    id: str
    owner: str
    budget_s: float
    change: tuple[Operation, ...]
    text: str
    code: Code = Code()
    platform: Platform = Platform()
    support: Support = Support()
    data: Data = Data()
    guards: Mapping[str, Limit] = {}
    triggers: Literal["refuse", "fire"] = "refuse"  # of the user's own, when the backfill touches a row
    stable: Literal["refuse", "allow"] = "refuse"  # expressions that PostgreSQL doesn't call immutable

    @property
    def sha256(self) -> str:
        """What was approved is this document and no other."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def soak_s(self) -> float:
        """How long the old side has to have stood still."""
        return seconds(self.code.soak, "code.soak")


class _Document(Struct, frozen=True, forbid_unknown_fields=True):
    migration: str
    owner: str
    change: tuple[dict[str, Any], ...]
    budget: str = "60m"
    code: Code = Code()
    platform: Platform = Platform()
    support: Support = Support()
    data: Data = Data()
    guards: dict[str, str] = {}
    triggers: Literal["refuse", "fire"] = "refuse"
    stable: Literal["refuse", "allow"] = "refuse"


def read(text: str) -> Plan:
    """The plan in a YAML document. Raises Fix, which says where, for what can't be meant."""
    try:
        document = msgspec.convert(yaml.safe_load(text), _Document)
    except (yaml.YAMLError, RecursionError) as error:
        raise Fix(f"the plan is no YAML: {_line(error)}", hint=_SHAPE) from None
    except msgspec.ValidationError as error:
        raise Fix(f"the plan can't be read: {error}", hint=_SHAPE) from None
    if not _NAME.fullmatch(document.migration):
        raise Fix(
            f"migration {document.migration!r} is no name",
            hint="lower-case letters, digits, - and _, 48 at most",
        )
    if not document.owner.strip():
        raise Fix("the plan has no owner", hint="owner: exactly one person")
    if not document.change:
        raise Fix("the plan changes nothing", hint="change: a list of operations")
    d = document
    plan = Plan(
        d.migration, d.owner.strip(), seconds(d.budget, "budget"),
        tuple(_operation(n, item) for n, item in enumerate(d.change, 1)),
        text, d.code, d.platform, d.support, d.data,
        {name: limit(name, said) for name, said in d.guards.items()}, d.triggers, d.stable,
    )  # fmt: skip
    seconds(plan.code.soak, "code.soak")
    if plan.platform.disk_free:
        n_bytes(plan.platform.disk_free, "platform.disk_free")
    return plan


def _operation(number: int, item: Mapping[str, Any]) -> Operation:
    if len(item) != 1:
        raise Fix(f"change {number}: one operation each, not {len(item)}", hint=_SHAPE)
    ((kind, fields),) = item.items()
    kinds = {t.__struct_config__.tag: t for t in Operation.__args__}
    if kind not in kinds:
        raise Fix(f"change {number}: no operation {kind!r}", hint=f"there are: {', '.join(sorted(kinds))}")
    if not isinstance(fields, dict):
        raise Fix(f"change {number}: {kind} has no fields", hint=_SHAPE)
    try:
        made: Operation = msgspec.convert({**fields, "op": kind}, kinds[kind])
    except msgspec.ValidationError as error:
        raise Fix(f"change {number}: {kind}: {error}", hint=_SHAPE) from None
    return made


def seconds(said: str, where: str) -> float:
    """A duration in seconds.

    >>> seconds("60m", "budget"), seconds("2s", "soak")
    (3600.0, 2.0)
    """
    found = _DURATION.fullmatch(said.strip())
    if not found:
        raise Fix(f"{where}: {said!r} is no duration", hint="write 90s, 60m or 2h")
    return float(found[1]) * _UNIT_S[found[2]]


def n_bytes(said: str, where: str) -> int:
    """A size in bytes.

    >>> n_bytes("4GB", "guards")
    4294967296
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(k|M|G|T)?B", said.strip())
    if not found:
        raise Fix(f"{where}: {said!r} is no size", hint="write 500MB or 4GB")
    return int(float(found[1]) * 1024 ** " kMGT".index(found[2] or " "))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
