"""The tables of one database as its migrations make them, step by step."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from seamline.analysis.ddl.column_types import enum_values, spelled
from seamline.analysis.ddl.steps import FIRST, EnumMade, EnumRenamed, Key, KeyKind, KeyRenamed, Move, Step
from seamline.model.artefact import Column, Operation, OperationKind, Place, Table
from seamline.model.refs import dataset

_DEFAULT_SCHEMAS = ("public.", "dbo.")
_DROPS: dict[KeyKind, OperationKind] = {
    "primary_key": "drop_primary_key", "unique": "drop_unique", "foreign_key": "drop_foreign_key",
    "check": "drop_check", "index": "drop_index",
}  # fmt: skip
_BY_NAME: tuple[tuple[str, KeyKind], ...] = (  # how the databases name constraints that nobody names
    ("_pkey", "primary_key"), ("pk_", "primary_key"), ("_key", "unique"), ("_uniq", "unique"), ("uq_", "unique"),
    ("_fkey", "foreign_key"), ("_fk", "foreign_key"), ("fk_", "foreign_key"), ("_check", "check"), ("ck_", "check"),
    ("_excl", "check"),
)  # fmt: skip


def bare(table: str) -> str:
    """A table's name without the schema that it has anyway: `public.users` is `users`."""
    for schema in _DEFAULT_SCHEMAS:
        table = table.removeprefix(schema)
    return table


class _State:
    """One table while its migrations are applied."""

    def __init__(
        self, columns: Sequence[Column], keys: Sequence[Key], place: Place, *, complete: bool
    ) -> None:
        self.columns = {column.name: column for column in columns}
        self.keys = list(keys)
        self.place = place
        self.complete = complete


