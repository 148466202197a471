"""A small organisation in memory, with one seam, and a clock that tests set."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seamline.app import configure, views
from seamline.app.home import Home
from seamline.app.ingest import Inbox
from seamline.model import record as rec
from seamline.model.stack import Seam
from seamline.store.keyring import Keyring
from seamline.store.memory import MemoryLog, MemoryViews

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
SEAM = ("service:booking", "database:visits-db", "uses")
TREE = {"mara": "", "dario": "mara", "ben": "dario", "petra": "dario", "sana": "ben", "ilse": "mara"}


def later(days: float) -> datetime:
    """So many days after the start."""
    return START + timedelta(days=days)


def toml(
    tree: dict[str, str], owners: tuple[str, str] = ("ben", "petra"), left: dict[str, str] | None = None
) -> str:
    """A map where these two people own the two ends of SEAM; `left` gives the day somebody went."""
    people = [
        f'[[person]]\nid = "{p}"\nname = "{p}"\n'
        + (f'reports_to = "{above}"\n' if above else "")
        + (f"left_at = {left[p]}\n" if left and p in left else "")
        for p, above in tree.items()
    ]
    entities = [f'[[entity]]\nref = "{ref}"\nowner = "{o}"\n' for ref, o in zip(SEAM, owners, strict=False)]
    relation = f'[[relation]]\nfrom = "{SEAM[0]}"\nkind = "{SEAM[2]}"\nto = "{SEAM[1]}"\n'
    return "\n".join(['[organisation]\nname = "Clinic"\n', *people, *entities, relation])


@dataclass
class World:
    """One home and its clock."""

    now: datetime = START
    home: Home = field(init=False)

    def __post_init__(self) -> None:
        self.home = Home(Path(), MemoryLog(), MemoryViews(), {}, Inbox({}, Keyring(Path())), lambda: self.now)

    def declare(self, text: str) -> None:
        """Put a map into force."""
        declared = configure.declared(self.home, text, key=str(self.home.log.position()))
        self.home.log.append([declared.record])

    def saw(self, at: datetime) -> None:
        """Time went by in the log up to then."""
        self.home.log.append([rec.to_received(rec.Tick(rec.SELF, at), at)])

    def seam(self) -> Seam:
        """The seam as readers see it, formed anew."""
        found = {s.key(): s for s in views.seams(self.home)}
        return found[SEAM]

    def records(self) -> list[rec.AnyRecord]:
        """All records, in log order."""
        return [r for _, r in sorted(views.facts_of(self.home).records, key=lambda pair: pair[0])]


def clinic() -> World:
    """Ben owns the service, Petra the database: the seam is Dario's, Mara is the whole-stack owner."""
    world = World()
    world.declare(toml(TREE))
    return world
