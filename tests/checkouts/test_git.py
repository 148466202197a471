"""A revision is read out of git's store; what git can't give is one line with the mend."""

import os
import subprocess
from pathlib import Path

import pytest

from seamline.checkouts import git
from seamline.checkouts.git import Revision
from seamline.model.errors import Fix


def run(root: Path, *arguments: str) -> str:
    """git in a repository of the test's own."""
    identity = ["-c", "user.name=T", "-c", "user.email=t@t.invalid", "-c", "protocol.file.allow=always"]
    done = subprocess.run(
        ["git", *identity, "-C", str(root), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(root: Path, said: str, **files: str) -> str:
    """Write files (`a__b` is a/b), commit, and give the sha."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    run(root, "add", "-A")
    run(root, "commit", "-q", "-m", said)
    return run(root, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit on `main`."""
    root = tmp_path / "pay"
    root.mkdir()
    run(root, "init", "-q", "-b", "main")
    commit(root, "first", a="1", sub__b="2")
    return root


def read(revision: Revision) -> dict[str, bytes]:
    return {a.path: a.data for a in revision.read(revision.paths())}


def test_a_revision_is_read_without_a_checkout(repository: Path) -> None:
    """An older commit's files are given though the tree has moved on."""
    first = git.head_of(repository)
    commit(repository, "second", a="changed", c="3")
    assert read(Revision(repository, first)) == {"a": b"1", "sub/b": b"2"}
    assert read(Revision(repository, "main")) == {"a": b"changed", "c": b"3", "sub/b": b"2"}


def test_odd_names_and_bytes_come_through(repository: Path) -> None:
    """Line feeds and quotes in names, empty files, and files that look like git's own lines."""
    odd = {'new\nline"': b"", "blob 3\n": b"deadbeef missing\n", "ümlaut": b"\x00\xff"}
    for name, data in odd.items():
        (repository / name).write_bytes(data)
    run(repository, "add", "-A")
    run(repository, "commit", "-q", "-m", "odd")
    got = read(Revision(repository, "HEAD"))
    assert {name: got[name] for name in odd} == odd


def test_links_are_followed_within_the_repository_only(repository: Path) -> None:
    """A link to a file is that file; circles and ways out are told of, and the rest is read."""
    for name, target in {
        "same": "a",
        "x": "y",
        "y": "x",
        "out": "../../etc/passwd",
        "abs": "/etc/passwd",
    }.items():
        (repository / name).symlink_to(target)
    run(repository, "add", "-A")
    run(repository, "commit", "-q", "-m", "links")
    revision = Revision(repository, "HEAD")
    assert read(revision) == {"a": b"1", "same": b"1", "sub/b": b"2"}
    assert {u.place.path: u.why for u in revision.unread()} == {
        "abs": "a link that leads out of the repository",
        "out": "a link that leads out of the repository",
        "x": "links in a circle",
        "y": "links in a circle",
    }


def test_a_pointer_of_lfs_is_no_content(repository: Path) -> None:
    """What lies in Git LFS is named, with how to get it."""
    commit(repository, "big", big="version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    revision = Revision(repository, "HEAD")
    assert "big" not in read(revision)
    assert [(u.place.path, u.mend) for u in revision.unread()] == [("big", "git lfs pull")]


def test_what_a_partial_clone_lacks_is_told_of(repository: Path) -> None:
    """Nothing is fetched; the rest is read."""
    sha = run(repository, "rev-parse", "HEAD:a")
    (repository / ".git" / "objects" / sha[:2] / sha[2:]).unlink()
    revision = Revision(repository, "HEAD")
    assert read(revision) == {"sub/b": b"2"}
    assert [(u.place.path, u.mend) for u in revision.unread()] == [("a", "clone the repository in full")]


def test_a_submodule_is_a_repository_of_its_own(repository: Path, tmp_path: Path) -> None:
    """It is named, not read."""
    run(tmp_path, "clone", "-q", str(repository), "other")
    run(repository, "submodule", "--quiet", "add", str(tmp_path / "other"), "lib")
    run(repository, "commit", "-q", "-m", "lib")
    revision = Revision(repository, "HEAD")
    assert "lib" not in revision.paths()
    assert "submodule" in revision.unread()[0].why


def test_the_common_commit_is_found(repository: Path) -> None:
    """`merge_base` gives where a branch left the base."""
    first = git.head_of(repository)
    run(repository, "switch", "-q", "-c", "work")
    commit(repository, "on work", a="2")
    run(repository, "switch", "-q", "main")
    commit(repository, "on main", c="2")
    assert git.merge_base(repository, "main", "work") == first


def test_a_missing_base_says_how_to_get_it(repository: Path) -> None:
    """The line names the revision; the mend names the fetch."""
    with pytest.raises(Fix, match="has no revision 'origin/main'") as caught:
        git.merge_base(repository, "origin/main")
    assert caught.value.hint == "git fetch origin main; in CI, fetch-depth: 0"


def test_a_shallow_clone_says_so(repository: Path, tmp_path: Path) -> None:
    """Where history was cut off, the mend is to get it."""
    run(repository, "switch", "-q", "-c", "work")
    commit(repository, "on work", a="2")
    run(repository, "switch", "-q", "main")
    commit(repository, "on main", c="2")
    url = repository.as_uri()
    run(tmp_path, "clone", "-q", "--depth=1", "--no-single-branch", url, "shallow")
    shallow = tmp_path / "shallow"
    assert git.is_shallow(shallow)
    for base in ("origin/work", "origin/gone"):
        with pytest.raises(Fix) as caught:
            git.merge_base(shallow, base)
        assert "git fetch --unshallow" in caught.value.hint


@pytest.mark.parametrize(
    "revision", ["", "--upload-pack=touch /tmp/x", "-h", "a b", "main..work", "HEAD:a", "no\nway"]
)
def test_what_is_no_revision_is_refused(repository: Path, revision: str) -> None:
    """Options, ranges, files and blanks never reach git as such."""
    with pytest.raises(Fix):
        git.commit_of(repository, revision)


def test_a_plain_folder_is_no_repository(tmp_path: Path) -> None:
    """The line says so."""
    with pytest.raises(Fix, match="is not a git repository"):
        git.commit_of(tmp_path, "HEAD")


def test_nothing_that_a_repository_configures_is_run(repository: Path, tmp_path: Path) -> None:
    """Neither monitors nor hooks of the repository's own configuration start."""
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    run(repository, "config", "core.fsmonitor", str(trap))
    run(repository, "config", "core.hooksPath", str(tmp_path))
    git.is_clean(repository)
    git.git(repository, "ls-files", "--others")
    assert not (tmp_path / "sprung").exists()


def test_the_callers_own_git_variables_lead_nowhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook's GIT_DIR, say, doesn't make us read another repository."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert git.head_of(repository)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://github.com/acme/pay.git", "acme/pay"),
        ("git@github.com:acme/pay.git", "acme/pay"),
        ("ssh://git@host:2222/group/sub/pay/", "sub/pay"),
        ("pay", "pay"),
        ("", ""),
    ],
)
def test_a_repository_is_called_as_its_address_ends(url: str, name: str) -> None:
    """Owner and name, whatever the spelling of the address."""
    assert git.slug(url) == name


@pytest.mark.parametrize("name", ["ev", "a=b"])
def test_comparing_files_runs_no_filter(repository: Path, tmp_path: Path, name: str) -> None:
    """A filter that the repository sets up, under whatever name, is not asked what a touched file holds."""
    commit(repository, "attributes", **{".gitattributes": f"* filter={name}\n"})
    trap, sprung = tmp_path / "trap", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n")
    trap.chmod(0o755)
    for kind in ("clean", "smudge", "process"):
        run(repository, "config", f"filter.{name}.{kind}", str(trap))
    run(repository, "config", f"filter.{name}.required", "true")
    os.utime(repository / ".gitattributes", (0, 0))
    git.is_clean(repository)
    assert not sprung.exists()


def test_a_repository_does_not_name_another_folder_as_its_own(repository: Path, tmp_path: Path) -> None:
    """With `core.worktree` elsewhere it is no repository that can be read."""
    (tmp_path / "elsewhere").mkdir()
    run(repository, "config", "core.worktree", str(tmp_path / "elsewhere"))
    assert git.top_of(repository) is None
