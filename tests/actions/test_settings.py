"""`actions.toml`: what switches an action on, and what is refused."""

from base64 import b64encode
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any

import pytest

from seamline import actions
from seamline.actions.zendesk.settings import configured
from seamline.model.errors import Fix
from tests.actions.conftest import TOKEN

HOST = "clinic.zendesk.com"


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "actions.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_without_the_file_everything_is_off(tmp_path: Path) -> None:
    """Nothing is said anywhere unless somebody switched it on."""
    assert actions.read(tmp_path / "actions.toml", {"SEAMLINE_ZENDESK_TOKEN": TOKEN}) == {}


def test_a_table_switches_its_tool_on(tmp_path: Path) -> None:
    """Over TLS, to this one host, with certificates checked; the token may come from the environment."""
    file = written(tmp_path, f'[zendesk]\nhost = "{HOST}"\nuser = "seamline@clinic.example"')
    zendesk = actions.read(file, {"SEAMLINE_ZENDESK_TOKEN": TOKEN})["zendesk"]
    connection = zendesk._connect()
    assert isinstance(connection, HTTPSConnection)
    assert (connection.host, connection.port) == (HOST, 443)
    assert connection._context.check_hostname
    basic = b64encode(f"seamline@clinic.example/token:{TOKEN}".encode()).decode()
    assert zendesk._authorization == f"Basic {basic}"


def test_without_a_user_the_token_is_oauth() -> None:
    """As Zendesk takes an OAuth access token."""
    assert configured({"host": HOST, "token": TOKEN}, {})._authorization == f"Bearer {TOKEN}"


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({}, "no token"),
        ({"token": TOKEN}, "is no Zendesk account"),
        ({"token": TOKEN, "host": f"https://{HOST}"}, "is no Zendesk account"),
        ({"token": TOKEN, "host": f"{HOST}.evil.example"}, "is no Zendesk account"),
        ({"token": TOKEN, "host": f"{HOST}:8443"}, "is no Zendesk account"),
        ({"token": TOKEN, "host": f"user@{HOST}"}, "is no Zendesk account"),
        ({"token": TOKEN, "host": "169.254.169.254"}, "is no Zendesk account"),
        ({"token": TOKEN, "fake": "http://198.51.100.7:80"}, "not on this machine"),
        ({"token": TOKEN, "fake": "https://127.0.0.1:80"}, "not on this machine"),
        ({"token": TOKEN, "fake": "http://127.0.0.1:port"}, "not on this machine"),
        ({"token": TOKEN, "host": HOST, "comment": "loud"}, "comment"),
        ({"token": TOKEN, "host": HOST, "field": "36"}, "field"),
        ({"token": TOKEN, "host": HOST, "field": True}, "field"),
        ({"token": TOKEN, "host": HOST, "url": "x"}, "unknown key"),
        ({"token": TOKEN + "\r\nHost: evil", "host": HOST}, "token must be a text of one line"),
        ({"token": 7, "host": HOST}, "token must be a text"),
    ],
)
def test_a_table_that_cannot_be_meant(settings: dict[str, Any], what: str) -> None:
    """Refused with the mend; no secret is quoted."""
    with pytest.raises(Fix, match=what) as refused:
        configured(settings, {})
    assert refused.value.hint
    assert TOKEN not in f"{refused.value}{refused.value.hint}"


@pytest.mark.parametrize(
    ("text", "mode", "what"),
    [
        ("[zendesk]", 0o644, "others can read"),
        ("[zendesk", 0o600, "not valid TOML"),
        ("[nagios]", 0o600, "there is no action 'nagios'"),
        ('zendesk = "on"', 0o600, "must be a table"),
        ("[zendesk]", 0o600, "no token"),
    ],
)
def test_a_file_that_cannot_be_trusted(tmp_path: Path, text: str, mode: int, what: str) -> None:
    """One line that names the file, and the mend."""
    file = written(tmp_path, text, mode)
    with pytest.raises(Fix, match=what) as refused:
        actions.read(file, {})
    assert str(file) in str(refused.value)
    assert refused.value.hint
