"""A live home keeps up with what changes beside the deliveries."""

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from seamline.app import configure, views
from seamline.app.home import Home
from seamline.app.watch import MOST_PAUSE, Watch
from tests.app.scene_home import CALM, new_home

SHOP = '\n[[entity]]\nref = "service:shop"\n'


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a map in force."""
    return new_home(tmp_path, CALM)


def _edit(home: Home, change: Callable[[str], str]) -> None:
    """Rewrite the map; the file's time moves on however coarse the clock of the disk is."""
    before = configure.stamp(home)
    home.config.write_text(change(home.config.read_text(encoding="utf-8")), encoding="utf-8")
    os.utime(home.config, ns=(before + 1_000_000_000, before + 1_000_000_000))


def test_an_edited_map_comes_into_force(home: Home) -> None:
    """The next call puts the edit on record, the calls after it add nothing."""
    watch = Watch(home)
    position = home.log.position()
    _edit(home, lambda text: text + SHOP)
    watch(())
    watch(())
    assert home.log.position() == position + 1
    assert not configure.differs(home)
    assert "service:shop" in {e.ref for e in views.organisation(home).entities}


def test_a_broken_map_is_told_of_once(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """One line says what is wrong, and the last valid map stays in force."""
    watch = Watch(home)
    position = home.log.position()
    _edit(home, lambda _: "no toml")
    with caplog.at_level(logging.WARNING, "seamline"):
        watch(())
        watch(())
    assert len(caplog.records) == 1
    assert home.log.position() == position


def test_news_wait_no_longer_than_the_pause(home: Home) -> None:
    """With news at hand the watch asks to be called again, without it has no time of its own."""
    watch = Watch(home)
    assert watch(()) is None
    _edit(home, lambda text: text + SHOP)
    watch(())
    again_s = watch(list(home.log.read(after=0))[-1:])
    assert again_s is None or again_s <= MOST_PAUSE.total_seconds()
