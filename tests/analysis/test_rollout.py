"""When what a change brings was first seen running."""

import pytest

from seamline.analysis.facts import Facts
from seamline.analysis.rollout import Live
from seamline.analysis.stackmap import build
from seamline.model.event import Change, ChangeKind, Measurement
from seamline.model.organisation import Organisation, Person
from tests.analysis.says import at

ORGANISATION = Organisation(name="o", people=(Person("root", "Root"),))


def runs(version: str, second: float) -> Measurement:
    """A service that publishes its version from a second on."""
    labels = {"service_name": "web", "version": version}
    times = tuple(at(second + 3 * n).timestamp() for n in range(5))
    text = f'build_info{{version="{version}"}}'
    return Measurement("test", 1, text, "build_info", labels, "service:web", times, (1.0,) * 5)


def release(version: str, second: float, kind: ChangeKind = "deploy") -> Change:
    """An announcement."""
    return Change("c", "test", 1, at(second), at(second), "service:web", kind, "done", "t", version=version)


@pytest.mark.parametrize(
    ("change", "seconds"),
    [
        (release("2.0", 100), 40.0),  # seen 40 s after it was announced
        (release("2.0", 150), 0.0),  # announced a little late
        (release("1.0", 100), None),  # ran long before: it brings nothing
        (release("3.0", 100), None),  # never seen
        (release("2.0", 100, "config"), None),  # a configuration names a version, and brings none
    ],
)
def test_the_first_sight_of_a_version(change: Change, seconds: float | None) -> None:
    """In seconds after the announcement; None where nothing is known."""
    facts = Facts()
    facts.add([runs("1.0", 0), runs("2.0", 140)])
    assert Live(facts, build(facts, ORGANISATION)).since(change, "service:web") == seconds
