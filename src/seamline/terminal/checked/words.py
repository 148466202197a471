"""What the ways of telling a check share: order, short names, counted things."""

from collections.abc import Iterable, Sequence

from seamline.model.verdict import Checked, Finding
from seamline.terminal.plain import plain, short

OUTCOMES = ("hold", "unknown", "note")
HEADLINE = {
    "hold": "hold: somebody downstream would break",
    "unknown": "unknown: nobody can say that this is safe",
    "pass": "pass",
}
NO_OVERRIDE = "none on record: a decision is kept in a home, and `check --home DIR` honours it"
_SEVERITY = {"high": 0, "medium": 1, "low": 2}
MOST_NAMED = 8  # of things in one line


def by_weight(findings: Iterable[Finding]) -> list[Finding]:
    """What stops the change first, then by severity, confidence and place."""
    return sorted(
        findings,
        key=lambda f: (
            OUTCOMES.index(f.outcome), _SEVERITY[f.severity], -f.confidence, str(f.place or ""), f.guard, f.reason,
        ),
    )  # fmt: skip


def by_person(checked: Checked) -> list[tuple[str, list[Finding]]]:
    """Findings under the name of the one who answers, each person once; who has the weightiest first."""
    groups: dict[str, list[Finding]] = {}
    for f in by_weight(checked.verdict.findings):
        groups.setdefault(name(checked, f.person or checked.verdict.accountable), []).append(f)
    return list(groups.items())


def name(checked: Checked, person: str) -> str:
    """A person as people say them."""
    return plain(checked.names.get(person, person))


def named(things: Sequence[str], most: int = MOST_NAMED) -> str:
    """A few of many, by their short names.

    >>> named(["model.shop.orders", "model.shop.items"], most=1)
    'orders and 1 more'
    """
    shown = ", ".join(last_part(t) for t in things[:most])
    return shown if len(things) <= most else f"{shown} and {len(things) - most} more"


def last_part(ref: str) -> str:
    """A ref or unique id as people say it.

    >>> last_part("model.shop.orders"), last_part("dashboard:Revenue by week"), last_part("model.shop.orders.v2")
    ('orders', 'Revenue by week', 'orders.v2')
    >>> last_part("job:wh/model.shop.orders"), last_part("service:pay")
    ('orders', 'pay')
    """
    text = short(ref.rpartition("/")[2] if ref.startswith("job:") else ref)
    kind, _, rest = text.partition(".")
    if kind in ("model", "snapshot", "seed", "source", "exposure", "metric", "test"):
        return rest.partition(".")[2] or rest
    return text.partition(":")[2] or text


def stops(finding: Finding) -> bool:
    """Whether it holds a change up, rather than being there to be read."""
    return finding.outcome != "note"


def counted(n: int, noun: str) -> str:
    """A number of things.

    >>> counted(1, "hold"), counted(2, "hold")
    ('1 hold', '2 holds')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"


def step(checked: Checked) -> str:
    """From where to where."""
    if checked.base == checked.head:
        return f"nothing to compare: base and head are both {checked.base[:9]}"
    head = checked.head[:9] or "the working tree"
    return f"{checked.base[:9]} to {head}"


def tally(findings: Sequence[Finding]) -> str:
    """How many of each outcome, without those there are none of."""
    count = {o: sum(f.outcome == o for f in findings) for o in OUTCOMES}
    nouns = {"hold": "hold", "unknown": "unknown", "note": "note"}
    said = [f"{n} unknown" if o == "unknown" else counted(n, nouns[o]) for o, n in count.items() if n]
    return ", ".join(said) or "nothing found"
