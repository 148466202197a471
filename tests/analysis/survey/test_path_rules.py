"""Whose a file is by CODEOWNERS, against the cases that GitHub's and GitLab's pages give."""

import re
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.analysis.survey.path_rules import PathOwners, RuleBook
from seamline.model.artefact import PathRule, PathRules, Place

PLACE = Place("r", "CODEOWNERS")


def book(*rules: PathRule, dialect: str = "github") -> RuleBook:
    """These rules, compiled."""
    return RuleBook(PathRules(PLACE, dialect, rules))  # type: ignore[arg-type]


def fits(pattern: str, path: str, dialect: str = "github") -> bool:
    """Whether one rule fits one path."""
    return book(PathRule(pattern, ("@x",), 1), dialect=dialect).of(path).state == "owned"


# pattern, paths that fit, paths that don't
GITHUB = [
    ("*", "a a/b a/b/c.js .github/x", ""),
    ("*.js", "a.js a/b/c.js x.js/y", "a.jsx js a.js.map"),
    ("/build/logs/", "build/logs/a build/logs/a/b", "a/build/logs/c build/logs build/logs2/a"),
    ("docs/*", "docs/getting-started.md", "docs/build-app/troubleshooting.md docs a/docs/b"),
    ("/docs/*", "docs/a", "docs/a/b"),
    ("apps/", "apps/a x/apps/a apps/x/y", "apps xapps/a"),
    ("/docs/", "docs/a docs/a/b", "x/docs/a"),
    ("**/logs", "build/logs/a scripts/logs/b deeply/nested/logs/c logs logs/a", "blogs/a logs2"),
    ("/apps/github", "apps/github apps/github/x", "apps/githubx x/apps/github"),
    ("docs", "docs docs/a x/docs/y", "docs2"),
    ("/README.md", "README.md", "a/README.md readme.md"),
    ("README.md", "README.md a/b/README.md", "README.mdx"),
    ("a/b", "a/b a/b/c", "x/a/b ab"),
    ("/*", "a .x", "a/b"),
    ("/*.md", "a.md", "b/a.md"),
    ("/a/**/z", "a/z a/b/z a/b/c/z a/z/q", "az a/bz"),
    ("/a/**", "a/b a/b/c", "a ab"),
    ("**", "a a/b/c", ""),
    ("**/*.tf", "x.tf a/b/x.tf", "x.tfvars"),
    ("/src/*/api", "src/a/api src/a/api/x", "src/api src/a/b/api"),
    ("/src/b*", "src/b src/bar/x src/b.py", "src/ab"),
    ("file?.txt", "file1.txt a/fileX.txt", "file.txt file12.txt file/.txt"),
    ("/a b/", "a b/c", "a/b"),
    (r"/x\*y", "x*y", "xzy"),
    ("/", "", "a"),
    ("/a/**/**/b/", "a/b/c a/x/y/b/c", "a/b"),
    ("/*/*/", "a/b/c a/b/c/d", "a/b"),
]
GITLAB = [
    ("*", "a a/b a/b/c.js .gitlab-ci.yml", ""),
    ("*.rb", "a.rb x/y.rb", "a.rb/x"),
    ("README.md", "README.md docs/README.md", "README.mdx"),
    ("lib/", "lib/a x/lib/a/b", "lib"),
    ("/config/", "config/a config/a/b", "x/config/a"),
    ("internal/README.md", "internal/README.md docs/internal/README.md", "internal/x/README.md"),
    ("/docs/*", "docs/a", "docs/a/b"),
    ("/docs/**/*.md", "docs/a.md docs/a/b.md", "docs/a.txt x/docs/a.md"),
    ("/docs/**/index.md", "docs/index.md docs/api/graphql/index.md", "docs/api/x.md"),
    ("docs", "docs a/docs", "docs/a"),
    ("/docs/**", "docs/a", "docs/a/b"),
    (r"\#file.rb", "#file.rb a/#file.rb", "file.rb"),
    ("/[ab]x", "ax bx", "cx"),
    ("/[!ab]x", "cx", "ax"),
    ("path with spaces/", "path with spaces/a", "path/with"),
]


@pytest.mark.parametrize(("pattern", "inside", "outside"), GITHUB)
def test_github_patterns(pattern: str, inside: str, outside: str) -> None:
    """Patterns fit what GitHub's page says, and what gitignore says where it is silent."""
    _check(pattern, inside, outside, "github")


@pytest.mark.parametrize(("pattern", "inside", "outside"), GITLAB)
def test_gitlab_patterns(pattern: str, inside: str, outside: str) -> None:
    """Patterns fit what GitLab's page and Ruby's File.fnmatch say."""
    _check(pattern, inside, outside, "gitlab")


