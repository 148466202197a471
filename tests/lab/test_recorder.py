"""The recorder's lines."""

import base64
from datetime import UTC, datetime

from lab.recorder import line_of

AT = datetime(2026, 11, 20, 14, 3, 7, 250000, tzinfo=UTC)


def test_text_is_kept_as_text() -> None:
    """A UTF-8 body is recorded as it is, with the time of receipt in UTC."""
    line = line_of("github", AT, {"X-GitHub-Event": "deployment"}, b'{"a":"\xc3\xa4"}')
    assert line == {
        "source": "github",
        "received_at": "2026-11-20T14:03:07.250Z",
        "headers": {"X-GitHub-Event": "deployment"},
        "body": '{"a":"\u00e4"}',
    }


def test_binary_is_kept_byte_for_byte() -> None:
    """A body that is no text is recorded in base64."""
    line = line_of("prometheus", AT, {}, b"\xff\x00\x01")
    assert base64.b64decode(line["body_b64"]) == b"\xff\x00\x01"
    assert "body" not in line


def test_credentials_and_ports_are_not_kept() -> None:
    """`Authorization` and cookies are dropped, and `Host` names no port of this run."""
    headers = {"Host": "127.0.0.1:41234", "Authorization": "Bearer x", "cookie": "a=b", "Accept": "*/*"}
    assert line_of("github", AT, headers, b"")["headers"] == {"Host": "inbox.clinic.example", "Accept": "*/*"}
