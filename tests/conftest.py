"""Options and fixtures of all tests."""

import os
from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--accept",
        action="store_true",
        help="write what the goldens' code says now to their expected side; review the diff",
    )


@pytest.fixture
def accept(request: pytest.FixtureRequest) -> bool:
    """Whether the expected side of goldens is rewritten."""
    return bool(request.config.getoption("--accept"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public payloads and cases that are read in place; its absence skips the test."""
    default = Path(__file__).parents[2] / "shared"
    folder = Path(os.environ.get("SEAMLINE_SHARED", default))
    if not folder.is_dir():
        pytest.skip(
            f"the folder of public payloads is missing: name it in SEAMLINE_SHARED (looked in {folder})"
        )
    return folder
