"""GitHub's dialect. A line with anything invalid is skipped, and the rules before it stay in force."""

import re
from collections.abc import Iterator

from seamline.artefacts.codeowners.line import Said, email, unescaped, words
from seamline.model.artefact import PathRule

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_OWNER = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9_-]*)(?:/[A-Za-z0-9._-]+)?\Z")


def rules(source: str, said: Said) -> Iterator[PathRule]:
    """The rules in the file's order; lines that are skipped are told."""
    for number, line in enumerate(source.split("\n"), start=1):
        found = words(_COMMENT.sub("", line))
        if found and not _refused(found[0], number, said):
            owners = tuple(owner(word) for word in found[1:])
            if "" in owners:
                wrong = found[1 + owners.index("")]
                why = f"the line is skipped: {wrong[:60]!r} is no owner"
                said.invalid(number, why, "write @user, @organisation/team or an e-mail address")
            else:
                yield PathRule(unescaped(found[0]), owners, number)


def owner(word: str) -> str:
    """An owner as `tool:spelling`; "" for what is none."""
    return f"github:{word}" if _OWNER.match(word) else email(word)


def _refused(pattern: str, number: int, said: Said) -> bool:
    """Whether GitHub has no such pattern, which is told."""
    if pattern.startswith("!"):
        why, mend = "! is not supported", "write the path again below, without an owner"
    elif re.search(r"(?<!\\)\[", pattern):
        why, mend = "[ ] is not supported", "write one line for each of the paths"
    elif pattern.startswith("\\#"):
        why, mend = "a path can't begin with \\#", "name its folder"
    elif "***" in pattern:
        why, mend = "*** is not supported", "write ** or *"
    else:
        return False
    said.invalid(number, f"the line is skipped: {why}", mend)
    return True
