"""Parts of parts of parts, in a circle."""

import pytest

from seamline.analysis.owners import owners
from seamline.model.stack import Relation


def _circle(n: int) -> tuple[list[str], list[Relation]]:
    refs = [f"service:s{i}" for i in range(n)]
    return refs, [Relation(refs[i], "part_of", refs[(i + 1) % n]) for i in range(n)]


@pytest.mark.timeout(120)  # searched from each it would take half an hour
def test_a_large_circle_that_nobody_owns_is_the_roots_at_once() -> None:
    """Nothing is searched for an owner from each of its members."""
    refs, relations = _circle(20_000)
    owned = owners(refs, {}, relations, {}, "root")
    assert {(o.person, o.how) for o in owned.values()} == {("root", "defaulted")}
