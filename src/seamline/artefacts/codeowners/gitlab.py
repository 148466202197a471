"""GitLab's dialect: sections with owners of their own, defaults, exclusions.

What is no owner is passed over, and a comment at the end of a line is none: owners in it count.
"""

import re
from collections.abc import Iterator

from msgspec import Struct

from seamline.artefacts.codeowners.line import Said, email, unescaped, words
from seamline.model.artefact import PathRule

_HEADING = re.compile(r"(\^?)\[([^\]]+)\](?:\[\d*\])?(?:\s+(.*))?$")
_OWNER = re.compile(r"@@?[A-Za-z0-9_.](?:[A-Za-z0-9_./-]*)\Z")


class _Section(Struct, frozen=True):
    name: str = ""
    optional: bool = False
    owners: tuple[str, ...] = ()


def has_sections(source: str) -> bool:
    """Whether a line is a section's heading, which only GitLab reads."""
    return any(_HEADING.match(line.strip()) for line in source.split("\n"))


def rules(source: str, said: Said) -> Iterator[PathRule]:
    """The rules in the file's order, those of a section of two parts under its first name."""
    section = _Section()
    names: dict[str, str] = {}
    for number, line in enumerate(source.split("\n"), start=1):
        stripped = line.strip()
        heading = _HEADING.match(stripped)
        if heading:
            title = names.setdefault(heading[2].strip().casefold(), heading[2].strip())
            section = _Section(title, bool(heading[1]), _owners(words(heading[3] or "")))
        elif stripped.startswith(("[", "^[")):
            said.invalid(number, "no heading of a section", "write [Name], ^[Name] or [Name][2]")
        elif stripped and not stripped.startswith("#"):
            yield _rule(stripped, number, section)


def _rule(line: str, number: int, section: _Section) -> PathRule:
    pattern, *rest = words(line)
    owners = () if pattern.startswith("!") else _owners(rest) or section.owners
    return PathRule(unescaped(pattern), owners, number, section.name, section.optional)


def _owners(found: list[str]) -> tuple[str, ...]:
    """Users, groups, roles (`@@maintainer`) and addresses as `tool:spelling`."""
    spelled = (f"gitlab:{word}" if _OWNER.match(word) else email(word) for word in found)
    return tuple(dict.fromkeys(owner for owner in spelled if owner))
