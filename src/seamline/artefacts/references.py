"""Documents that refer to other files of the repository, made one: every `$ref` that can be followed is local.

What another file holds stands under `x-files`, by its path, each file once. A reference to another host stays as it
is written, and so does one to a file that is not there.
"""

from collections.abc import Callable, Mapping
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote, urljoin

FILES = "x-files"
_SAID = ("description", "summary")  # of which no rule speaks, and which are most of a document's length
Loaded = Callable[[str], Any]  # a path in the repository -> its content, None when there is none


class Bundle:
    """One document and the files it needs. `lost` has the references to files that could not be followed.

    `named`: addresses that schemas give themselves (`$id`) -> the file of each.
    """

    def __init__(
        self, path: str, content: Any, loaded: Loaded, named: Mapping[str, str] | None = None
    ) -> None:
        self._path, self._loaded, self._named = path, loaded, named or {}
        self._bases = {file: identifier for identifier, file in self._named.items()}
        self._files: dict[str, Any] = {}
        self._waiting: list[tuple[str, Any]] = []
        self.lost: list[str] = []
        whole = self._copied(content, path, {})
        self._fetch()
        self.content = {**whole, FILES: self._files} if self._files and isinstance(whole, dict) else whole

    def _fetch(self) -> None:
        while self._waiting:
            path, content = self._waiting.pop()
            self._files[path] = self._copied(content, path, {})

    def _copied(self, value: Any, path: str, done: dict[int, Any]) -> Any:
        """The value without prose, its references made local. What is shared stays shared."""
        if id(value) in done:
            return done[id(value)]
        copy: Any
        if isinstance(value, Mapping):
            copy = done[id(value)] = {}
            for key, item in value.items():
                if key in _SAID and isinstance(item, str):
                    continue
                is_ref = key in ("$ref", "$dynamicRef") and isinstance(item, str)
                copy[key] = self._local(item, path) if is_ref else self._copied(item, path, done)
        elif isinstance(value, list):
            copy = done[id(value)] = []
            copy.extend(self._copied(item, path, done) for item in value)
        else:
            copy = value
        return copy

    def _local(self, ref: str, path: str) -> str:
        """A reference as it reads from the top of the bundle."""
        address, _, pointer = ref.partition("#")
        target = self._target(address, path)
        if target is None:
            return ref
        if target == self._path:
            return f"#{pointer}"
        if target not in self._files:
            self._files[target] = None
            self._waiting.append((target, self._loaded(target)))
        inside = f"#/{FILES}/{target.replace('~', '~0').replace('/', '~1')}"
        return inside + (pointer if pointer.startswith("/") or not pointer else f"#{pointer}")

    def _target(self, address: str, path: str) -> str | None:
        """The file that an address means; None for another host, and for a file that is not there."""
        if not address:
            return path
        for known in (address, _absolute(self._bases.get(path, ""), address)):
            if known in self._named:
                return self._named[known]
        if "://" in address or address.startswith(("urn:", "//")):
            return None
        target = normpath(join(dirname(path), unquote(address)))
        if target == self._path or self._loaded(target) is not None:
            return target
        self.lost.append(address)
        return None


def _absolute(base: str, address: str) -> str:
    """An address as one reads it from another; the address itself where either is no address."""
    try:
        return urljoin(base, address)
    except ValueError:
        return address
