"""The demo's way: an empty home, a replay, a story, and the gate's word on the same change once more."""

from pathlib import Path

import pytest

from seamline.app import demo, views
from seamline.app.home import Home
from seamline.model.errors import Stop
from tests.analysis.scene import read_scene
from tests.app.scene_home import CALM, FAILS, new_home, played, recording, toml


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with another recording than the package's."""
    folder = tmp_path / "recorded"
    folder.mkdir()
    recording(FAILS, folder / "friday.jsonl.zst")  # plain lines are told from packed ones by their bytes
    (folder / "seamline.toml").write_text(toml(read_scene(FAILS)[1]))
    monkeypatch.setattr(demo, "recorded", lambda: folder)
    return folder


def empty(folder: Path) -> Home:
    """A home with nothing in its log."""
    home = new_home(folder, FAILS)
    return Home(home.path, type(home.log)(), home.views, home.sources, home.inbox, home.clock)  # type: ignore[call-arg]


@pytest.mark.usefixtures("recorded")
def test_it_tells_the_incident_and_what_the_gate_says_of_the_repeat(tmp_path: Path) -> None:
    """The release that did it is asked about again, and the verdict is on record."""
    home = empty(tmp_path)
    story = demo.run(home)
    assert story.incident.id == "I-1"
    assert story.verdict is not None
    assert story.verdict.change in story.incident.causes[0].changes
    assert len(views.decisions(home)) == 1


@pytest.mark.usefixtures("recorded")
def test_a_home_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    """Nothing is appended to it, and the mend is named."""
    home = played(tmp_path)
    before = home.log.position()
    with pytest.raises(Stop) as refused:
        demo.run(home)
    assert "--home" in refused.value.hint
    assert home.log.position() == before


def test_a_recording_without_an_incident_is_said_to_be_damaged(tmp_path: Path, recorded: Path) -> None:
    """A demo that shows nothing is a defect, not a story."""
    recording(CALM, recorded / "friday.jsonl.zst")
    with pytest.raises(Stop, match="no incident"):
        demo.run(empty(tmp_path))


def test_the_packages_own_recording_is_there_with_its_map() -> None:
    """What `seamline demo` plays is part of the package."""
    assert {"friday.jsonl.zst", "seamline.toml"} <= {f.name for f in demo.recorded().iterdir()}
