"""Changes held against guards, written as text: a scene as in `analysis.scene`, its last change is the one asked about.

=> pass
=> hold SEVERITY SEAM | what the figures say | how to do it safely
=> unknown SEVERITY SEAM | why | what is missing
"""

from pathlib import Path

from seamline.analysis import capacity, stackmap
from seamline.analysis.capacity import Capacity
from seamline.analysis.facts import Facts
from seamline.analysis.stackmap import StackMap
from seamline.guards import Guard
from seamline.model.event import Change
from seamline.model.verdict import Finding
from tests.analysis.says import at
from tests.analysis.scene import read_scene

GOLDEN = Path(__file__).parent / "golden"


def asked(text: str) -> tuple[Change, StackMap, Capacity]:
    """The last change of a scene, which has not been made yet, and the map and figures of that moment."""
    events, organisation, now = read_scene(text)
    change = max((e for e in events if isinstance(e, Change)), key=lambda c: c.seq)
    facts = Facts()
    facts.add(e for e in events if e is not change)
    stack = stackmap.build(facts, organisation)
    return change, stack, capacity.facts_of(facts, stack, at(now))


def findings(guard: Guard, text: str) -> list[Finding]:
    """What a guard says of a scene."""
    return guard.check(*asked(text))


def in_words(found: list[Finding]) -> list[str]:
    """One line per finding; `pass` for none."""
    return [_line(f) for f in found] or ["pass"]


def _line(f: Finding) -> str:
    rest = "; ".join(f.missing) if f.outcome == "unknown" else f.do
    return f"{f.outcome} {f.severity} {' '.join(f.seam or ('-',))} | {f.reason} | {rest}"
