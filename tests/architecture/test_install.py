"""What an installation brings: few wheels, from the lock, and nothing that says where it was made."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_WHEELS = 45
PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==(\S+)((?: ; [^\\]+)?) \\$", re.MULTILINE)


def _pins(name: str) -> dict[str, set[str]]:
    text = (ROOT / "locks" / name).read_text(encoding="utf-8")
    pins: dict[str, set[str]] = {}
    for package, version, _ in PIN.findall(text):
        pins.setdefault(package, set()).add(version)
    return pins


def test_the_base_install_is_light() -> None:
    """At most 45 packages, counting those of other systems too."""
    assert 10 < len(_pins("base.txt")) <= MAX_WHEELS


def test_the_base_install_is_part_of_what_is_tested() -> None:
    """Every version users get is one that the tests run with."""
    tested = _pins("dev.txt")
    assert {p: v for p, v in _pins("base.txt").items() if not v <= tested.get(p, set())} == {}


@pytest.mark.parametrize("name", ["base.txt", "dev.txt"])
def test_everything_locked_has_hashes_and_no_host(name: str) -> None:
    """Each pin is followed by hashes; no index, link or path of the machine that locked is kept."""
    text = (ROOT / "locks" / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(?!hash)", text, re.MULTILINE)
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert [b.split()[0] for b in blocks if "--hash=sha256:" not in b] == []


def test_every_dependency_is_locked() -> None:
    """What pyproject.toml asks for is in the lock of the base install."""
    declared = re.search(r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S)
    assert declared is not None
    names = re.findall(r'^\s*"([a-z0-9-]+)', declared.group(1), re.MULTILINE)
    assert set(names) <= set(_pins("base.txt"))
