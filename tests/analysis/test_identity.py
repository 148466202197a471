"""Which spellings mean one thing."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.identity import Identity, resolve
from tests.analysis.says import blocks, read_lines, told

CASES = blocks(Path(__file__).parent / "golden" / "identity.txt")


def lines(identity: Identity, refs: list[str]) -> list[str]:
    """What the identity says, in the golden file's words."""
    heads = sorted({identity.canonical(r) for r in refs})
    groups = [(h, [s for s in identity.spellings(h) if s != h]) for h in heads]
    out = [f"{h} = {' '.join(others)}" for h, others in groups if others]
    out += [f"? {s.ref} {s.other}{' contested' if s.contested else ''}" for s in identity.suggestions]
    out += [f"{r.source} {r.kind} {r.target}" for r in identity.built_from]
    return out or ["nothing"]


def resolved(text: str) -> list[str]:
    events, organisation = read_lines(text.splitlines())
    words = [
        w for row in text.splitlines() for w in row.split() if ":" in w and not w.startswith("revision:")
    ]
    return lines(resolve(told(events), organisation), words)


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_spellings_resolve(text: str, expected: list[str]) -> None:
    """The joins, suggestions and relations of a golden case."""
    assert resolved(text) == expected


@given(st.sampled_from([c[1].splitlines() for c in CASES]).flatmap(st.permutations))
def test_order_of_arrival_says_nothing(rows: list[str]) -> None:
    """Facts and declarations in any order, and twice, give one identity."""
    expected = next(c[2] for c in CASES if sorted(c[1].splitlines()) == sorted(rows))
    assert (
        resolved("\n".join([*rows, *(r for r in rows if r.split()[0] not in ("declared", "alias"))]))
        == expected
    )


def test_a_ref_that_nobody_spoke_of_is_its_own() -> None:
    """Asking for anything has an answer."""
    identity = resolve(told([]), read_lines([])[1])
    assert identity.canonical("service:x") == "service:x"
    assert identity.spellings("service:x") == ("service:x",)
