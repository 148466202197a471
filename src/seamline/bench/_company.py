"""A made-up company of fifty repositories, for `seamline init`: what is in them, and what is true of them.

Forty services (Django, Rails, Alembic, plain SQL migrations) with compose files, and OpenAPI or protobuf contracts; the manifests of
all of them in two platform repositories; three dbt projects that read half of the services through three
spellings of load tools, and vendors; a catalogue of people, a Terraform plan, and three repositories of plain SQL.
Owners are said in five ways, and four of them can't answer.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

NAMES = (
    "booking", "billing", "catalog", "checkout", "courier", "coupon", "dispatch", "email", "feedback", "fleet",
    "gateway", "grading", "identity", "inventory", "invoice", "journal", "kiosk", "ledger", "loyalty", "mailer",
    "mapping", "media", "menu", "notify", "onboard", "orders", "parking", "payroll", "pricing", "profile",
    "quota", "rating", "refund", "report", "roster", "search", "session", "shipping", "stock", "survey",
)  # fmt: skip
NOUNS = (
    "customers",
    "entries",
    "events",
    "items",
    "lines",
    "members",
    "notes",
    "orders",
    "payments",
    "users",
)
KINDS = ("django", "rails", "alembic", "sql")
VENDORS = {"stripe": ("charge", "refund", "dispute"), "salesforce": ("account", "lead")}
ROOT = "Vera Holm"
N_MODELS = 1000

# How a service's owner is said, and how it can go wrong.
TEAM, USER, CLEARED, CATALOGUE, BOTH = range(5)
LEFT, EMPTY, BOT, TWO = "left", "empty group", "bot", "contested"


@dataclass(frozen=True, slots=True)
class Service:
    """One service, its repository, and whose it is."""

    name: str
    kind: str  # django | rails | alembic | sql
    tables: tuple[str, ...]  # as the database spells them
    said: int  # how its owner is said
    trouble: str = ""

    @property
    def lead(self) -> str:
        """Who leads its team."""
        return f"{self.name}-lead"

    @property
    def member(self) -> str:
        """Somebody else of its team."""
        return f"{self.name}-dev"

    @property
    def owner(self) -> str:
        """The one person who owns it in truth; "" where it falls to the root."""
        if self.trouble:
            return self.member if self.trouble == TWO else ""  # whom the rule names first
        return {TEAM: self.lead, USER: self.member, CLEARED: "", CATALOGUE: self.lead, BOTH: self.lead}[
            self.said
        ]


@dataclass(frozen=True, slots=True)
class Warehouse:
    """One dbt project: how its loads spell what they bring, and from whom."""

    name: str
    services: tuple[Service, ...]
    vendors: tuple[str, ...]
    n_models: int

    def landed(self, service: str, table: str) -> tuple[str, str]:
        """(schema, table) of a load's copy."""
        return {
            "lake": ("raw", f"raw__{service}__app__postgres__{table}"),
            "marts": (f"{service}_public", table),
            "growth": ("airbyte", f"{service}_{table}"),
        }[self.name]


@dataclass(slots=True)
class Company:
    """All repositories, and the truth that a survey is held against."""

    seed: int
    services: list[Service] = field(default_factory=list)
    warehouses: list[Warehouse] = field(default_factory=list)

    def owners(self) -> Iterator[tuple[str, str]]:
        """(ref, person) of every service and table; "" for nobody in particular."""
        for service in self.services:
            yield f"service:{service.name}", service.owner
            yield from ((f"dataset:app://{service.name}/{table}", service.owner) for table in service.tables)

    def joins(self) -> Iterator[tuple[str, str]]:
        """(application table, its copy's `database.schema.table`)."""
        for warehouse in self.warehouses:
            for service in warehouse.services:
                for table in service.tables:
                    schema, copy = warehouse.landed(service.name, table)
                    yield f"dataset:app://{service.name}/{table}", f"{warehouse.name}.{schema}.{copy}"

    def troubles(self) -> set[tuple[str, str]]:
        """(kind, what the owner's spelling holds)."""
        return {(s.trouble, spelled(s)) for s in self.services if s.trouble}


def spelled(service: Service) -> str:
    """A word of the spelling under which an owner is named who can't answer."""
    return {LEFT: f"{service.name}-gone", EMPTY: f"{service.name}-team", BOT: f"{service.name}-bot", TWO: service.member}[
        service.trouble
    ]  # fmt: skip


def plan(seed: int) -> Company:
    """The company of a seed."""
    chance = random.Random(seed)
    company = Company(seed)
    troubles = dict(
        zip(chance.sample([i for i in range(40) if i % 5 == USER], 4), (LEFT, EMPTY, BOT, TWO), strict=True)
    )
    for i, name in enumerate(NAMES):
        nouns = sorted(chance.sample(NOUNS, 6))
        kind = KINDS[i % 4]
        tables = tuple(f"core_{noun}" if kind == "django" else noun for noun in nouns)
        company.services.append(Service(name, kind, tables, i % 5, troubles.get(i, "")))
    read = chance.sample(company.services, 21)
    parts: Sequence[tuple[str, int, int, tuple[str, ...]]] = (
        ("lake", 0, 9, ("stripe",)), ("marts", 9, 15, ("salesforce",)), ("growth", 15, 21, ())
    )  # fmt: skip
    shares = (N_MODELS - 200, 100, 100)
    for (name, first, last, vendors), n in zip(parts, shares, strict=True):
        company.warehouses.append(Warehouse(name, tuple(read[first:last]), vendors, n))
    return company
