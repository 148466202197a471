"""Sessions end when they should, and what `[proxy]` says is checked before anybody is believed."""

from pathlib import Path

import pytest

from seamline.http.callers import LIFE_S, MOST_SESSIONS, Sessions
from seamline.http.secrets import Proxy, read_secrets
from seamline.model.errors import Fix


def test_a_session_ends_with_its_day() -> None:
    """It holds up to its last second, then never again."""
    now = [0.0]
    sessions = Sessions(lambda: now[0])
    session = sessions.begin("mira")
    now[0] = LIFE_S - 1
    assert sessions.person(session) == "mira"
    now[0] = LIFE_S
    assert sessions.person(session) is None
    now[0] = 0.0
    assert sessions.person(session) is None


def test_a_session_is_what_we_gave_out() -> None:
    """No id of a browser's own, none twice, none after its end."""
    sessions = Sessions(lambda: 0.0)
    first, second = sessions.begin("mira"), sessions.begin("mira")
    assert first != second
    assert sessions.person("") is None
    assert sessions.person("of my own") is None
    sessions.end(first)
    sessions.end(first)
    assert (sessions.person(first), sessions.person(second)) == (None, "mira")


def test_sessions_are_bounded() -> None:
    """The oldest makes room."""
    sessions = Sessions(lambda: 0.0)
    first = sessions.begin("mira")
    rest = [sessions.begin("ben") for _ in range(MOST_SESSIONS)]
    assert sessions.person(first) is None
    assert sessions.person(rest[0]) == "ben"


def test_a_proxy_names_one_person() -> None:
    """By its own names where there is a table, by ids where there is none; never by two headers or an empty one."""
    mapped = Proxy("x-user", frozenset({"127.0.0.1"}), {"mira@example.org": "mira"})
    assert mapped.person(["mira@example.org"]) == "mira"
    assert mapped.person(["mira"]) is None
    plain = Proxy("x-user", frozenset({"127.0.0.1"}))
    assert plain.person(["mira"]) == "mira"
    assert [plain.person(said) for said in ([], [""], ["mira", "ben"])] == [None, None, None]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('header = "x-user"', "proxy.from is missing"),
        ('from = ["127.0.0.1"]', "proxy.header must be a text"),
        ('header = "x-user"\nfrom = ["everybody"]', "must name addresses"),
        ('header = "x-user"\nfrom = ["127.0.0.1"]\nhost = "x"', "unknown key 'proxy.host'"),
        ('header = "x-user"\nfrom = ["127.0.0.1"]\npeople = { "a" = "" }', "none empty"),
    ],
)
def test_a_half_written_proxy_is_refused(tmp_path: Path, said: str, why: str) -> None:
    """With the key that has to be mended: nobody is believed by mistake."""
    file = tmp_path / "secrets.toml"
    file.write_text(f"[proxy]\n{said}\n")
    file.chmod(0o600)
    with pytest.raises(Fix, match=why):
        read_secrets(file, {}, ())
