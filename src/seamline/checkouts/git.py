"""What git knows of a repository: asked, never changed.

Nothing that a repository configures is run (hooks, monitors, filters, pagers), nothing is fetched, nothing is asked of
a person. A revision is read out of git's own store, without a checkout.
"""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, NamedTuple

from seamline.checkouts.limits import in_words, is_own, limit_of
from seamline.checkouts.links import resolved
from seamline.model.artefact import Artefact, Place, Unread
from seamline.model.errors import Fix

TIMEOUT_S = 120.0
LFS = b"version https://git-lfs.github.com/spec/v1"
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_LINK, _SUBMODULE = "120000", "160000"
_SAFE = (
    "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "core.quotePath=false",
    "protocol.allow=never", "safe.directory=*",  # a folder that the caller named, with all of the above shut off
)  # fmt: skip


class _Entry(NamedTuple):
    """A file of a tree."""

    mode: str
    sha: str
    n_bytes: int


def git(root: Path, *arguments: str, settings: Mapping[str, str] | None = None) -> bytes:
    """What git prints. Raises Fix with git's own first line for whatever it refuses, and for more than two minutes."""
    try:
        done = subprocess.run(
            _command(root, arguments), capture_output=True, check=False, timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL, env=_environment(settings or {}),
        )  # fmt: skip
    except FileNotFoundError:
        raise Fix("git is not installed", hint="install git, or read the folder as it is") from None
    except subprocess.TimeoutExpired:
        raise Fix(
            f"{root}: git {arguments[0]} took more than {TIMEOUT_S:.0f} s", hint="try it by hand"
        ) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it gave no reason"]
        raise Fix(f"{root}: git {arguments[0]}: {said[0]}", hint=f"try it by hand: git {arguments[0]}")
    return done.stdout


def _command(root: Path, arguments: Sequence[str]) -> list[str]:
    settings = [part for setting in _SAFE for part in ("-c", setting)]
    return ["git", "--no-pager", "--literal-pathspecs", *settings, "-C", str(root), *arguments]


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The caller's, without anything that points git elsewhere; `settings` go before those of the repository."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for n, (name, value) in enumerate(settings.items()):  # a name may hold a `=`, which -c can't tell
        own |= {f"GIT_CONFIG_KEY_{n}": name, f"GIT_CONFIG_VALUE_{n}": value}
    return own | {
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1", "GIT_NO_REPLACE_OBJECTS": "1", "GIT_ASKPASS": "true", "LC_ALL": "C",
    }  # fmt: skip


def top_of(path: Path) -> Path | None:
    """The root of the working tree that a folder is in; None when git knows of none, or isn't there."""
    try:
        said = git(path, "rev-parse", "--show-toplevel").decode(errors="surrogateescape").rstrip("\n")
    except Fix:
        return None
    top = Path(said)
    # A repository may say that its working tree is somewhere else, and that is nobody's to read.
    return top if said and Path(os.path.realpath(path)).is_relative_to(os.path.realpath(top)) else None


def head_of(root: Path) -> str:
    """The full sha of HEAD, "" before the first commit."""
    try:
        return git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()
    except Fix:
        return ""


