"""The pages: every command has its heading, every link its target, every command line its command."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from seamline.cli import app
from seamline.sources import discover

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "changelog.d").glob("*.md")])
CLI = ROOT / "docs" / "reference" / "cli.md"
WIDTH = 96

HEAD = """\
# Commands

Generated from the program (`pytest tests/docs --accept`). Every command takes `--home DIR`, before or after its name; lists
take `--json` and `--as-of TIME`. Errors are one line on stderr: what, where, and the mend in brackets; a command typed wrong
is answered with its usage as well.

| Exit code | Means |
|---|---|
| 0 | done; `gate` and `check`: pass |
| 2 | something in what was asked, or in the home, has to be mended first |
| 3 | `gate` and `check`: hold |
| 4 | `gate` and `check`: unknown |
| 70 | a defect of Seamline; `SEAMLINE_DEBUG=1` adds the traceback |
"""


def _commands() -> dict[str, Any]:
    """Each command by its name, those of a group by both names."""
    group = typer.main.get_command(app)
    found: dict[str, Any] = {}
    for name in group.list_commands(group.make_context("seamline", [], resilient_parsing=True)):
        found[name] = group.get_command(None, name)
        parts = getattr(found[name], "commands", {})
        found |= {f"{name} {part}": command for part, command in sorted(parts.items())}
    return found


def _help(name: str, command: Any) -> str:
    context = command.context_class(
        command, info_name=f"seamline {name}", max_content_width=WIDTH, terminal_width=WIDTH
    )
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def test_the_reference_says_what_the_program_says(accept: bool) -> None:
    """`docs/reference/cli.md` has a heading and the present help of every command."""
    helps = {name: _help(name, command) for name, command in _commands().items()}
    text = HEAD + "".join(f"\n## {name}\n```text\n{help_}\n```\n" for name, help_ in helps.items())
    if accept:
        CLI.write_text(text, encoding="utf-8")
    assert CLI.read_text(encoding="utf-8") == text


@pytest.mark.parametrize("name", sorted(_commands()))
def test_every_command_and_option_says_what_it_does(name: str) -> None:
    """No command without a sentence, no option without one."""
    command = _commands()[name]
    assert command.help
    assert [p.name for p in command.params if p.name != "help" and not getattr(p, "help", None)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link has its target."""
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    local = [t for t in targets if "://" not in t and not t.startswith("mailto:")]
    assert [t for t in local if not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_command_lines_name_commands_that_exist(page: Path) -> None:
    """Each `seamline X` in a shell block, and each `make X`, is one that is there."""
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    said = re.findall(r"^(seamline|make) +([a-z-]+)", "\n".join(blocks), re.MULTILINE)
    targets = set(
        re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    known = {"seamline": set(_commands()), "make": targets}
    assert [f"{program} {word}" for program, word in said if word not in known[program]] == []


@pytest.mark.parametrize("name", sorted(discover()))
def test_every_source_is_found(name: str) -> None:
    """It has a page, the quickstart leads there, and the HTTP reference names the paths of its standard."""
    docs = ROOT / "docs"
    assert (docs / "sources" / f"{name}.md").exists()
    assert f"](sources/{name}.md)" in (docs / "quickstart.md").read_text(encoding="utf-8")
    reference = (docs / "reference" / "http.md").read_text(encoding="utf-8")
    said = set(re.findall(r"[` ](/[a-z0-9/]+)`", reference))
    assert set(discover()[name].paths) <= said


def test_every_decision_is_in_the_index() -> None:
    """The index lists the decisions there are, in order, under their own titles."""
    folder = ROOT / "docs" / "decisions"
    entries = []
    for page in sorted(folder.glob("[0-9]*.md")):
        title = page.read_text(encoding="utf-8").splitlines()[0]
        entries.append(f"- [{page.name[:3]}]({page.name}): {re.sub(r'^# [0-9]+[.] ', '', title)}")
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [line for line in index.splitlines() if line.startswith("- ")] == entries
