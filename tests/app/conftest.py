"""Makes the tests' own builders importable; a scene is played once for all tests that only read."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

if str(ROOT) not in sys.path:  # the tests are not part of the package
    sys.path.insert(0, str(ROOT))

from seamline.app.home import Home  # noqa: E402
from tests.app.scene_home import CALM, played  # noqa: E402


@pytest.fixture(scope="session")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A release broke a service and its caller; people complained. Not to be written to."""
    return played(tmp_path_factory.mktemp("failed"))


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A release, and nothing else. Not to be written to."""
    return played(tmp_path_factory.mktemp("calm"), CALM)
