"""Readers for two states of one repository: what is the same in both is read once."""

from collections.abc import Iterator, Mapping, Sequence

from seamline.model.artefact import Artefact, Found
from seamline.model.ports import Reader


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
