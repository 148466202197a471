"""The first border a fault crosses."""

import pytest

from seamline.analysis import stackmap
from seamline.analysis.crossing import differ, first_crossing
from seamline.analysis.stackmap import StackMap
from tests.analysis.says import read_lines, told

MAP = """
declared service:web ana
declared service:api ana
declared service:pay paul
declared job:w/load lena
declared dataset:d/visits ana
declared dataset:w/visits lena
declared desk:help ana
service:web calls service:api
service:api calls service:pay
service:api writes dataset:d/visits
job:w/load reads dataset:d/visits
job:w/load writes dataset:w/visits
dataset:w/visits derives dataset:d/visits
desk:help answers_for service:web
"""


@pytest.fixture(scope="module")
def stack() -> StackMap:
    said, declared = read_lines(MAP.splitlines())
    return stackmap.build(told(said), declared)


@pytest.mark.parametrize(
    ("origin", "symptom", "seam"),
    [
        ("service:api", "service:web", None),  # one owner, one domain
        ("service:pay", "service:web", ("service:api", "service:pay", "calls")),  # the tool's own direction
        ("service:api", "desk:help", ("desk:help", "service:web", "answers_for")),  # one owner, two domains
        (
            "service:api",
            "dataset:w/visits",
            ("service:api", "dataset:d/visits", "writes"),
        ),  # the first of several
        (
            "dataset:d/visits",
            "dataset:w/visits",
            ("job:w/load", "dataset:d/visits", "reads"),
        ),  # the job's border
        ("service:pay", "service:pay", None),
    ],
)
def test_the_first_border_on_the_way(
    stack: StackMap, origin: str, symptom: str, seam: tuple[str, str, str] | None
) -> None:
    """Between units of another owner or domain; its ends stand as the relation is stored."""
    assert first_crossing(stack.reach(origin)[symptom].hops, stack) == seam


def test_a_unit_does_not_differ_from_itself(stack: StackMap) -> None:
    """Nor from another of the same owner and domain."""
    assert not differ("service:pay", "service:pay", stack)
    assert not differ("service:web", "service:api", stack)
    assert differ("service:api", "service:pay", stack)
