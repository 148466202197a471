"""Working trees: which repositories there are, which files count, and what is told of the rest."""

import os
from pathlib import Path

import pytest

from seamline.checkouts import finding, limits
from seamline.checkouts.folder import Folder
from seamline.model.errors import Fix
from tests.checkouts.test_git import commit, run


def repository(at: Path, **files: str) -> Path:
    """A repository with these files committed."""
    at.mkdir(parents=True)
    run(at, "init", "-q", "-b", "main")
    commit(at, "first", **(files or {"a": "1"}))
    return at


def write(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_git_decides_which_files_count(tmp_path: Path) -> None:
    """New files count, ignored ones don't."""
    root = repository(tmp_path / "pay")
    write(root, ".gitignore", "new.yaml", "x.log")
    (root / ".gitignore").write_text("*.log\n")
    (folder,) = finding.at([root])
    assert "new.yaml" in folder.paths()
    assert "x.log" not in folder.paths()


def test_what_dbt_compiled_counts_though_git_ignores_it(tmp_path: Path) -> None:
    """`target/` is ignored in every dbt project, and holds the only compiled state."""
    root = repository(tmp_path / "dwh")
    write(root, "wh/dbt_project.yml", "wh/target/manifest.json", "wh/target/other.json")
    (root / ".gitignore").write_text("target/\n")
    (folder,) = finding.at([root])
    assert "wh/target/manifest.json" in folder.paths()
    assert "wh/target/other.json" not in folder.paths()


def test_without_git_all_files_count_but_what_others_wrote(tmp_path: Path) -> None:
    """Packages, caches and made-up test input are passed over."""
    write(
        tmp_path, "k8s/a.yaml", "node_modules/x/b.yaml", ".venv/c.yaml", "vendor/d.yaml", "t/testdata/e.yaml"
    )
    (folder,) = finding.at([tmp_path])
    assert folder.paths() == ("k8s/a.yaml",)
    assert folder.revision == ""


def test_a_folder_of_repositories_is_each_of_them(tmp_path: Path) -> None:
    """And what lies beside them is one of its own."""
    repository(tmp_path / "all" / "one")
    repository(tmp_path / "all" / "deep" / "two")
    write(tmp_path / "all", "CODEOWNERS")
    found = finding.at([tmp_path / "all"])
    assert [(f.repository, list(f.paths())) for f in found] == [
        ("all", ["CODEOWNERS"]),
        ("one", ["a"]),
        ("two", ["a"]),
    ]


def test_folders_side_by_side_are_repositories_without_git_too(tmp_path: Path) -> None:
    """Where two look like a root, and what holds them doesn't."""
    write(tmp_path / "all", "one/README.md", "two/CODEOWNERS", "three/x.yaml", "z.txt")
    found = finding.at([tmp_path / "all"])
    assert [f.repository for f in found] == ["all", "one", "three", "two"]
    write(tmp_path / "mono", "package.json", "one/README.md", "two/README.md")
    assert [f.repository for f in finding.at([tmp_path / "mono"])] == ["mono"]


def test_a_part_of_a_repository_brings_its_ownership_files(tmp_path: Path) -> None:
    """Of a monorepo only what was named is read; who owns it stands at the top."""
    root = repository(tmp_path / "mono", CODEOWNERS="* @a", pay__x="1", book__y="2", ship__z="3")
    found = finding.at([root / "pay", root / "book"])
    assert [(f.repository, f.paths()) for f in found] == [("mono", ("CODEOWNERS", "book/y", "pay/x"))]


def test_a_folder_that_a_repository_ignores_is_its_own(tmp_path: Path) -> None:
    """What was built or cloned into somebody's repository isn't theirs."""
    root = repository(tmp_path / "outer")
    write(root, "build/pay/x.yaml")
    (root / ".gitignore").write_text("build/\n")
    (folder,) = finding.at([root / "build" / "pay"])
    assert (folder.repository, folder.paths()) == ("pay", ("x.yaml",))


def test_a_repository_named_twice_is_one(tmp_path: Path) -> None:
    """By itself and through the folder it is in."""
    root = repository(tmp_path / "all" / "pay")
    assert [f.repository for f in finding.at([tmp_path / "all", root, root]) if f.paths()] == ["pay"]


def test_of_a_bare_repository_its_head_is_read(tmp_path: Path) -> None:
    """A mirror has no working tree."""
    root = repository(tmp_path / "pay")
    run(tmp_path, "clone", "-q", "--bare", str(root), "mirror.git")
    (found,) = finding.at([tmp_path / "mirror.git"])
    assert [a.data for a in found.read(found.paths())] == [b"1"]
    assert found.revision == run(root, "rev-parse", "HEAD")


def test_namesakes_are_told_apart(tmp_path: Path) -> None:
    """By their owners, else by the folders they are in."""
    for owner in ("acme", "other"):
        repository(tmp_path / owner / "pay")
    repository(tmp_path / "third" / "x")
    run(tmp_path / "third" / "x", "remote", "add", "origin", "git@github.com:org/pay.git")
    names = [f.repository for f in finding.at([tmp_path / d for d in ("acme/pay", "other/pay", "third/x")])]
    assert names == ["acme/pay", "org/pay", "other/pay"]


def test_a_clean_tree_is_its_commit(tmp_path: Path) -> None:
    """An edited one is none."""
    root = repository(tmp_path / "pay")
    assert finding.at([root])[0].revision == run(root, "rev-parse", "HEAD")
    (root / "a").write_text("edited")
    assert finding.at([root])[0].revision == ""


def test_what_is_no_file_is_told_of(tmp_path: Path) -> None:
    """Links in circles, to nowhere, or out of the tree, pipes and large files: a line each, and the rest is read."""
    write(tmp_path, "good")
    os.mkfifo(tmp_path / "pipe")
    for name, target in {"x": "y", "y": "x", "gone": "nowhere", "out": "/etc/hostname", "up": "."}.items():
        (tmp_path / name).symlink_to(target)
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(limits.FILE_BYTES + 1)
    (folder,) = finding.at([tmp_path])
    assert [a.path for a in folder.read(folder.paths())] == ["good"]
    assert {u.place.path for u in folder.unread()} == {"gone", "large.txt", "out", "pipe", "x", "y"}


def test_a_folder_that_links_to_itself_ends(tmp_path: Path) -> None:
    """Folders behind links are not walked."""
    write(tmp_path, "a/b")
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert finding.at([tmp_path])[0].paths() == ("a/b",)


def test_manifests_may_be_large(tmp_path: Path) -> None:
    """What machines write has a limit of its own."""
    assert limits.limit_of("target/manifest.json") > limits.limit_of("deploy/app.yaml")
    with (tmp_path / "manifest.json").open("wb") as file:
        file.truncate(limits.FILE_BYTES + 1)
    folder = Folder(tmp_path, repository="dwh", tracked=False)
    assert [len(a.data) for a in folder.read(folder.paths())] == [limits.FILE_BYTES + 1]


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    """With what to name instead."""
    write(tmp_path, "file")
    for path in (tmp_path / "file", tmp_path / "gone"):
        with pytest.raises(Fix, match=str(path)):
            finding.at([path])


def test_a_folder_without_rights_costs_itself_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies beside it is read, and one line names it. (Root may read all: the refusal is the system's, made here.)"""
    (tmp_path / "locked").mkdir()
    (tmp_path / "app.yaml").write_text("a: 1")
    listed = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", refusing)
    folder = Folder(tmp_path, repository="x", tracked=False)
    assert list(folder.paths()) == ["app.yaml"]
    (told,) = folder.unread()
    assert "locked" in str(told.place)
