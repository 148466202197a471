"""What may be stored of a delivery."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from seamline.app.ingest import SEALED, Inbox, read_delivery
from seamline.model.errors import Fix, Stop
from seamline.model.ports import Source
from seamline.store.keyring import Keyring
from seamline.store.memory import MemoryLog

from .conftest import NOON


@pytest.mark.parametrize(
    "name",
    [
        "Authorization",
        "Proxy-Authorization",
        "Cookie",
        "X-Gitlab-Token",
        "X-Hub-Signature-256",
        "X-Zendesk-Webhook-Signature",
        "X-Api-Key",
        "X-Amzn-Session",
        "X-Forwarded-For",
        "X-Seamline-Sealed",
    ],
)
def test_secret_headers_are_not_kept(inbox: Inbox, name: str) -> None:
    """Credentials, proofs, addresses and headers that are ours never reach the log."""
    assert name.lower() not in inbox.take("bell", {name: "s3cret"}, b"{}", NOON).headers


def test_credentials_under_any_name_are_not_kept(inbox: Inbox) -> None:
    """A header whose value is a credential goes, whatever its name; the others stay, in lower case."""
    taken = inbox.take("bell", {"X-Odd": "Bearer s3cret", "X-Bell-Id": "7", "Content-Type": "x"}, b"{}", NOON)
    assert dict(taken.headers) == {"x-bell-id": "7", "content-type": "x"}
    assert taken.key == "7"


def test_personal_fields_become_pseudonyms(inbox: Inbox) -> None:
    """The same person is the same pseudonym in every delivery, and the name is gone."""
    one, two = (inbox.take("bell", {}, b'{"who": "Mira Koch", "n": %d}' % n, NOON) for n in (1, 2))
    assert b"Mira" not in one.body
    assert one.body.split(b",")[0] == two.body.split(b",")[0]
    assert b'"p_' in one.body


def test_pseudonyms_differ_between_homes(tmp_path: Path) -> None:
    """A pseudonym of one home means nothing in another; within one it survives a restart."""
    here, again, there = (Keyring(tmp_path / name) for name in ("a", "a", "b"))
    assert here.pseudonym("mira") == again.pseudonym("mira") != there.pseudonym("mira")
    assert len(here.pseudonym("mira")) == 14


def test_a_body_that_cannot_be_redacted_is_sealed(
    inbox: Inbox, keyring: Keyring, sources: dict[str, Source]
) -> None:
    """It is stored under the month's key, listed with its reason, opened only with that key, and repeats join."""
    log = MemoryLog()
    secret = b"Mira Koch called"
    log.append([inbox.take("bell", {}, secret, NOON)])
    assert log.append([inbox.take("bell", {}, secret, NOON)])[0].duplicate
    (stored,) = log.read()
    assert stored.body is not None
    assert b"Mira" not in stored.body
    assert read_delivery(sources, stored).unreadable.startswith("sealed: not a bell")
    assert keyring.open(stored.headers[SEALED], stored.body) == secret
    assert keyring.shred("2026-11")
    with pytest.raises(Fix):
        keyring.open("2026-11", stored.body)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A key file with loose rights stops the home, and the hint is the command that mends it."""
    Keyring(tmp_path).pseudonym("mira")
    file = tmp_path / "pseudonym.key"
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(Stop) as refused:
        Keyring(tmp_path).pseudonym("mira")
    assert refused.value.hint == f"chmod 600 {file}"


@pytest.mark.parametrize("sent", ["x" * 201, "new\nline", "nul\x00"])
def test_odd_delivery_ids_are_stored_by_digest(inbox: Inbox, sent: str) -> None:
    """An id that is too long or unprintable still tells deliveries apart, in a form every store takes."""
    taken = inbox.take("bell", {"x-bell-id": sent}, b"{}", NOON)
    assert taken.key.startswith("sha256:")
    assert len(taken.key) == 71


def test_equal_bodies_may_rightly_come_again(sources: dict[str, Source], keyring: Keyring) -> None:
    """A source that says so has equal bodies without an id counted once within its span only."""
    name = next(iter(sources))
    tool = SimpleNamespace(
        **{each: getattr(sources[name], each) for each in ("name", "redact")},
        key=lambda *_: "",
        repeat_s=60.0,
    )
    door = Inbox({name: cast(Source, tool)}, keyring)
    start = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    keys = [door.take(name, {}, b"{}", start + timedelta(seconds=s)).key for s in (0, 59, 60)]
    assert keys[0] == keys[1] != keys[2]
