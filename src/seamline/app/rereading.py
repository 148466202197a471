"""Two states of one repository are read alike, and what is the same in both is read once."""

from collections.abc import Iterator, Mapping, Sequence

from seamline.model.artefact import Artefact, Found, Unread
from seamline.model.ports import Checkout, Reader

# dbt builds them, and git is told to leave them out: they may be of any earlier state.
_BUILT = ("target/manifest.json", "target/catalog.json", "target/run_results.json")


class Once:
    """A reader that remembers its last answer, and gives it again for the same files."""

    __slots__ = ("_files", "_found", "_reader", "name")

    def __init__(self, reader: Reader) -> None:
        self.name = reader.name
        self._reader = reader
        self._files: list[Artefact] | None = None
        self._found: list[Found] = []

    def takes(self, path: str) -> bool:
        """See `Reader.takes`."""
        return self._reader.takes(path)

    def read(self, files: Sequence[Artefact]) -> Iterator[Found]:
        """See `Reader.read`. An answer that broke off is not remembered."""
        if self._files == list(files):
            yield from self._found
            return
        found: list[Found] = []
        self._files = None
        for one in self._reader.read(files):
            found.append(one)
            yield one
        self._files, self._found = list(files), found


def once(readers: Mapping[str, Reader]) -> dict[str, Reader]:
    """All of them so. They keep the files of one state, and what was found in it, for as long as they live."""
    return {name: Once(reader) for name, reader in readers.items()}


class Unbuilt:
    """A checkout without what was built in it, unless it is kept with the sources: `model.ports.Checkout`."""

    __slots__ = ("_checkout", "_paths", "repository", "revision")

    def __init__(self, checkout: Checkout, kept: Sequence[str]) -> None:
        self.repository, self.revision = checkout.repository, checkout.revision
        self._checkout = checkout
        built = {p for p in checkout.paths() if f"/{p}".endswith(tuple(f"/{b}" for b in _BUILT))}
        left_out = built.difference(kept)
        self._paths = tuple(path for path in checkout.paths() if path not in left_out)

    def paths(self) -> Sequence[str]:
        """See `Checkout.paths`."""
        return self._paths

    def read(self, paths: Sequence[str]) -> Iterator[Artefact]:
        """See `Checkout.read`."""
        return self._checkout.read(paths)

    def unread(self) -> Sequence[Unread]:
        """See `Checkout.unread`."""
        return self._checkout.unread()


def alike(before: Checkout, after: Checkout) -> tuple[Checkout, Checkout]:
    """Both states, so that a build which lies in the working tree is not held against sources that have none."""
    return before, Unbuilt(after, before.paths())
