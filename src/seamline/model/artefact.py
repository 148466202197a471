"""What stands in a checkout, and what readers find in it.

An artefact is one file of a repository at one revision. A reader turns files into findings of the kinds below,
nothing else: no network, no import of what it reads, no opinion. Names are spelled as the artefact spells them;
`analysis.survey` joins them.
"""

from typing import Any, Literal

from msgspec import Struct


class Artefact(Struct, frozen=True):
    """One file: `path` is relative to its repository's root, with forward slashes."""

    repository: str  # as people call it: the last part of its address, else its folder's name
    path: str
    data: bytes


class Place(Struct, frozen=True, order=True):
    """Where something is written. `line` counts from 1; 0 is the file as a whole."""

    repository: str
    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.repository}/{self.path}" + (f":{self.line}" if self.line else "")


class Fact(Struct, frozen=True, tag_field="found", tag="fact"):
    """`subject --predicate--> object`, as in `event.MapFact`. `exists` says where an entity is defined."""

    subject: str
    predicate: str  # a relation kind of `analysis.relations`, exists, same_as, named
    place: Place
    object: str = ""


class Ownership(Struct, frozen=True, tag_field="found", tag="ownership"):
    """Somebody's word on whose an entity is. One each, where several are named."""

    entity: str
    owner: str  # tool:spelling, as in Person.handles: "github:@acme/pay", "email:a@b.c", "backstage:group:default/pay"
    place: Place
    how: str  # what says so, in words: "CODEOWNERS", "spec.owner", "meta.owner", "label app.kubernetes.io/managed-by"


class PathRule(Struct, frozen=True):
    """One line of a CODEOWNERS file. No owners: what it fits has none."""

    pattern: str
    owners: tuple[str, ...]
    line: int
    section: str = ""  # GitLab; each section has an owner of its own
    optional: bool = False  # GitLab: ^[section]


class PathRules(Struct, frozen=True, tag_field="found", tag="path_rules"):
    """A CODEOWNERS file in force, its rules in the file's order: the last that fits counts, in each section."""

    place: Place
    dialect: Literal["github", "gitlab"]
    rules: tuple[PathRule, ...]


class Party(Struct, frozen=True, tag_field="found", tag="party"):
    """A person, group or bot that a catalogue knows, under the spelling that owners are given in."""

    id: str
    kind: Literal["user", "group", "bot"]
    place: Place
    name: str = ""
    email: str = ""
    members: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()  # groups it is part of
    lead: str = ""
    left: bool = False
    handles: tuple[str, ...] = ()  # what other tools call them: "github:@ana", "github:@acme/pay"


class Figure(Struct, frozen=True, tag_field="found", tag="figure"):
    """A number that an artefact sets: max_replicas, replicas, db_pool_size, max_connections, memory_limit_bytes ..."""

    entity: str
    name: str
    value: float
    place: Place


class Column(Struct, frozen=True):
    """A column as an artefact describes it; "" and None where it says nothing."""

    name: str
    type: str = ""
    nullable: bool | None = None
    has_default: bool | None = None


class Table(Struct, frozen=True, tag_field="found", tag="table"):
    """A table and what is known of its columns, in order. `complete`: there are no others."""

    dataset: str  # ref
    columns: tuple[Column, ...]
    place: Place
    complete: bool = False


class Query(Struct, frozen=True, tag_field="found", tag="query"):
    """A statement that reads tables, and may write one: a view, a load, a report's SQL."""

    job: str  # ref of what runs it; the view or the report itself where nothing else does
    writes: str  # dataset ref, "" for what only reads
    sql: str
    dialect: str  # sqlglot's name, "" when unknown
    place: Place
    partial: str = ""  # why the text is not all there is: what it doesn't name may be read all the same


class ColumnEdge(Struct, frozen=True, tag_field="found", tag="column_edge"):
    """A column comes out of another, as somebody else's lineage says it: no statement is there to follow.

    `column` is "" where the origin decides which rows there are (filter, join, order): said once of the whole.
    """

    dataset: str  # ref of what is made
    column: str
    origin: str  # ref of what it is made of
    origin_column: str
    job: str  # ref of what makes it, "" when it is not said
    place: Place


OperationKind = Literal[
    "create_table", "drop_table", "rename_table", "add_column", "drop_column", "rename_column", "change_type",
    "set_not_null", "drop_not_null", "set_default", "drop_default", "add_primary_key", "drop_primary_key",
    "add_unique", "drop_unique", "add_foreign_key", "drop_foreign_key", "add_check", "drop_check",
    "create_index", "drop_index", "create_view", "drop_view", "add_enum_value", "drop_enum_value",
    "rewrite_data", "opaque",
]  # fmt: skip


class Operation(Struct, frozen=True, tag_field="found", tag="operation"):
    """What one step of a migration does to a table, in the order of the migrations.

    `opaque`: code or SQL that could not be read as syntax; what it does is not known.
    """

    kind: OperationKind
    table: str  # as the database spells it, with its schema where the migration names one
    migration: str  # "courses.0042_drop_path": what the tool calls it
    place: Place
    column: str = ""
    to: str = ""  # the new name of a rename; the referred table of a foreign key
    type: str = ""
    type_before: str = ""
    nullable: bool | None = None
    has_default: bool | None = None
    columns: tuple[str, ...] = ()  # of a key, index, constraint, new table
    detail: str = ""  # the statement or call, shortened to one line


class Document(Struct, frozen=True, tag_field="found", tag="document"):
    """A contract or manifest as plain data, for rules that hold one state of it against another."""

    entity: str  # ref of whose contract it is; equal before and after
    format: str  # openapi | protobuf | avro | json_schema | kubernetes | compose | terraform | dbt
    content: Any
    place: Place


class Unread(Struct, frozen=True, tag_field="found", tag="unread"):
    """What could not be read. The rest of the file may have been."""

    place: Place
    why: str  # one line
    mend: str  # one line


Found = (
    Fact | Ownership | PathRules | Party | Figure | Table | Query | ColumnEdge | Operation | Document | Unread
)
