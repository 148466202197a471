"""The narrow doors between the rooms. Implementations are picked in `bootstrap` alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol, TypeVar

from seamline.model.artefact import Artefact, Found, Unread
from seamline.model.delivery import Appended, Delivery, Received
from seamline.model.event import Event
from seamline.model.intent import Intent, Outcome

A = TypeVar("A")
B = TypeVar("B")

Pseudonym = Callable[[str], str]


class Source(Protocol):
    """One tool that sends deliveries. A module `seamline.sources.<name>` is a Source by its attributes.

    All functions but `verify` are pure. `headers` have lower-case names. Four more are a source's choice:

    - `reply(path, headers, body) -> Reply | None`: what this sender reads once its delivery is stored, where
      its standard asks for more than `paths` says. `path` is the one it was posted to; None: the usual answer.
    - `preflight(headers) -> Reply`: the answer to OPTIONS at its paths.
    - `repeat_s`: seconds within which equal bodies without a delivery id are one delivery (default: for ever).
    - `words(delivery) -> Iterator[Word]`: what people said through this tool that is a record, not an event.
    """

    name: str
    retention: Literal["record", "telemetry"]
    paths: Mapping[str, int]  # standard paths beside /in/{name} -> the standard's own status on success

    def key(self, headers: Mapping[str, str], body: bytes) -> str:
        """The sender's delivery id; "" when it sends none. Never raises."""

    def verify(
        self, headers: Mapping[str, str], body: bytes, secrets: Sequence[bytes], now: datetime
    ) -> bool:
        """Whether the raw bytes carry a valid proof of the sender, compared in constant time.

        Several secrets may be valid at once (rotation). No secrets at all: False. At the door only.
        """

    def redact(self, headers: Mapping[str, str], body: bytes, pseudonym: Pseudonym) -> bytes:
        """The body with personal fields replaced by keyed pseudonyms; the same bytes when there are none.

        Raises Unreadable when it can't tell (the inbox then seals the body).
        """

    def parse(self, delivery: Delivery) -> Iterator[Event]:
        """The events of a delivery, in its own order; none for kinds that say nothing of the stack.

        Raises Unreadable with a reason for a body that is not what this tool sends; no other error.
        """


class Reader(Protocol):
    """Reads one kind of artefact. A module `seamline.artefacts.<name>` is a Reader by its attributes. Pure."""

    name: str

    def takes(self, path: str) -> bool:
        """Whether a file may be of this kind, by its path alone. Cheap; a wrong yes costs a look at the bytes."""

    def read(self, files: Sequence[Artefact]) -> Iterator[Found]:
        """What the files of one repository say, all that `takes` took, sorted by path.

        Never raises for what a file holds: that is `Unread`, with the mend, and the other files are still read.
        A file that turns out to be of another kind gives nothing.
        """


class Checkout(Protocol):
    """One repository at one state: a working tree, or a revision of git."""

    repository: str
    revision: str  # full commit sha, "" for a tree that git doesn't know

    def paths(self) -> Sequence[str]:
        """Every file that could be read, sorted, relative to the root, with forward slashes."""

    def read(self, paths: Sequence[str]) -> Iterator[Artefact]:
        """These files in this order. What can't be read is left out and told by `unread`."""

    def unread(self) -> Sequence[Unread]:
        """What could not be walked or read so far: links in a circle, files too large, rights."""


class Log(Protocol):
    """The append-only truth. One writer; readers see whole batches."""

    def append(self, batch: Sequence[Received]) -> list[Appended]:
        """Store a batch durably and in order, in one transaction; all or nothing.

        A delivery that is there already (by source and key, else by source and sha256) is not stored
        again: its first seq comes back with `duplicate`. Raises Retry when the disk is full or the store busy.
        """

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Delivery]:
        """Deliveries with after < seq <= until, ascending."""

    def position(self) -> int:
        """The highest seq, 0 when empty."""

    def as_of(self, position: int | None = None) -> datetime | None:
        """The latest received_at up to a position (default: the end); None when empty."""

    def erase(self, seqs: Sequence[int]) -> int:
        """Remove the bodies at these positions; envelopes stay. Returns how many had one. Twice is harmless."""

    def prune(self, sources: Sequence[str], before: datetime) -> int:
        """End the retention of these sources' bodies received before a time; returns how many went."""

    def close(self) -> None:
        """Give the store back; the log can't be used afterwards. Twice is harmless."""


class Views(Protocol):
    """Opinions and lists as of one log position, kept for fast reading; always rebuildable from the log."""

    def put(self, position: int, as_of: datetime, views: Mapping[str, Mapping[str, bytes]]) -> None:
        """Replace these views' rows (view name -> row key -> JSON), in one transaction."""

    def get(self, view: str) -> dict[str, bytes]:
        """All rows of a view by key, sorted by key; empty when it was never put."""

    def position(self) -> int:
        """The log position of the latest put; 0 when none."""

    def as_of(self) -> datetime | None:
        """The as_of of the latest put; None when none."""

    def close(self) -> None:
        """Give the store back. Twice is harmless."""


class Runner(Protocol):
    """Where heavy work runs: this process, or a pool."""

    def map(self, fn: Callable[[A], B], partitions: Sequence[A]) -> list[B]:
        """`fn` of each partition, in the partitions' order."""


class Action(Protocol):
    """One tool we speak to. Input and output only: what is said, and to whom, is decided before."""

    name: str  # of the source whose tickets it answers

    def perform(self, intent: Intent) -> Outcome:
        """Say it in the tool. Called again for the same intent it changes nothing and is Done.

        Blocks for seconds at most. Never raises for what the tool or the way to it does.
        """
