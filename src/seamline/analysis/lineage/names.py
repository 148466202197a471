"""Which relation a spelling means.

A relation's key is its name as it is written in full, without quotes, in lower case, its parts joined by dots:
engines fold case each in their own way, and hardly any warehouse has two relations that differ in case only.
"""

import re
from collections.abc import Iterable, Mapping

from seamline.model.errors import Fix

_PART = re.compile(r'"((?:[^"]|"")*)"|`([^`]*)`|\[([^\]]*)\]|([^.\s"`\[\]]+)')


def key(name: str) -> str:
    """The key of a relation's name, quoted or not.

    >>> key('"Lab"."main"."Visits"'), key("`p.d`.t"), key("[dbo].[Visits]")
    ('lab.main.visits', 'p.d.t', 'dbo.visits')
    """
    found = (a.replace('""', '"') or b or c or d for a, b, c, d in _PART.findall(name))
    return ".".join(found).lower()


def shorter(full: str) -> list[str]:
    """The key without its leading parts, the longest first.

    >>> shorter("db.s.t")
    ['s.t', 't']
    """
    parts = full.split(".")
    return [".".join(parts[at:]) for at in range(1, len(parts))]


class Spellings:
    """The relations of a project, found by any spelling that leaves no doubt."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._full = set(keys)
        self._short: dict[str, list[str]] = {}
        for full in sorted(self._full):
            for short in shorter(full):
                self._short.setdefault(short, []).append(full)

    def aliases(self) -> Mapping[str, str]:
        """Shorter spellings that mean one relation only, and which."""
        return {s: f[0] for s, f in self._short.items() if len(f) == 1 and s not in self._full}

    def doubtful(self) -> list[str]:
        """Shorter spellings that mean several relations, sorted."""
        return sorted(s for s, f in self._short.items() if len(f) > 1 and s not in self._full)

    def find(self, name: str) -> str:
        """The key of the one relation that a spelling means. Raises Fix when it is none, or could be several."""
        asked = key(name)
        for spelling in (asked, *shorter(asked)):
            if spelling in self._full:
                return spelling
            found = self._short.get(spelling, []) if spelling == asked else []
            if len(found) == 1:
                return found[0]
            if found:
                raise Fix(
                    f"{name}: there are several: {_some(found)}", hint="write the schema and database too"
                )
        raise Fix(f"{name or 'no relation'}: no such relation in the project", hint=self._near(asked))

    def _near(self, asked: str) -> str:
        last = asked.rpartition(".")[2]
        found = self._short.get(last, [])
        return f"there is {_some(found)}" if found else "as the manifest spells it: database.schema.table"


def _some(keys: list[str]) -> str:
    return ", ".join(keys[:3]) + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
