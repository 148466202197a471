"""Each recording is played once for all tests."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

if str(ROOT) not in sys.path:  # the tests are not part of the package
    sys.path.insert(0, str(ROOT))

from tests.acceptance.played import SUFFIX, Played, play, recordings  # noqa: E402


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `played` runs for every recording, one that asks for `friday` for the Friday's."""
    if "played" in metafunc.fixturenames:
        wanted = "friday" if "friday" in metafunc.fixturenames else ""
        found = [r for r in recordings() if r.name.startswith(wanted)]
        metafunc.parametrize("played", found, ids=[_name(r) for r in found], indirect=True, scope="session")


def _name(recording: Path) -> str:
    return f"{recording.parent.name}/{recording.name.removesuffix(SUFFIX)}"


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest) -> Iterator[Played]:
    """A recording, played."""
    yield from play(request.param)


@pytest.fixture(scope="session")
def friday(played: Played) -> Played:
    """A recording of the Friday, played."""
    return played
