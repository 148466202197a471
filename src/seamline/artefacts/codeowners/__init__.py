"""CODEOWNERS of GitHub and GitLab: the one file that counts, its rules in their order.

Contracts: https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
and https://docs.gitlab.com/user/project/codeowners/reference. What the rules fit is `analysis.survey.path_rules`.
"""

from collections.abc import Iterator, Sequence

from seamline.artefacts.codeowners import github, gitlab
from seamline.artefacts.codeowners.line import Dialect, Said
from seamline.artefacts.text import text, unread
from seamline.model.artefact import Artefact, Found, PathRules, Place, Unread

name = "codeowners"
MAX_BYTES = 3 * 1024 * 1024  # GitHub ignores a larger one without a word

# The first that is there counts. GitHub looks in .github/, the root, docs/; GitLab in the root, docs/, .gitlab/.
_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")


def takes(path: str) -> bool:
    """Whether this is one of the four places."""
    return path in _PLACES


def read(files: Sequence[Artefact]) -> Iterator[Found]:
    """The rules of the file in force, each line of it that says nothing valid, and the files that nobody heeds."""
    present = sorted((f for f in files if takes(f.path)), key=lambda f: _PLACES.index(f.path))
    if not present:
        return
    yield from _rules(present[0])
    for other in present[1:]:
        why = f"not in force: {present[0].path} counts"
        yield unread(other, why, "move what still holds into the one in force, and remove this one")


def _rules(artefact: Artefact) -> Iterator[Found]:
    if len(artefact.data) > MAX_BYTES:
        yield unread(artefact, "over 3 MB, so it is ignored as a whole", "join rules by wildcards")
        return
    source = text(artefact, MAX_BYTES)
    if isinstance(source, Unread):
        yield source
        return
    dialect = _dialect(artefact.path, source)
    said = Said(artefact)
    lines = github.rules(source, said) if dialect == "github" else gitlab.rules(source, said)
    yield PathRules(Place(artefact.repository, artefact.path), dialect, tuple(lines))
    yield from said.told()


def _dialect(path: str, source: str) -> Dialect:
    """Whose file this is: by its folder, else by what only GitLab reads."""
    if path.startswith(".github/"):
        return "github"
    return "gitlab" if path.startswith(".gitlab/") or gitlab.has_sections(source) else "github"
