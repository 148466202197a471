"""A log and views in this process's memory, for trials and tests. Same contract, nothing survives the process."""

import base64
import hmac
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from seamline.model.delivery import Appended, Delivery, Received
from seamline.model.errors import Stop
from seamline.store.sequence import assign, from_us, mark


class MemoryLog:
    """`model.ports.Log` over a list. Safe to use from several threads."""

    def __init__(self) -> None:
        self._deliveries: list[Delivery] = []
        self._as_of_us: list[int] = []
        self._once: dict[bytes, int] = {}
        self._lock = threading.Lock()
        self._closed = False

    def append(self, batch: Sequence[Received]) -> list[Appended]:
        """See `Log.append`."""
        with self._lock:
            self._check()
            last_as_of = self._as_of_us[-1] if self._as_of_us else None
            marks = [mark(r) for r in batch]
            answers, rows = assign(batch, marks, self._once, len(self._deliveries), last_as_of)
            for row in rows:
                r = row.received
                self._once[row.once] = row.seq
                self._as_of_us.append(row.as_of_us)
                self._deliveries.append(
                    Delivery(
                        row.seq, r.source, r.key, row.digest.hex(), dict(r.headers), r.received_at, r.body
                    )
                )
            return answers

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Delivery]:
        """See `Log.read`."""
        self._check()
        with self._lock:
            chosen = self._deliveries[max(after, 0) : until if until is None else max(until, 0)]
        return iter(chosen)

    def position(self) -> int:
        """See `Log.position`."""
        self._check()
        return len(self._deliveries)

    def as_of(self, position: int | None = None) -> datetime | None:
        """See `Log.as_of`."""
        self._check()
        end = len(self._as_of_us) if position is None else min(position, len(self._as_of_us))
        return from_us(self._as_of_us[end - 1]) if end > 0 else None

    def erase(self, seqs: Sequence[int]) -> int:
        """See `Log.erase`."""
        with self._lock:
            self._check()
            return sum(self._drop(seq) for seq in set(seqs) if 0 < seq <= len(self._deliveries))

    def prune(self, sources: Sequence[str], before: datetime) -> int:
        """See `Log.prune`."""
        with self._lock:
            self._check()
            old = [d.seq for d in self._deliveries if d.source in sources and d.received_at < before]
            return sum(self._drop(seq) for seq in old)

    def close(self) -> None:
        """See `Log.close`."""
        self._closed = True

    def _drop(self, seq: int) -> bool:
        delivery = self._deliveries[seq - 1]
        self._deliveries[seq - 1] = msgspec.structs.replace(delivery, body=None)
        return delivery.body is not None

    def _check(self) -> None:
        if self._closed:
            raise Stop("the log is closed")


class MemoryKeyring:
    """The keys that an inbox needs, drawn anew for this process: what they hide, nobody finds again."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def pseudonym(self, text: str) -> str:
        """See `Keyring.pseudonym`."""
        digest = hmac.digest(self._key, text.encode(), "sha256")
        return "p_" + base64.b32encode(digest)[:12].decode().lower()

    def fingerprint(self, body: bytes) -> str:
        """See `Keyring.fingerprint`."""
        return hmac.digest(self._key, b"body\0" + body, "sha256").hex()[:32]

    def seal(self, body: bytes, at: datetime) -> tuple[str, bytes]:
        """The month, and nothing: what can't be redacted is not kept by a process that ends."""
        del body
        return f"{at:%Y-%m}", b""


class MemoryViews:
    """`model.ports.Views` over dicts."""

    def __init__(self) -> None:
        self._views: dict[str, dict[str, bytes]] = {}
        self._put: tuple[int, datetime | None] = (0, None)

    def put(self, position: int, as_of: datetime, views: Mapping[str, Mapping[str, bytes]]) -> None:
        """See `Views.put`."""
        self._views |= {name: dict(sorted(rows.items())) for name, rows in views.items()}
        self._put = (position, as_of)

    def get(self, view: str) -> dict[str, bytes]:
        """See `Views.get`."""
        return dict(self._views.get(view, {}))

    def position(self) -> int:
        """See `Views.position`."""
        return self._put[0]

    def as_of(self) -> datetime | None:
        """See `Views.as_of`."""
        return self._put[1]

    def close(self) -> None:
        """See `Views.close`; nothing is held."""
