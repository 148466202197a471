"""The story on the screen: a golden text, and what must hold at any width."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace
from rich.console import Console

from seamline.model.story import Story
from seamline.terminal import story
from tests.cli import friday

GOLDEN = Path(__file__).with_name("friday.100.txt")


@dataclass
class Screen:
    """A place to print on."""

    width: int
    encoding: str = "utf-8"
    terminal: bool = False

    def lines(self, told: Story) -> list[str]:
        """What is printed of a story, without blanks at the ends."""
        raw = io.BytesIO()
        file = io.TextIOWrapper(raw, encoding=self.encoding, errors="replace", newline="\n")
        console = Console(file=file, width=self.width, force_terminal=self.terminal, highlight=False)
        story.show(told, console)
        file.flush()
        return [line.rstrip() for line in raw.getvalue().decode(self.encoding).splitlines()]


def test_the_friday_at_100_columns(request: pytest.FixtureRequest) -> None:
    """The whole screen is as reviewed; `pytest --accept` rewrites it."""
    text = "\n".join(Screen(100).lines(friday.FRIDAY)) + "\n"
    if request.config.getoption("--accept", default=False):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_nothing_is_wider_than_the_screen(width: int) -> None:
    """No line is longer than the terminal is wide."""
    assert max(map(len, Screen(width).lines(friday.FRIDAY))) <= width


def test_no_colour_where_nobody_sees_it() -> None:
    """A pipe gets plain text, a terminal gets colours."""
    assert "\x1b" not in "".join(Screen(80).lines(friday.FRIDAY))
    assert "\x1b[" in "".join(Screen(80, terminal=True).lines(friday.FRIDAY))


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    """With NO_COLOR a terminal gets no colour either."""
    monkeypatch.setenv("NO_COLOR", "1")
    text = "".join(Screen(80, terminal=True).lines(friday.FRIDAY))
    assert "\x1b[3" not in text


def test_an_ascii_terminal_gets_ascii_lanes() -> None:
    """Where the signs can't be printed, typed ones stand for them."""
    made_of = replace(friday.FRIDAY, lanes={"dev": friday.LANES["dev"]})
    lanes = [line for line in Screen(80, "ascii").lines(made_of) if line.startswith("dev ")]
    assert "#1" in lanes[0]


def test_all_four_domains_have_a_lane() -> None:
    """A quiet domain is shown quiet, not left out; vendors appear when something happened there."""
    lines = Screen(80).lines(replace(friday.FRIDAY, lanes={"dev": friday.LANES["dev"]}))
    lanes = [
        line.split()[0]
        for line in lines
        if line[:10].strip() in ("dev", "platform", "support", "data", "vendor")
    ]
    assert lanes == ["dev", "platform", "support", "data"]


def test_text_from_outside_moves_no_cursor() -> None:
    """Control characters and markup in what a tool sent are shown as text."""
    evil = friday.line(300, "symptom", "desk:scheduling", "\x1b[2J[bold]help[/bold]\x07")
    lines = Screen(80).lines(replace(friday.FRIDAY, lanes={"support": (evil,)}))
    assert not any("\x1b" in line or "\x07" in line for line in lines)
    assert any("[bold]help[/bold]" in line for line in lines)


def test_an_empty_story_is_told() -> None:
    """No lanes, no path, no seam, one open cause: still a screen with its person."""
    unknown = replace(friday.REST, probability=1.0)
    incident = replace(friday.INCIDENT, causes=(unknown,), told=(), ask="", opened_at=None)
    bare = Story(incident, friday.at(0), "the cause lies outside the map", "Mara", "the root", {})
    assert any("Mara" in line for line in Screen(80).lines(bare))
