"""Recordings into the log."""

import base64
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard

from seamline.app.ingest import Inbox, Ingested, ingest_file
from seamline.model.errors import Fix
from seamline.store.memory import MemoryLog

from .conftest import NOON, line


def write(folder: Path, *lines: str) -> Path:
    path = folder / "recording.jsonl"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def bells(n: int) -> list[str]:
    return [line(f'{{"what": "{i}"}}') for i in range(n)]


def test_plain_lines(inbox: Inbox, tmp_path: Path) -> None:
    """Every line becomes one delivery, in order; text and base64 bodies are the same bytes; blank lines pass."""
    packed = line(body_b64=base64.b64encode(b'{"what": "b"}').decode(), body=None)
    log = MemoryLog()
    assert ingest_file(log, inbox, write(tmp_path, line(), "", packed)) == Ingested(2, 2, 0)
    assert [(d.source, d.body, d.received_at) for d in log.read()] == [
        ("bell", b'{"what": "a"}', NOON),
        ("bell", b'{"what": "b"}', NOON),
    ]


def test_zstd_of_several_frames(inbox: Inbox, tmp_path: Path) -> None:
    """Compressed recordings are told by their first bytes; frames that were appended one by one are read on."""
    text = "".join(each + "\n" for each in bells(600)).encode()
    path = tmp_path / "recording.jsonl.zst"
    path.write_bytes(zstandard.compress(text[:5000]) + zstandard.compress(text[5000:]))
    assert ingest_file(MemoryLog(), inbox, path) == Ingested(600, 600, 0)


def test_standard_input(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads standard input."""
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(line().encode())))
    assert ingest_file(MemoryLog(), inbox, "-").n_new == 1


def test_twice_is_once(inbox: Inbox, tmp_path: Path) -> None:
    """Reading a recording again adds nothing."""
    log = MemoryLog()
    path = write(tmp_path, *bells(3))
    ingest_file(log, inbox, path)
    assert ingest_file(log, inbox, path) == Ingested(3, 0, 3)
    assert log.position() == 3


BAD = {
    "not json": ("{", "truncated"),
    "naive time": (line(received_at="2026-11-20T12:00:00"), "received_at"),
    "time before all times": (line(received_at="0001-01-01T00:00:00+14:00"), "out of range"),
    "time after all times": (line(received_at="9999-12-31T23:59:59-14:00"), "out of range"),
    "no body": (line(body=None), "body"),
    "two bodies": (line(body_b64=""), "one of body and body_b64"),
    "bad base64": (line(body=None, body_b64="%%"), "base64"),
    "body not text": (line(body={"a": 1}), "$.body"),
    "unknown source": (line(source="bel"), "unknown source 'bel'"),
    "our own records": (line(source="seamline"), "records of Seamline itself"),
    "a list": ("[]", "object"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_line_names_file_and_line(inbox: Inbox, tmp_path: Path, name: str) -> None:
    """The error says where and what in one line, and everything before the bad line is in the log."""
    bad, said = BAD[name]
    log = MemoryLog()
    path = write(tmp_path, *bells(300), bad, *bells(400))
    with pytest.raises(Fix) as refused:
        ingest_file(log, inbox, path)
    message = str(refused.value)
    assert message.startswith(f"{path}:301: ")
    assert said.lower() in message.lower()
    assert "\n" not in message
    assert refused.value.hint
    assert log.position() == 300


@pytest.mark.parametrize("cut", [1, 40])
def test_a_zstd_file_that_breaks_off(inbox: Inbox, tmp_path: Path, cut: int) -> None:
    """A half-copied recording is an error, not a short one."""
    path = tmp_path / "recording.jsonl.zst"
    path.write_bytes(zstandard.compress("\n".join(bells(500)).encode())[:-cut])
    with pytest.raises(Fix, match=r"breaks off|whole zstd file"):
        ingest_file(MemoryLog(), inbox, path)


def test_a_file_that_is_not_there(inbox: Inbox, tmp_path: Path) -> None:
    """A missing file is one line with its name."""
    with pytest.raises(Fix, match="No such file"):
        ingest_file(MemoryLog(), inbox, tmp_path / "nothing.jsonl")
