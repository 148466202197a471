"""Who is there and what was declared: the content of `seamline.toml` and of hand-down records."""

from datetime import datetime

from msgspec import Struct


class Absence(Struct, frozen=True):
    """A dated stand-in for a person who is away: `start_at` <= t < `end_at`."""

    start_at: datetime
    end_at: datetime
    stand_in: str


class Person(Struct, frozen=True):
    """A human. Exactly one has no `reports_to`: the whole-stack owner."""

    id: str
    name: str
    reports_to: str = ""
    domain: str = ""
    time_zone: str = ""
    left_at: datetime | None = None
    absences: tuple[Absence, ...] = ()
    handles: tuple[str, ...] = ()  # what tools know them by: "slack:U024BE7LH"


class EntityDecl(Struct, frozen=True):
    """A declared entity: one `ref`, or every ref that fits the shell pattern `match`."""

    ref: str = ""
    match: str = ""
    owner: str = ""
    domain: str = ""
    part_of: str = ""


class AliasDecl(Struct, frozen=True):
    """Other spellings of one entity."""

    ref: str
    same_as: tuple[str, ...]


class RelationDecl(Struct, frozen=True):
    """A relation that no payload shows."""

    source: str
    kind: str
    target: str


class TemplateDecl(Struct, frozen=True):
    """How a load tool names the copies it makes: `raw__{app}__app__postgres__{table}`."""

    match: str  # with {table}, and {app}, {schema}, {db} where they vary; a dot parts schema from table
    app: str = ""  # the repository, where the name doesn't say it
    job: str = ""  # ref of the job that loads; "" when none is known


class HandDown(Struct, frozen=True):
    """A seam given to one person at or below its owner, who accepted, until a date."""

    seam: tuple[str, str, str]
    to: str
    by: str
    accepted_at: datetime | None
    until: datetime
    declined_at: datetime | None = None


class SupportDecl(Struct, frozen=True):
    """How people who wrote to a desk are answered; a text that is "" is the language's own."""

    language: str = "en"
    open: str = ""
    over: str = ""
    meanwhile: str = ""


class Organisation(Struct, frozen=True):
    """A valid tree of people and what they declared. Built only by `analysis.organisation`."""

    name: str
    people: tuple[Person, ...]
    entities: tuple[EntityDecl, ...] = ()
    aliases: tuple[AliasDecl, ...] = ()
    relations: tuple[RelationDecl, ...] = ()
    hand_downs: tuple[HandDown, ...] = ()
    time_zone: str = "UTC"
    environment: str = "production"
    support: SupportDecl = SupportDecl()
    templates: tuple[TemplateDecl, ...] = ()
