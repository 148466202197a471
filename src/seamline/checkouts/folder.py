"""A working tree as it is on disk, with or without git."""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from seamline.checkouts import git
from seamline.checkouts.limits import in_words, is_foreign, is_own, limit_of
from seamline.model.artefact import Artefact, Place, Unread
from seamline.model.errors import Fix

# dbt writes them where git is told not to look; they are all that says how its models compile.
_COMPILED = ("target/manifest.json", "target/catalog.json", "target/run_results.json")
_OWNERSHIP = frozenset({
    "CODEOWNERS", ".github/CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS",
})  # fmt: skip


class Folder:
    """The files of one folder: `model.ports.Checkout`.

    Where git knows it, the files are those that git would take (tracked, or new and not ignored), else all.
    `within` narrows it to some folders of the repository; its ownership files count all the same. `apart` are
    repositories of their own below it.
    """

    def __init__(
        self,
        root: Path,
        *,
        repository: str,
        tracked: bool,
        within: Sequence[str] = (),
        apart: Sequence[Path] = (),
    ) -> None:
        self.root = root
        self.repository = repository
        self.revision = git.head_of(root) if tracked and git.is_clean(root) else ""
        self._unread: list[Unread] = []
        self._within = tuple(f"{folder}/" for folder in within)
        self._apart = tuple(f"{folder.relative_to(root).as_posix()}/" for folder in apart)
        self._paths = tuple(sorted(path for path in self._found(tracked) if self._counts(path)))

    def _found(self, tracked: bool) -> set[str]:
        if tracked:
            try:
                return self._listed()
            except Fix as error:
                self._tell("", str(error), error.hint)
        return set(self._walked())

    def _listed(self) -> set[str]:
        said = git.git(self.root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        listed = {os.fsdecode(name) for name in said.split(b"\0") if name}
        compiled = {
            path
            for name in listed
            if name.rpartition("/")[2] in ("dbt_project.yml", "dbt_project.yaml")
            for made in _COMPILED
            if (self.root / (path := f"{name.rpartition('/')[0]}/{made}".lstrip("/"))).is_file()
        }
        return {path for path in listed | compiled if not path.endswith("/")}

    def _walked(self) -> Iterator[str]:
        for at, folders, files in os.walk(self.root, onerror=self._no_way):
            folders[:] = sorted(
                f for f in folders if not is_foreign(f) or os.path.islink(os.path.join(at, f))
            )
            inside = os.path.relpath(at, self.root)
            prefix = "" if inside == "." else inside.replace(os.sep, "/") + "/"
            for folder in folders:
                if os.path.islink(os.path.join(at, folder)):
                    self._tell_of_linked(prefix + folder)
            yield from (prefix + name for name in files)

    def _no_way(self, error: OSError) -> None:
        where = os.path.relpath(error.filename or self.root, self.root)
        self._tell(
            where.replace(os.sep, "/"),
            f"can't be opened ({error.strerror})",
            "give this user the right to read it",
        )

    def _tell_of_linked(self, path: str) -> None:
        """Folders behind links are not walked: inside they are read under their own name, outside they aren't ours."""
        try:
            to = (self.root / path).resolve(strict=True)
        except (OSError, RuntimeError) as error:
            self._tell(path, _in_words(error), "remove the link, or mend it")
            return
        if not to.is_relative_to(self.root.resolve()):
            self._tell(path, "a link to a folder elsewhere", f"name {to} as well, if it belongs to the stack")

    def _counts(self, path: str) -> bool:
        """Whether it is part of what was asked for."""
        if path.startswith(self._apart) if self._apart else False:
            return False
        if self._within and not path.startswith(self._within) and path not in _OWNERSHIP:
            return False
        return is_own(path)

    def paths(self) -> Sequence[str]:
        """See `Checkout.paths`."""
        return self._paths

    def read(self, paths: Sequence[str]) -> Iterator[Artefact]:
        """See `Checkout.read`."""
        for path in paths:
            try:
                data = self._bytes(path)
            except ValueError as error:
                self._tell(path, str(error), "let it lead to a file of the same repository")
            except (OSError, RuntimeError) as error:
                self._tell(path, _in_words(error), "mend or remove it")
            else:
                if data is not None:
                    yield Artefact(self.repository, path.encode("utf-8", "replace").decode(), data)

    def _bytes(self, path: str) -> bytes | None:
        """The file's bytes; None, and told of, when it is nothing to be read. A folder is passed over."""
        file = self.root / path
        if file.is_symlink() and not file.resolve(strict=True).is_relative_to(self.root.resolve()):
            raise ValueError("a link that leads out of the repository")
        known = file.stat()
        if stat.S_ISDIR(known.st_mode):
            self._tell_of_submodule(path)
            return None
        if not stat.S_ISREG(known.st_mode):
            self._tell(path, "no file but a pipe, a socket or a device", "remove it from the repository")
            return None
        if known.st_size > limit_of(path):
            why = f"{in_words(known.st_size)}, more than the {in_words(limit_of(path))} that are read"
            self._tell(path, why, "leave it out of the repository, or split it")
            return None
        data = file.read_bytes()
        if data.startswith(git.LFS):
            self._tell(path, "only a pointer: its content lies in Git LFS", "git lfs pull")
            return None
        return data

    def _tell_of_submodule(self, path: str) -> None:
        if not self.root.joinpath(path).is_symlink() and not any(self.root.joinpath(path).iterdir()):
            self._tell(path, "a submodule that is not there", "git submodule update --init")

    def _tell(self, path: str, why: str, mend: str) -> None:
        told = Unread(Place(self.repository, path.encode("utf-8", "replace").decode()), why, mend)
        if told not in self._unread:
            self._unread.append(told)

    def unread(self) -> Sequence[Unread]:
        """See `Checkout.unread`."""
        return tuple(self._unread)


def _in_words(error: OSError | RuntimeError) -> str:
    if isinstance(error, RuntimeError) or error.errno == 40:  # ELOOP; pathlib says RuntimeError
        return "links in a circle"
    if isinstance(error, FileNotFoundError):
        return "it is not there: deleted, or a link to nothing"
    return f"can't be read ({error.strerror})"