def _check(pattern: str, inside: str, outside: str, dialect: str) -> None:
    blank = " " in pattern  # then the paths hold blanks as well, and there is one of each
    for path in [inside] if blank else inside.split():
        assert fits(pattern, path, dialect), path
    for path in [outside] if blank else outside.split():
        assert not fits(pattern, path, dialect), path


def test_the_last_rule_that_fits_counts() -> None:
    """Owned, cleared by a rule without owners, or without a rule: three states."""
    rules = book(
        PathRule("/apps/", ("@octocat",), 1), PathRule("/apps/github", (), 2), PathRule("*.md", ("@docs", "@b"), 3)
    )  # fmt: skip
    assert rules.of("apps/x").state == "owned"
    assert rules.of("apps/github/x") == PathOwners("cleared", (), (PathRule("/apps/github", (), 2),))
    assert rules.of("apps/github/a.md").owners == ("@docs", "@b")
    assert rules.of("lib/x").state == "no rule"


def test_each_section_has_an_owner() -> None:
    """GitLab's sections decide on their own; optional ones come last."""
    rules = book(
        PathRule("*", ("@all",), 1),
        PathRule("*.rb", ("@maybe",), 3, section="Later", optional=True),
        PathRule("/app/", ("@app",), 5, section="App"),
        PathRule("/app/a.rb", ("@a",), 6, section="App"),
        dialect="gitlab",
    )
    assert rules.of("app/a.rb").owners == ("@all", "@a", "@maybe")
    assert rules.of("x.md").owners == ("@all",)


def test_what_a_section_excludes_stays_out() -> None:
    """An exclusion holds against rules before and after it, in its own section only."""
    rules = book(
        PathRule("*", ("@all",), 1),
        PathRule("*.rb", ("@ruby",), 3, section="Ruby"),
        PathRule("!/gen/*.rb", (), 4, section="Ruby"),
        PathRule("/gen/", ("@gen",), 5, section="Ruby"),
        dialect="gitlab",
    )
    assert rules.of("gen/a.rb").owners == ("@all",)
    assert rules.of("gen/a.py").owners == ("@all", "@gen")
    alone = book(PathRule("*", ("@a",), 1), PathRule("!x", (), 2), dialect="gitlab")
    assert alone.of("x").state == "cleared"


SEGMENT = st.text("ab.*?", min_size=1, max_size=4).filter(lambda s: s.strip("*") or s in ("*", "**"))
PATTERN = st.builds(
    lambda lead, segments, trail: lead + "/".join(segments) + trail,
    st.sampled_from(["", "/"]), st.lists(SEGMENT, min_size=1, max_size=3), st.sampled_from(["", "/"]),
)  # fmt: skip
PATH = st.lists(st.text("ab.", min_size=1, max_size=3), min_size=1, max_size=4).map("/".join)


@settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(st.lists(PATTERN, max_size=6), PATH, st.sampled_from(["github", "gitlab"]))
def test_the_shelves_lose_no_rule(patterns: list[str], path: str, dialect: str) -> None:
    """Asking all rules at once gives the last of those that fit when asked one by one."""
    alone = [p for p in patterns if fits(p, path, dialect)]
    rules = book(*(PathRule(p, (p,), i) for i, p in enumerate(patterns)), dialect=dialect)
    assert rules.of(path).owners == tuple(alone[-1:])


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(
    st.text("ab.*?", min_size=1, max_size=8).filter(lambda s: set(s) != {"*"}),
    st.text("ab.", min_size=1, max_size=8),
)
def test_one_segment_is_a_shell_pattern(pattern: str, name: str) -> None:
    """Within a segment, stars and question marks mean what a shell means by them."""
    assert fits("/" + pattern, name, "gitlab") == fnmatchcase(name, pattern)


@pytest.mark.parametrize(
    "pattern", ["/" + "a*" * 30 + "b", "**/a/" * 12 + "b", "*" * 5000, "[", "[]", "[z-a]", "\\", "[!"]
)
@pytest.mark.parametrize("dialect", ["github", "gitlab"])
def test_no_pattern_is_slow_or_refused(pattern: str, dialect: str) -> None:
    """Patterns made to be slow, and broken ones, are answered at once."""
    assert fits(pattern, "a" * 200 + "/" + "a/" * 12 + "c", dialect) in (True, False)


def test_many_rules_and_paths_are_quick() -> None:
    """Of 2,000 rules a path is held against a few."""
    rules = [
        PathRule(f"/services/s{i // 4}/{('', 'api/', '*.py', 'db/**')[i % 4]}", (f"@t{i}",), i)
        for i in range(2000)
    ]
    compiled = RuleBook(PathRules(PLACE, "github", tuple(rules)))
    assert max(len(list(compiled._candidates(f"services/s{i}/api/x.py"))) for i in range(500)) <= 8
    assert compiled.of("services/s7/api/x.py").owners == ("@t29",)
    assert re.match(r"@t\d+", compiled.of("services/s499/db/a/b.sql").owners[0])
