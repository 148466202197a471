"""Two states of manifests written as text, and what rules say of the step.

# title
the files before, each after a line `== path`; without one they are `manifests.yaml`
>>>
the files after; a case of one state only has an empty side
=> outcome severity id entity, one line per finding, or: => pass
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from seamline import artefacts
from seamline.app.compare import compare
from seamline.model.artefact import Artefact, Figure, Found, Place, Unread
from seamline.model.verdict import Finding

READERS = ("compose", "kubernetes", "terraform")
FOLDERS = ("capacity", "kubernetes", "terraform")


class Case(Struct, frozen=True):
    """One step, and what is expected of it."""

    title: str
    before: str
    after: str
    expected: tuple[str, ...]


def cases(file: Path) -> Iterator[Case]:
    """The cases of a file, in its order."""
    for block in ("\n" + file.read_text(encoding="utf-8")).split("\n# ")[1:]:
        title, _, body = block.partition("\n")
        lines = body.split("\n")
        expected = tuple(line.removeprefix("=> ") for line in lines if line.startswith("=> "))
        text = "\n".join(line for line in lines if not line.startswith("=> "))
        before, _, after = text.partition("\n>>>\n")
        yield Case(title, before, after, expected)


def found(text: str) -> list[Found]:
    """What readers find in the files of one side. `!figure ENTITY NAME VALUE` adds what somebody else observed."""
    out: list[Found] = []
    kept = []
    for line in text.split("\n"):
        if line.startswith("!figure "):
            _, entity, name, value = line.split()
            out.append(Figure(entity, name, float(value), Place("sample", "manifests.yaml")))
        else:
            kept.append(line)
    given = [Artefact("sample", path, data.encode()) for path, data in _files("\n".join(kept))]
    for name in READERS:
        reader = artefacts.discover()[name]
        out += reader.read([a for a in sorted(given, key=lambda a: a.path) if reader.takes(a.path)])
    assert not [f for f in out if isinstance(f, Unread)], [f for f in out if isinstance(f, Unread)]
    return out


def _files(text: str) -> Iterator[tuple[str, str]]:
    first, *more = ("\n" + text).split("\n== ")
    if first.strip():
        yield "manifests.yaml", first
    for block in more:
        path, _, data = block.partition("\n")
        yield path, data


def findings(before: Sequence[Found], after: Sequence[Found]) -> list[Finding]:
    """What the rules of platform artefacts say of a step."""
    return [f for f in compare(before, after) if f.guard.partition("/")[0] in FOLDERS]


def in_words(said: Sequence[Finding]) -> tuple[str, ...]:
    """One line per finding, `pass` for none."""
    return tuple(f"{f.outcome} {f.severity} {f.guard} {f.entity}" for f in said) or ("pass",)