class Schema:
    """Applies steps in order; gives the operations with what the state adds to them, and the tables at the end.

    A table that no step made (the history is cut off) is known as far as later steps tell, and never complete.
    """

    def __init__(self) -> None:
        self._tables: dict[str, _State] = {}
        self._enums: dict[str, tuple[str, ...]] = {}

    def apply(self, moves: Sequence[Move]) -> Iterator[Operation]:
        """The operations of these moves, and what each does to the state. To be read to the end."""
        for move in moves:
            if isinstance(move, Step):
                yield from self._step(move)
            elif isinstance(move, EnumMade):
                self._enums[_folded(move.name)] = move.values
            elif isinstance(move, EnumRenamed):
                self._rename_enum(move)
            else:
                self._rename_key(move)

    def tables(self, repository: str) -> Iterator[Table]:
        """Every table there is, by name; its ref is `dataset:app://{repository}/{table}`."""
        for name, state in sorted(self._tables.items()):
            if not state.columns and not state.complete:
                continue  # nothing is known of it but its name
            ref = dataset(f"app://{repository}", name)
            yield Table(ref, tuple(state.columns.values()), state.place, complete=state.complete)

    def columns(self, table: str) -> Sequence[Column]:
        """The columns known of a table, in order; none for one that is not known."""
        state = self._tables.get(bare(table))
        return tuple(state.columns.values()) if state else ()

    def load(self, tables: Sequence[Table], repository: str) -> None:
        """Begin with these tables instead of with none."""
        prefix = dataset(f"app://{repository}", "")
        for table in tables:
            name = bare(table.dataset.removeprefix(prefix))
            self._tables[name] = _State(table.columns, (), table.place, complete=table.complete)

    # -- what each kind does ------------------------------------------------------
    def _step(self, step: Step) -> Iterator[Operation]:
        kind = step.operation.kind
        if kind in ("create_table", "drop_table", "rename_table", "drop_view"):
            yield from self._whole(step)
        elif kind in ("add_enum_value", "drop_enum_value"):
            yield from self._enum_value(step.operation)
        elif kind.startswith("drop_") and step.keys:
            yield from self._drop_key(step.operation, step.keys[0])
        elif kind in ("change_type", "set_not_null", "drop_not_null", "set_default", "drop_default"):
            yield from self._alter(step.operation)
        else:
            yield self._part(step)

    def _whole(self, step: Step) -> Iterator[Operation]:
        operation = step.operation
        name = bare(operation.table)
        if operation.kind == "create_table":
            if name in self._tables and self._tables[name].complete and _if_not_exists(operation):
                return
            yield self._create(step, name)
            return
        state = self._tables.pop(name, None)
        if operation.kind == "rename_table" and state:
            self._tables[bare(_beside(operation.table, operation.to))] = state
        yield operation

    def _create(self, step: Step, name: str) -> Operation:
        source = self._tables.get(bare(step.like)) if step.like else None
        columns = [*(source.columns.values() if source else ()), *step.columns]
        complete = not step.open and (source.complete if source else not step.like)
        self._tables[name] = _State(columns, step.keys, step.operation.place, complete=complete)
        return replace(step.operation, columns=tuple(column.name for column in columns))

    def _part(self, step: Step) -> Operation:
        """What adds, drops or renames a part of a table."""
        operation = step.operation
        if operation.kind in ("rewrite_data", "create_view", "opaque"):
            return operation
        state = self._known(operation)
        if operation.kind == "add_column":
            return _added(state, step)
        if operation.kind == "drop_column":
            before = state.columns.pop(operation.column, Column(operation.column))
            state.keys = [key for key in state.keys if operation.column not in key.columns]
            return replace(operation, type_before=operation.type_before or before.type)
        if operation.kind == "rename_column":
            return _renamed(state, operation)
        state.keys.extend(step.keys)
        if operation.kind == "add_primary_key":
            for name in operation.columns:
                _set(state, name, nullable=False)
        return operation

    def _known(self, operation: Operation) -> _State:
        """The table's state; one that is not complete where no step made it."""
        unknown = _State((), (), operation.place, complete=False)
        return self._tables.setdefault(bare(operation.table), unknown)

    def _alter(self, operation: Operation) -> Iterator[Operation]:
        """A change of a column's definition; nothing where the column is known to have it already."""
        state = self._known(operation)
        before = state.columns.get(operation.column, Column(operation.column))
        if operation.kind == "change_type":
            _set(state, operation.column, type=operation.type)
            yield from self._new_type(replace(operation, type_before=operation.type_before or before.type))
        elif operation.kind in ("set_not_null", "drop_not_null"):
            _set(state, operation.column, nullable=operation.nullable)
            if before.nullable is not operation.nullable:
                yield replace(operation, type=operation.type or before.type, has_default=before.has_default)
        else:
            _set(state, operation.column, has_default=operation.has_default)
            if before.has_default is not operation.has_default or operation.has_default:
                yield replace(operation, nullable=before.nullable)

    def _new_type(self, operation: Operation) -> Iterator[Operation]:
        """A type that is really another; of an enumeration, the values that came and went."""
        old, new = (self._values(text) for text in (operation.type_before, operation.type))
        if old and new:
            for value in sorted(set(old) - set(new)):
                yield replace(operation, kind="drop_enum_value", to=value)
            for value in sorted(set(new) - set(old)):
                yield replace(operation, kind="add_enum_value", to=value)
        elif spelled(operation.type) != spelled(operation.type_before) or not operation.type:
            yield operation

    def _values(self, type_: str) -> tuple[str, ...]:
        return enum_values(type_) or self._enums.get(_folded(type_), ())

    def _enum_value(self, operation: Operation) -> Iterator[Operation]:
        """One operation for each column of the type; one without a table where none is known."""
        name = _folded(operation.type)
        if not operation.table:
            values = tuple(v for v in self._enums.get(name, ()) if v != operation.to)
            self._enums[name] = (*values, operation.to) if operation.kind == "add_enum_value" else values
        used = [
            (table, column)
            for table, state in sorted(self._tables.items())
            for column in state.columns.values()
            if not operation.table and _folded(column.type).removesuffix("[]") == name
        ]
        for table, column in used:
            yield replace(operation, table=table, column=column.name)
        if not used:
            yield operation

    def _drop_key(self, operation: Operation, dropped: Key) -> Iterator[Operation]:
        """The key that goes, by its name or else by its columns; its kind and columns as they were made."""
        table = bare(operation.table) or self._table_of(dropped.name)
        state = self._tables.get(table)
        key = next((key for key in state.keys if _same(key, dropped, table)), None) if state else None
        if state and key:
            state.keys.remove(key)
        kind = (key or dropped).kind or _kind_by_name(dropped.name)
        columns = key.columns if key else dropped.columns
        if kind == "" or not table:
            yield replace(operation, kind="drop_index" if table else operation.kind)
            return
        one = columns[0] if len(columns) == 1 else ""
        yield replace(
            operation, kind=_DROPS[kind], table=operation.table or table, columns=columns, column=one,
            to=key.refers if key else operation.to,
        )  # fmt: skip

    def _table_of(self, key: str) -> str:
        name = bare(key)
        for table, state in self._tables.items():
            near = table.rpartition(".")[2] in name  # else the database did not derive it from the table's
            if any(
                name == key_.name or (near and name in _default_names(key_, table)) for key_ in state.keys
            ):
                return table
        return ""

    def _rename_key(self, move: KeyRenamed) -> None:
        state = self._tables.get(bare(move.table) or self._table_of(move.name))
        if state:
            state.keys = [
                replace(key, name=move.to) if key.name == bare(move.name) else key for key in state.keys
            ]

    def _rename_enum(self, move: EnumRenamed) -> None:
        before, after = _folded(move.name), _folded(move.to)
        self._enums[after] = self._enums.pop(before, ())
        for state in self._tables.values():
            for column in tuple(state.columns.values()):
                if _folded(column.type) == before:
                    _set(state, column.name, type=after)


