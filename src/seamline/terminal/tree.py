"""The tree of people, root first."""

import msgspec
from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from seamline.model.organisation import Organisation, Person
from seamline.terminal.plain import plain


def as_json(organisation: Organisation) -> str:
    """The organisation in force, indented."""
    return msgspec.json.format(msgspec.json.encode(organisation), indent=2).decode() + "\n"


def show(organisation: Organisation, console: Console | None = None) -> None:
    """Print who reports to whom, each with what they own by declaration."""
    console = console or Console(highlight=False)
    root = next(p for p in organisation.people if not p.reports_to)
    console.print(_branch(root, organisation))


def _branch(person: Person, organisation: Organisation) -> Tree:
    owned = [e.ref or e.match for e in organisation.entities if e.owner == person.id]
    tree = Tree(Text(plain(f"{person.name} ({', '.join(filter(None, (person.id, person.domain)))})")))
    for ref in owned:
        tree.add(Text(plain(ref), style="dim"))
    for report in (p for p in organisation.people if p.reports_to == person.id):
        tree.children.append(_branch(report, organisation))
    return tree
