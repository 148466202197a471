"""The home's own keys: for pseudonyms, and for sealing bodies whose personal data can't be told.

One file per key in `HOME/keys`, readable by its owner only. A lost pseudonym key means new pseudonyms; a
lost or shredded month key means that month's sealed bodies can't be opened by anybody any more.
"""

import base64
import fcntl
import hmac
import os
import re
import secrets
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from seamline.model.errors import Fix, Stop

KEY_BYTES = 32
NONCE_BYTES = 12
MAX_REMEMBERED = 10_000
_MONTH = re.compile(r"\d{4}-\d{2}")


class Keyring:
    """Keys under one folder, made when first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(folder)
        self._cached: dict[str, bytes] = {}
        self._pseudonyms: dict[str, str] = {}  # the few people of an organisation come again and again

    def pseudonym(self, text: str) -> str:
        """`p_` and 12 base32 characters: the same for the same text in this home, meaningless outside it.

        60 bits: among a million people two share a pseudonym with probability below 10^-6.
        """
        known = self._pseudonyms.get(text)
        if known is None:
            digest = hmac.digest(self._key("pseudonym"), text.encode(), sha256)
            known = "p_" + base64.b32encode(digest)[:12].decode().lower()
            if len(self._pseudonyms) >= MAX_REMEMBERED:
                self._pseudonyms.clear()
            self._pseudonyms[text] = known
        return known

    def fingerprint(self, body: bytes) -> str:
        """32 hex digits that only this home can compute: tells a repeat of a sealed body, not its content."""
        return hmac.digest(self._key("pseudonym"), b"body\0" + body, sha256).hex()[:32]

    def seal(self, body: bytes, at: datetime) -> tuple[str, bytes]:
        """The month's name and the body under its key (AES-256-GCM, nonce first)."""
        month = f"{at:%Y-%m}"
        nonce = os.urandom(NONCE_BYTES)
        return month, nonce + AESGCM(self._key(f"seal-{month}")).encrypt(nonce, body, month.encode())

    def open(self, month: str, sealed: bytes) -> bytes:
        """What `seal` was given. Raises Fix when the month's key was shredded or is not this home's."""
        if not _MONTH.fullmatch(month) or not self._file(f"seal-{month}").exists():
            raise Fix(f"no key for {month}", hint="its bodies were erased with their key")
        try:
            key = AESGCM(self._key(f"seal-{month}"))
            return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], month.encode())
        except InvalidTag:
            raise Fix(f"the key for {month} doesn't open this body", hint="restore the home's keys") from None

    def shred(self, month: str) -> bool:
        """Make a month's sealed bodies unreadable for ever; whether there was a key."""
        if not _MONTH.fullmatch(month):
            raise Fix(f"{month!r} is not a month", hint="write it as 2026-11")
        file = self._file(f"seal-{month}")
        self._cached.pop(f"seal-{month}", None)
        if not file.exists():
            return False
        file.write_bytes(secrets.token_bytes(KEY_BYTES))
        file.unlink()
        return True

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.key"

    def _key(self, name: str) -> bytes:
        key = self._cached.get(name)
        if key is None:
            key = self._cached[name] = self._read(name) or self._make(name)
        return key

    def _read(self, name: str) -> bytes | None:
        file = self._file(name)
        try:
            if file.stat().st_mode & 0o077:
                raise Stop(f"{file}: others can read this key", hint=f"chmod 600 {file}")
            key = file.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Stop(f"{file}: can't be read ({error.strerror})", hint="check its owner") from error
        if len(key) != KEY_BYTES:
            raise Stop(f"{file}: is damaged", hint="restore it from a backup")
        return key

    def _make(self, name: str) -> bytes:
        """A new key, on disk before it is used: written aside by one process at a time, synced, renamed, so never half there."""
        file, aside = self._file(name), self._folder / f".{name}.new"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600), "wb") as out:
                fcntl.flock(out, fcntl.LOCK_EX)
                if not file.exists():  # else another process made it first: that one counts
                    out.write(secrets.token_bytes(KEY_BYTES))
                    out.flush()
                    os.fsync(out.fileno())
                    aside.replace(file)
            aside.unlink(missing_ok=True)
            _sync(self._folder)
        except OSError as error:
            with suppress(OSError):
                aside.unlink()
            raise Stop(
                f"{self._folder}: can't make a key ({error.strerror})", hint="make room, check rights"
            ) from error
        key = self._read(name)
        if key is None:
            raise Stop(f"{self._file(name)}: is gone")
        return key


def _sync(folder: Path) -> None:
    """Have the names in a folder on disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
