"""Facts and organisations written as lines of text, for tests of the map.

    declared service:booking ben        an [[entity]] (owner may be left out)
    match job:warehouse/* lena          an [[entity]] by pattern
    alias desk:scheduling desk:36       an [[alias]]
    commit repo:clinic/app a            a deploy of the commit "aaaa..." (40 times)
    image repo:clinic/app v2            a deploy whose revision is no full digest
    built service:booking a             a running build says that commit
    ticket desk:36 | alert x | scrape x something speaks of a ref
    owns service:booking ben            a tool's claim
    service:a calls service:b           any other line: a map fact, subject predicate object

Each line is a delivery of its own, numbered from 1 in the order of the lines.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seamline.analysis.facts import Facts
from seamline.model import event as ev
from seamline.model.organisation import AliasDecl, EntityDecl, Organisation, Person
from seamline.model.refs import event_id

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
CLINIC_TOML = Path(__file__).parents[2] / "lab" / "clinic" / "seamline.toml"


def at(second: float) -> datetime:
    """So many seconds after the start."""
    return START + timedelta(seconds=second)


def map_fact(subject: str, predicate: str, object_: str, seq: int = 1) -> ev.MapFact:
    """One fact of the map."""
    id_ = event_id("test", f"{subject} {predicate} {object_}")
    return ev.MapFact(id_, "test", seq, at(seq), at(seq), subject, predicate, object_, f"line {seq}")


def change(
    entity: str,
    second: float = 0,
    kind: ev.ChangeKind = "deploy",
    seq: int = 1,
    revision: str = "",
    **facts: float | str,
) -> ev.Change:
    """A change that was carried out; its id says what and when."""
    id_ = event_id("test", f"{entity} {kind} {second:g}")
    return ev.Change(
        id_, "test", seq, at(second), at(second), entity, kind, "done", f"{kind} of {entity}",
        revision=revision, facts=facts,
    )  # fmt: skip


def samples(
    metric: str, entity: str, points: Iterable[tuple[float, float]], seq: int = 1, pod: str = ""
) -> ev.Measurement:
    """(second, value) pairs of one series."""
    pairs = list(points)
    times = tuple(at(t).timestamp() for t, _ in pairs)
    name = f'{metric}{{entity="{entity}",pod="{pod}"}}'
    return ev.Measurement("test", seq, name, metric, {}, entity, times, tuple(v for _, v in pairs))


def event(line: str, seq: int) -> ev.Event:
    """The event of one line."""
    word, ref, *rest = line.split()
    if word == "commit":
        return change(ref, seq, seq=seq, revision=rest[0] * 40)
    if word == "image":
        return change(ref, seq, seq=seq, revision=rest[0])
    if word == "built":
        return map_fact(ref, "built_from", f"revision:{rest[0] * 40}", seq)
    if word == "ticket":
        return ev.Ticket(str(seq), "test", seq, at(seq), at(seq), str(seq), ref, "", "")
    if word == "alert":
        return ev.Alert(str(seq), "test", seq, at(seq), at(seq), "Down", "f", ref, {}, True)
    if word == "scrape":
        return samples("up", ref, [(seq, 1)], seq)
    if word == "owns":
        return ev.Claim(str(seq), "test", seq, at(seq), at(seq), ref, rest[0], "CODEOWNERS")
    return map_fact(word, ref, rest[0], seq)


def read_lines(lines: Iterable[str]) -> tuple[list[ev.Event], Organisation]:
    """Events in the order of the lines, and what the lines declare. Everybody named reports to `root`."""
    events: list[ev.Event] = []
    entities: list[EntityDecl] = []
    aliases: list[AliasDecl] = []
    people = {"root": Person("root", "root")}
    for seq, line in enumerate((row for row in lines if row.strip()), start=1):
        word, ref, *rest = line.split()
        if word in ("declared", "match"):
            owner = rest[0] if rest else ""
            if owner and owner != "root":
                people[owner] = Person(owner, owner, "root")
            entities.append(EntityDecl(**{"ref" if word == "declared" else "match": ref}, owner=owner))
        elif word == "alias":
            aliases.append(AliasDecl(ref, tuple(rest)))
        else:
            events.append(event(line, seq))
    return events, Organisation("test", tuple(people.values()), tuple(entities), tuple(aliases))


def told(events: Iterable[ev.Event]) -> Facts:
    """The facts of these events."""
    facts = Facts()
    facts.add(events)
    return facts


def blocks(path: Path) -> list[tuple[str, str, list[str]]]:
    """(title, input, expected lines) of a golden file: `# title`, the input, then lines that begin with `=> `."""
    out = []
    for block in path.read_text(encoding="utf-8").split("\n\n"):
        rows = [row for row in block.splitlines() if row.strip()]
        if rows and rows[0].startswith("# "):
            given = "\n".join(r for r in rows[1:] if not r.startswith("=>"))
            out.append((rows[0][2:], given, [r[3:] for r in rows if r.startswith("=> ")]))
    return out
