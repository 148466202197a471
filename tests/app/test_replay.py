"""The same deliveries give the same answers: played, rebuilt, cut off, broken."""

from pathlib import Path

import pytest

from seamline.app import replay, views
from seamline.app.home import Home
from seamline.bench._afresh import watched_clock
from seamline.model.errors import Fix
from tests.app.scene_home import FAILS, at, new_home, played, recording


def text_of(home: Home, until: int | None = None) -> str:
    """An export."""
    return "".join(replay.export(home, until))


def test_a_rebuild_prints_what_was_formed_step_by_step(tmp_path: Path) -> None:
    """The last live opinion and one formed anew from the log are the same bytes."""
    home = new_home(tmp_path, FAILS)
    _, _, live = replay.play(home, recording(FAILS, tmp_path / "scene.jsonl"))
    assert "".join(replay.told(live)) == text_of(home)


def test_every_prefix_says_later_what_it_said_then(tmp_path: Path) -> None:
    """An export up to a position does not change by what is appended after it."""
    home = new_home(tmp_path, FAILS)
    then: dict[int, str] = {}

    def keep(_done: int, _total: int) -> None:
        then[home.log.position()] = text_of(home)

    replay.play(home, recording(FAILS, tmp_path / "scene.jsonl"), keep)
    assert len(then) > 50
    assert {position: text_of(home, position) for position in then} == then


def test_two_homes_that_took_in_the_same_say_the_same(tmp_path: Path, failed: Home) -> None:
    """Records and opinions alike: nothing of a home's own gets into them."""
    (tmp_path / "other").mkdir()
    assert text_of(played(tmp_path / "other")) == text_of(failed)


def test_lines_are_sorted_and_say_where_they_stand(failed: Home) -> None:
    """One head line, then `view key json` in order."""
    head, *lines = text_of(failed).splitlines()
    assert head == f"# position {failed.log.position()} as of {at(400).isoformat()}"
    keys = [tuple(line.split("\t")[:2]) for line in lines]
    assert keys == sorted(keys)
    assert {view for view, _ in keys} >= {"incidents", "seams", "entities", "observables", "records"}


def test_nobody_asks_what_time_it_is(failed: Home) -> None:
    """A rebuild reads no clock: its time is the log's."""
    with watched_clock() as readers:
        text_of(failed)
    assert readers == set()


def test_a_second_play_of_the_same_file_adds_nothing(tmp_path: Path) -> None:
    """Repeats are known by their content; what was told stays told once."""
    home = played(tmp_path)
    before, shown = home.log.position(), views.incidents(home)
    n_read, n_new, _ = replay.play(home, tmp_path / "scene.jsonl")
    assert (n_new, home.log.position()) == (0, before)
    assert n_read > 0
    assert views.incidents(home) == shown


def test_what_came_before_a_broken_line_is_in_the_log_and_told_of(tmp_path: Path) -> None:
    """The error names file and line; the opinion on the rest is formed and published."""
    file = recording(FAILS, tmp_path / "scene.jsonl")
    file.write_text(file.read_text() + "{broken\n")
    home = new_home(tmp_path, FAILS)
    with pytest.raises(Fix, match=r"scene\.jsonl:\d+: not a recorded delivery"):
        replay.play(home, file)
    assert [i.id for i in views.incidents(home)] == ["I-1"]
    assert home.views.position() == home.log.position()


def test_a_position_past_the_end_is_refused(failed: Home) -> None:
    """The hint says which is the last."""
    with pytest.raises(Fix) as refused:
        text_of(failed, failed.log.position() + 1)
    assert str(failed.log.position()) in refused.value.hint


def test_progress_is_told_of_every_step(tmp_path: Path) -> None:
    """Lines done grow to all there are."""
    seen: list[tuple[int, int]] = []
    home = new_home(tmp_path, FAILS)
    n_read, _, _ = replay.play(home, recording(FAILS, tmp_path / "s.jsonl"), lambda *done: seen.append(done))
    assert seen[-1] == (n_read, n_read)
    assert [n for n, _ in seen] == sorted(n for n, _ in seen)