def _set(state: _State, name: str, **values: Any) -> None:
    state.columns[name] = replace(state.columns.get(name, Column(name)), **values)


def _added(state: _State, step: Step) -> Operation:
    """A new column at its place; `columns` of the operation are it and those behind it, if it isn't the last."""
    operation = step.operation
    column = step.columns[0] if step.columns else _column(operation)
    if column.name in state.columns and _if_not_exists(operation):
        return operation
    if not step.after:
        state.columns.pop(column.name, None)
        state.columns[column.name] = column
        state.keys.extend(step.keys)
        return operation
    names = [name for name in state.columns if name != column.name]
    at = 0 if step.after == FIRST else names.index(step.after) + 1 if step.after in names else len(names)
    behind = tuple(names[at:])
    names.insert(at, column.name)
    state.columns[column.name] = column
    state.columns = {name: state.columns[name] for name in names}
    state.keys.extend(step.keys)
    return replace(operation, columns=(column.name, *behind)) if behind else operation


def _column(operation: Operation) -> Column:
    return Column(operation.column, operation.type, operation.nullable, operation.has_default)


def _renamed(state: _State, operation: Operation) -> Operation:
    old, new = operation.column, operation.to
    before = state.columns.get(old, Column(old))
    state.columns[old] = before
    state.columns = {
        (new if name == old else name): (replace(column, name=new) if name == old else column)
        for name, column in state.columns.items()
    }
    state.keys = [
        replace(key, columns=tuple(new if name == old else name for name in key.columns))
        for key in state.keys
    ]
    return replace(operation, type=before.type)


def _beside(table: str, to: str) -> str:
    """The new name of a table; it stays in its schema unless another is named."""
    schema = table.rpartition(".")[0]
    return f"{schema}.{to}" if schema and "." not in to else to


def _folded(name: str) -> str:
    return bare(name).lower()


def _if_not_exists(operation: Operation) -> bool:
    return "if not exists" in operation.detail.lower()


def _same(key: Key, dropped: Key, table: str) -> bool:
    if dropped.name:
        name = bare(dropped.name)
        return name == key.name or (not key.name and name in _default_names(key, table))
    return key.kind == dropped.kind and (not dropped.columns or set(key.columns) == set(dropped.columns))


def _default_names(key: Key, table: str) -> tuple[str, ...]:
    """What databases call a key that nobody named."""
    if key.name or not key.kind:
        return ()
    stem = table.rpartition(".")[2] + "_" + "_".join(key.columns)
    suffixes = {"unique": "key", "foreign_key": "fkey", "check": "check", "index": "idx", "primary_key": ""}
    if key.kind == "primary_key":
        return (f"{table.rpartition('.')[2]}_pkey", "PRIMARY")
    return (f"{stem}_{suffixes[key.kind]}", f"index_{table}_on_{'_and_'.join(key.columns)}", *key.columns[:1])


def _kind_by_name(name: str) -> KeyKind:
    lower = name.lower()
    for mark, kind in _BY_NAME:
        if lower.startswith(mark) if mark.endswith("_") else lower.endswith(mark):
            return kind
    return ""
