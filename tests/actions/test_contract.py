"""What every action on disk keeps to, whoever adds it."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from seamline import actions, sources
from seamline.actions.zendesk.fake import FakeZendesk
from seamline.model.errors import Fix
from seamline.model.intent import Done, Failed, Retry
from seamline.model.ports import Action
from tests.actions.conftest import INTENT, ROOT, TOKEN

NAMES = [found.name for found in iter_modules(actions.__path__)]


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Each folder of the room."""
    return str(request.param)


@pytest.fixture
def action(name: str, fake: FakeZendesk) -> Action:
    """It, at its fake. A new action adds its fake here."""
    fakes = {"zendesk": {"fake": fake.url, "token": TOKEN}}
    made: Action = import_module(f"seamline.actions.{name}").configured(fakes[name], {})
    return made


def test_it_answers_a_source_of_its_name(name: str, action: Action) -> None:
    """Tickets come in through the source that the action speaks to."""
    assert action.name == name
    assert name in sources.discover()


def test_without_settings_it_says_what_is_missing(name: str) -> None:
    """Nothing is on by accident."""
    with pytest.raises(Fix) as refused:
        import_module(f"seamline.actions.{name}").configured({}, {})
    assert refused.value.hint


def test_twice_changes_nothing(action: Action) -> None:
    """The same intent again is done, whatever it took the first time."""
    assert [action.perform(INTENT), action.perform(INTENT)] == [Done(), Done()]


def test_an_outcome_is_data(action: Action, fake: FakeZendesk) -> None:
    """A tool that ended is an outcome, not an error, and says whether a retry helps."""
    fake.shutdown()
    fake.server_close()
    assert isinstance(action.perform(INTENT), Retry | Failed)


def test_it_has_a_page_and_a_fake_that_says_so(name: str) -> None:
    """The page has the settings; the fake calls itself one."""
    assert (ROOT / "docs" / "actions" / f"{name}.md").exists()
    fake = Path(str(import_module(f"seamline.actions.{name}.fake").__file__)).read_text(encoding="utf-8")
    assert fake.startswith('"""A FAKE')
