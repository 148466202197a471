"""Which repositories there are where people point: a repository, a folder of them, or a part of one."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from seamline.checkouts import git
from seamline.checkouts.folder import Folder
from seamline.checkouts.git import Revision
from seamline.checkouts.limits import is_foreign
from seamline.model.errors import Fix
from seamline.model.ports import Checkout

FEWEST = 2  # folders that have to look like a repository's root for those beside them to be taken for one
# What stands at the root of a repository.
_MARK = re.compile(
    r"\.git|\.github|\.gitlab|\.gitignore|\.gitlab-ci\.yml|CODEOWNERS|README.*|LICEN[CS]E.*|Dockerfile|Makefile"
    r"|(?:docker-)?compose\.ya?ml|catalog-info\.ya?ml|dbt_project\.ya?ml|pyproject\.toml|setup\.py|manage\.py|alembic\.ini"
    r"|package\.json|composer\.json|go\.mod|Gemfile|Cargo\.toml|pom\.xml|build\.gradle(?:\.kts)?|mix\.exs",
    re.IGNORECASE,
)
DEEPEST = 8  # levels below a named folder at which repositories are looked for


def at(paths: Sequence[Path]) -> list[Checkout]:
    """The working trees at and below these folders, each once, sorted by name; of a bare repository its HEAD.

    A repository below another (a submodule, a clone) is one of its own. A folder without git is one repository, unless it looks like
    a place where several are kept; so are the files that lie beside the repositories of a folder, if there are any. Raises Fix for a path that is no folder.
    """
    parts: dict[Path, set[str]] = {}  # root -> folders asked for; "" is all
    bare = sorted({folder for path in paths if git.is_bare(folder := _folder(path))})
    for path in paths:
        for root, part in _roots(_folder(path)) if _folder(path) not in bare else ():
            parts.setdefault(root, set()).add(part)
    roots = sorted(parts)
    known = {root: git.top_of(root) == root for root in roots}
    names = _names([*roots, *bare], known | dict.fromkeys(bare, True))
    folders = [
        Folder(
            root, repository=names[root], tracked=known[root],
            within=() if "" in parts[root] else sorted(parts[root]),
            apart=[other for other in roots if other != root and other.is_relative_to(root)],
        )
        for root in roots
    ]  # fmt: skip
    told: list[Checkout] = [f for f in folders if f.paths() or known[f.root] or len(folders) == 1]
    told += [Revision(root, "HEAD", repository=names[root]) for root in bare]
    return sorted(told, key=lambda checkout: checkout.repository)


def _folder(path: Path) -> Path:
    if not path.exists():
        raise Fix(f"{path}: is not there", hint="name folders that hold your checkouts")
    if not path.is_dir():
        raise Fix(f"{path}: is a file", hint="name the folder that it is in")
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise Fix(f"{path}: can't be opened ({error})", hint="name another folder") from None


def _roots(path: Path) -> Iterator[tuple[Path, str]]:
    """(root, the part of it that was asked for) of the repository that a folder is, or is in, and of those below."""
    top = git.top_of(path)
    if top is not None and top != path and not _is_tracked(top, path):
        top = None  # built or cloned into somebody's repository, and ignored there
    if top is None:
        yield path, ""
        yield from ((folder, "") for folder in _side_by_side(path))
    else:
        yield top, "" if top == path else path.relative_to(top).as_posix()
    yield from ((below, "") for below in _below(path))


def _side_by_side(path: Path) -> list[Path]:
    """The folders of one that looks like nothing but a place where repositories are kept, without git's help."""
    try:
        folders = sorted(
            f for f in path.iterdir() if f.is_dir() and not f.is_symlink() and not is_foreign(f.name)
        )
    except OSError:
        return []
    looks = sum(_looks_like_a_root(f) for f in folders)
    return folders if looks >= FEWEST and not _looks_like_a_root(path) else []


def _looks_like_a_root(path: Path) -> bool:
    try:
        return any(_MARK.fullmatch(name) for name in os.listdir(path))
    except OSError:
        return False


def _is_tracked(top: Path, path: Path) -> bool:
    try:
        return bool(git.git(top, "ls-files", "-z", "--", path.relative_to(top).as_posix()))
    except Fix:
        return False


def _below(path: Path) -> Iterator[Path]:
    """Repositories below a folder; nothing behind links."""
    for at_, folders, _ in os.walk(path):
        folders[:] = sorted(f for f in folders if not is_foreign(f))
        here = Path(at_)
        if here != path and (here / ".git").exists() and git.top_of(here) == here:
            yield here
        if len(here.relative_to(path).parts) >= DEEPEST:
            folders.clear()


def _names(roots: Sequence[Path], known: dict[Path, bool]) -> dict[Path, str]:
    """What to call each: its name, with its owner's before it where two are called alike, else with a number."""
    short = {root: git.name_of(root) if known[root] else root.name or "files" for root in roots}
    out: dict[Path, str] = {}
    for root in roots:
        name = short[root]
        if sum(other == name for other in short.values()) > 1:
            name = (git.slug_of(root) if known[root] else "") or f"{root.parent.name}/{root.name}"
        taken, n = name, 2
        while taken in out.values():
            taken, n = f"{name}-{n}", n + 1
        out[root] = taken
    return out