def default_branch(root: Path) -> str:
    """The branch that changes go to, as far as this clone knows. Raises Fix where it knows of none."""
    for name in ("origin/HEAD", "origin/main", "origin/master", "main", "master"):
        try:
            git(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except Fix:
            continue
        return name
    raise Fix(f"{root}: has no main branch to compare with", hint="name one: --base REVISION")


def is_clean(root: Path) -> bool:
    """Whether the files are those of HEAD."""
    try:
        said = git(root, "status", "--porcelain", "--ignore-submodules=all", settings=_without_filters(root))
        return not said.strip()
    except Fix:
        return False


def _without_filters(root: Path) -> dict[str, str]:
    """Settings that leave every filter of the repository without a program: to compare files, git would run them."""
    try:
        said = git(root, "config", "--includes", "--name-only", "-z", "--get-regexp", r"^filter\.")
    except Fix:
        return {}  # it has none
    names = [os.fsdecode(name) for name in said.split(b"\0") if name]
    return {name: "false" if name.endswith(".required") else "" for name in names}


def is_shallow(root: Path) -> bool:
    """Whether older commits were left out when it was cloned."""
    return git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"


def name_of(root: Path) -> str:
    """What people call a repository: the last part of `origin`'s address, else its folder's name."""
    return slug_of(root).rpartition("/")[2] or root.resolve().name.removesuffix(".git")


def slug_of(root: Path) -> str:
    """`owner/name` as `origin` has it, "" without one.

    A path on this machine is no address that people know a repository by, but its last part names it.
    """
    try:
        url = git(root, "config", "--get", "remote.origin.url").decode(errors="replace").strip()
    except Fix:
        return ""
    return slug(url)


def slug(url: str) -> str:
    """The last two parts of a repository's address.

    >>> slug("git@github.com:acme/pay.git"), slug("https://x:secret@gitlab.com/acme/sub/pay/"), slug("/srv/pay.git")
    ('acme/pay', 'sub/pay', 'srv/pay')
    """
    path = re.sub(r"^[a-z+]+://[^/]*|^[^/:]+:(?!//)", "", url.strip(), flags=re.IGNORECASE)
    parts = [part for part in path.removesuffix("/").removesuffix(".git").split("/") if part]
    return "/".join(parts[-2:])


def user_of(root: Path) -> str:
    """The name that commits made here would bear, "" when git was told none."""
    try:
        return git(root, "config", "--get", "user.name").decode(errors="replace").strip()
    except Fix:
        return ""


def commit_of(root: Path, revision: str) -> str:
    """The full sha of the commit that a revision names.

    Raises Fix, with the mend, for a folder that is no repository, and for a revision that isn't in it.
    """
    if not revision or revision.startswith("-") or any(c.isspace() or not c.isprintable() for c in revision):
        raise Fix(f"{revision!r} is no revision", hint="name a branch, a tag or a commit")
    if top_of(root) is None and not is_bare(root):
        raise Fix(f"{root}: is not a git repository", hint="name a folder that git knows")
    try:
        return (
            git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            .decode()
            .strip()
        )
    except Fix:
        raise Fix(f"{root}: has no revision {revision!r}", hint=_fetch(root, revision)) from None


def is_bare(root: Path) -> bool:
    """Whether a folder is a repository without a working tree."""
    try:
        return git(root, "rev-parse", "--is-bare-repository").strip() == b"true"
    except Fix:
        return False


def _fetch(root: Path, revision: str) -> str:
    """How to get a revision that isn't there."""
    remote, _, branch = revision.partition("/")
    if not branch or not remote.isidentifier():
        remote, branch = "origin", revision
    if is_shallow(root):
        return "this is a shallow clone: git fetch --unshallow; in CI, fetch-depth: 0"
    if _SHA.match(revision):
        return f"git fetch {remote} {revision}"
    return f"git fetch {remote} {branch}; in CI, fetch-depth: 0"


def merge_base(root: Path, base: str, head: str = "HEAD") -> str:
    """The commit from which `head` went its own way.

    Raises Fix with the mend where a revision is missing, where the clone is too shallow to tell, and where
    the two have no common history.
    """
    one, other = commit_of(root, base), commit_of(root, head)
    try:
        return git(root, "merge-base", one, other).decode().strip()
    except Fix:
        why = f"{root}: {base} and {head} have no common commit here"
        hint = (
            "git fetch --unshallow; in CI, fetch-depth: 0"
            if is_shallow(root)
            else "compare with a branch it came from"
        )
        raise Fix(why, hint=hint) from None


class Revision:
    """One commit of a repository, out of git's own store: `model.ports.Checkout`.

    `root` may be a working tree or a bare repository. What is foreign (`limits`) is passed over as on disk.
    """

    def __init__(self, root: Path, revision: str, *, repository: str = "") -> None:
        self.root = root
        self.revision = commit_of(root, revision)
        self.repository = repository or name_of(root)
        self._unread: list[Unread] = []
        self._entries = self._listed()

    def _listed(self) -> dict[str, _Entry]:
        listed = git(self.root, "ls-tree", "-r", "-z", "-l", "--full-tree", self.revision)
        out: dict[str, _Entry] = {}
        for line in listed.split(b"\0")[:-1]:
            meta, _, path = line.partition(b"\t")
            mode, _, sha, size = meta.decode().split()
            name = path.decode(errors="replace")
            if mode == _SUBMODULE:
                self._tell(name, "another repository (a submodule)", "name its own checkout as well")
            elif is_own(name):
                out[name] = _Entry(
                    mode, sha, int(size) if size.isdecimal() else 0
                )  # a partial clone lacks some
        return dict(sorted(out.items()))

    def paths(self) -> Sequence[str]:
        """See `Checkout.paths`."""
        return tuple(self._entries)

    def read(self, paths: Sequence[str]) -> Iterator[Artefact]:
        """See `Checkout.read`. One process reads them all; at most one file is held at a time."""
        wanted = [(path, entry) for path in paths if (entry := self._readable(path)) is not None]
        if not wanted:
            return
        with subprocess.Popen(
            _command(self.root, ("cat-file", "--batch")), env=_environment({}),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            asks, answers = process.stdin, process.stdout
            assert asks is not None
            assert answers is not None
            try:
                for path, entry in wanted:
                    data = _blob(asks, answers, entry.sha)
                    if (artefact := self._artefact(path, data)) is not None:
                        yield artefact
            finally:
                with suppress(OSError):  # git ended before us
                    asks.close()

    def _readable(self, path: str) -> _Entry | None:
        """The file, links followed; None, and told of, when it can't be read."""
        entry = self._entries.get(path)
        if entry is not None and entry.mode == _LINK:
            entry = self._linked(path)
        if entry is not None and entry.n_bytes > limit_of(path):
            self._tell(path, f"{in_words(entry.n_bytes)}, more than the {in_words(limit_of(path))} that are read",
                       "leave it out of the repository, or split it")  # fmt: skip
            return None
        return entry

    def _linked(self, path: str) -> _Entry | None:
        def target_of(at: str) -> str | None:
            entry = self._entries.get(at)
            if entry is None or entry.mode != _LINK:
                return None
            return git(self.root, "cat-file", "blob", entry.sha).decode(errors="replace")

        try:
            return self._entries.get(resolved(path, target_of))
        except ValueError as error:
            self._tell(path, str(error), "let it lead to a file of the same repository")
            return None

    def _artefact(self, path: str, data: bytes | None) -> Artefact | None:
        if data is None:
            self._tell(path, "git lacks its content (a partial clone?)", "clone the repository in full")
        elif data.startswith(LFS):
            self._tell(path, "only a pointer: its content lies in Git LFS", "git lfs pull")
        else:
            return Artefact(self.repository, path, data)
        return None

    def _tell(self, path: str, why: str, mend: str) -> None:
        told = Unread(Place(self.repository, path), why, mend)
        if told not in self._unread:
            self._unread.append(told)

    def unread(self) -> Sequence[Unread]:
        """See `Checkout.unread`."""
        return tuple(self._unread)


def _blob(asks: IO[bytes], answers: IO[bytes], sha: str) -> bytes | None:
    """One object's bytes; None when it is not there."""
    try:
        asks.write(sha.encode() + b"\n")
        asks.flush()
    except OSError:
        return None
    header = answers.readline().split()
    if len(header) != 3:
        return None
    n_bytes = int(header[2])
    data = answers.read(n_bytes)
    answers.read(1)
    return data if len(data) == n_bytes else None
