"""Whose a file is by the rules of a CODEOWNERS file: the last rule that fits, in each section.

GitHub reads patterns as gitignore does, with its own exceptions; GitLab as Ruby's `File.fnmatch` with FNM_PATHNAME
and FNM_DOTMATCH, after putting `/**/` before what does not begin with a slash.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import Literal

from msgspec import Struct

from seamline.model.artefact import PathRule, PathRules

State = Literal["owned", "cleared", "no rule"]


class PathOwners(Struct, frozen=True):
    """Whose one file is. `rules` are those that decided: one, or one for each section of GitLab.

    *cleared*: a rule without owners was the last that fits, so nobody is meant to own it.
    """

    state: State
    owners: tuple[str, ...]
    rules: tuple[PathRule, ...]


_NO_RULE = PathOwners("no rule", (), ())


class _Compiled(Struct, frozen=True):
    rule: PathRule
    order: int
    fits: re.Pattern[str]


class RuleBook:
    """The rules of one file, ready to be asked.

    Rules are found by what a path must share with them: the folders that a pattern begins with, a name in it,
    an ending. Only those that begin with a wildcard are tried on every path.
    """

    __slots__ = ("_by_ending", "_by_name", "_by_prefix", "_others")

    def __init__(self, rules: PathRules) -> None:
        self._by_prefix: dict[str, list[_Compiled]] = defaultdict(list)
        self._by_name: dict[str, list[_Compiled]] = defaultdict(list)
        self._by_ending: dict[str, list[_Compiled]] = defaultdict(list)
        self._others: list[_Compiled] = []
        for order, rule in enumerate(rules.rules):
            pattern = rule.pattern.removeprefix("!") if rules.dialect == "gitlab" else rule.pattern
            segments = _SEGMENTS[rules.dialect](pattern)
            if segments:
                fits = re.compile(_EXPRESSION[rules.dialect](segments) + r"\Z", re.DOTALL)
                self._shelf(segments).append(_Compiled(rule, order, fits))

    def of(self, path: str) -> PathOwners:
        """Whose the file at this path is: relative to the root, with forward slashes."""
        decided: dict[str, _Compiled] = {}
        for found in sorted(self._candidates(path), key=lambda c: -c.order):
            section = found.rule.section
            known = decided.get(section)
            # GitLab: what a section excludes, none of its rules takes in again
            if (known is None or found.rule.pattern.startswith("!")) and found.fits.match(path):
                decided[section] = found
        return _answer(decided.values())

    def _shelf(self, segments: list[str]) -> list[_Compiled]:
        """Where a rule is kept, by the most telling thing about the paths that it fits."""
        if segments[0] != "**":
            head = list(takewhile(_is_literal, segments))
            return self._by_prefix["/".join(head)] if head else self._others
        if len(segments) > 1 and _is_literal(segments[1]):
            return self._by_name[segments[1]]
        ending = re.fullmatch(r"[^\\[]*(\.[^.*?\\[]+)", segments[1]) if len(segments) == 2 else None
        return self._by_ending[ending[1]] if ending else self._others

    def _candidates(self, path: str) -> Iterator[_Compiled]:
        names = path.split("/")
        yield from self._others
        for depth in range(1, len(names) + 1):
            yield from self._by_prefix.get("/".join(names[:depth]), ())
        for name in dict.fromkeys(names):
            yield from self._by_name.get(name, ())
        for ending in dict.fromkeys("." + name.rpartition(".")[2] for name in names if "." in name):
            yield from self._by_ending.get(ending, ())


def _answer(decided: Iterable[_Compiled]) -> PathOwners:
    rules = tuple(c.rule for c in sorted(decided, key=lambda c: (c.rule.optional, c.order)))
    if not rules:
        return _NO_RULE
    owners = tuple(dict.fromkeys(owner for rule in rules for owner in rule.owners))
    return PathOwners("owned" if owners else "cleared", owners, rules)


def _is_literal(segment: str) -> bool:
    return not any(character in segment for character in "*?[\\")


# -- patterns as segments, `**` for any number of folders -----------------------------------------
def _github_segments(pattern: str) -> list[str]:
    """A pattern without a slash but its last fits at any depth; what ends with one, everything below."""
    segments = pattern.removeprefix("/").split("/")
    if not pattern.startswith("/") and (len(segments) == 1 or segments[1:] == [""]):
        segments = ["**", *segments]
    if segments[-1] == "":
        segments[-1] = "**"
    return _without_repeats(segments) if pattern.strip("/") else []


def _gitlab_segments(pattern: str) -> list[str]:
    """What does not begin with a slash fits at any depth; what ends with one, everything below."""
    segments = pattern.removeprefix("\\").removeprefix("/").split("/")
    if not pattern.startswith("/"):
        segments = ["**", *segments]
    if segments[-1] == "":
        segments[-1:] = ["**", "*"]
    return _without_repeats(segments) if pattern.strip("/") else []


def _without_repeats(segments: list[str]) -> list[str]:
    """The segments with `**` once where it stands several times: it means the same and costs less."""
    pairs = pairwise(["", *segments])
    return [segment for before, segment in pairs if not (before == "**" and segment == "**")]


# -- segments as an expression --------------------------------------------------------------------
def _github_expression(segments: list[str]) -> str:
    """A last segment fits a file, or a folder with all below; a last `*` only what is right there."""
    *folders, last = segments
    head = "".join(_FOLDERS if s == "**" else _glob(s) + "/" for s in folders)
    if last == "**":
        return head + ".+"
    return head + ("[^/]+" if last == "*" else _glob(last) + "(?:/.*)?")


def _gitlab_expression(segments: list[str]) -> str:
    """A last segment fits a file; a last `**` is a `*`."""
    *folders, last = segments
    return "".join(_FOLDERS if s == "**" else _glob(s) + "/" for s in folders) + _glob(last)


_FOLDERS = "(?:[^/]+/)*"
_PIECE = re.compile(r"\\(.)|(\*+)|(\?)|\[(!|\^)?(\]?[^\]/]*)\]|(.)", re.DOTALL)


def _glob(segment: str) -> str:
    """One segment as an expression in which nothing is tried twice, however many stars it has."""
    parts = [""]
    for escaped, stars, mark, negated, members, plain in _PIECE.findall(segment):
        if stars:
            parts.append("")
        elif mark:
            parts[-1] += "[^/]"
        elif members:
            parts[-1] += f"[{'^/' if negated else ''}{_members(members)}]"
        else:
            parts[-1] += re.escape(escaped or plain)
    if len(parts) == 1:
        return parts[0]
    first, *middle, last = parts
    return first + "".join(f"(?>[^/]*?{part})" for part in middle if part) + "[^/]*" + last


def _members(members: str) -> str:
    """A set of characters, whose ranges stay only when they run upwards."""
    valid = all(a <= b for a, b in re.findall(r"(.)-(.)", members))
    return re.sub(r"([\\\[\]^&~|])", r"\\\1", members if valid else members.replace("-", "")) or "]"


_SEGMENTS = {"github": _github_segments, "gitlab": _gitlab_segments}
_EXPRESSION = {"github": _github_expression, "gitlab": _gitlab_expression}
