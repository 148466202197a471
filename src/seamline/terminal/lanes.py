"""What happened in each domain, drawn along one time axis; what matters most is numbered and told below."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from seamline.model.refs import DOMAINS
from seamline.model.story import LineKind, Story, StoryLine
from seamline.terminal import axis
from seamline.terminal.plain import short

LABEL = 10  # columns of the lane's name
MAX_NOTES = 9

STYLES: Mapping[LineKind, str] = {
    "change": "dim",
    "symptom": "red",
    "alert": "red",
    "ticket": "cyan",
    "run": "magenta",
    "told": "green",
    "held": "yellow",
}
GUILTY = "bold yellow"


class Glyphs(Struct, frozen=True):
    """The signs of one character set."""

    kinds: Mapping[LineKind, str]
    guilty: str
    well: str
    ill: str
    cut: str


DRAWN = Glyphs(
    {"change": "◇", "symptom": "▲", "alert": "!", "ticket": "✉", "run": "✗", "told": "☎", "held": "■"},
    "◆", "·", "━", "╱",
)  # fmt: skip
TYPED = Glyphs(
    {"change": "o", "symptom": "^", "alert": "!", "ticket": "@", "run": "x", "told": "T", "held": "H"},
    "#", ".", "=", "/",
)  # fmt: skip
WORDS: Mapping[LineKind, str] = {
    "change": "change", "symptom": "symptom", "alert": "alert", "ticket": "ticket", "run": "run",
    "told": "told", "held": "held",
}  # fmt: skip


class Note(Struct, frozen=True):
    """A line that is told in full, under its number."""

    number: int
    domain: str
    line: StoryLine


class Lanes(Struct, frozen=True):
    """The lanes of a story; draws itself as wide as the console is."""

    story: Story

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Axis, one lane per domain, legend, notes."""
        glyphs = glyphs_for(options.encoding)
        lanes = shown_lanes(self.story)
        lines = [line for _, rows in lanes for line in rows]
        if not lines:
            return
        scale = axis.fit([line.at for line in lines], options.max_width - LABEL)
        zone = ZoneInfo(self.story.time_zone)
        notes = notable(lanes)
        yield Text(f"{_zone_name(lines[0].at, zone):<{LABEL}}" + axis.labels(scale, zone), style="dim")
        for domain, rows in lanes:
            yield _lane(domain, rows, [n for n in notes if n.domain == domain], scale, glyphs)
        yield _legend(lines, glyphs)
        yield Text("")
        yield from (_note(n, zone, glyphs, options.max_width) for n in notes)
        rest = _rest(lines, notes)
        if rest:
            yield Text(f"   {rest}", style="dim")


def glyphs_for(encoding: str) -> Glyphs:
    """Signs that this encoding can print."""
    return DRAWN if encoding.lower().startswith("utf") else TYPED


def shown_lanes(story: Story) -> list[tuple[str, Sequence[StoryLine]]]:
    """All four domains, quiet ones too, and vendors where something happened; in the order of `DOMAINS`."""
    lanes = [(d, story.lanes.get(d, ())) for d in DOMAINS]
    return [(d, rows) for d, rows in lanes if rows or d != "vendor"]


def notable(lanes: Iterable[tuple[str, Sequence[StoryLine]]]) -> list[Note]:
    """At most nine lines in order of time: the guilty changes, each lane's first signs, who was told or held."""
    lanes = list(lanes)
    harm_at = min((line.at for _, rows in lanes for line in rows if line.strength > 0), default=None)
    ranked: list[tuple[int, StoryLine, str]] = []
    for domain, rows in lanes:
        seen: dict[LineKind, int] = {}
        for line in rows:
            if line.kind == "ticket" and (harm_at is None or line.at < harm_at):
                continue  # a desk always has tickets
            seen[line.kind] = seen.get(line.kind, 0) + 1
            ranked.append((_rank(line, seen[line.kind]), line, domain))
    ranked.sort(key=lambda r: (r[0], r[1].at))
    chosen = [(line, domain) for rank, line, domain in ranked[:MAX_NOTES] if rank < 9]
    chosen.sort(key=lambda c: (c[0].at, c[0].text))
    return [Note(i, domain, line) for i, (line, domain) in enumerate(chosen, start=1)]


def _rank(line: StoryLine, nth: int) -> int:
    """How much a line matters, 0 most; 9 is not worth a number. `nth` of its kind in its lane."""
    if line.guilty:
        return 0
    if line.kind in ("told", "held"):
        return 1
    if line.kind == "change" or nth > 1 or (line.kind in ("run", "alert") and not line.strength):
        return 9
    return {"symptom": 2, "ticket": 3, "run": 4, "alert": 5}.get(line.kind, 9)


def _lane(
    domain: str, rows: Sequence[StoryLine], notes: Sequence[Note], scale: axis.Axis, glyphs: Glyphs
) -> Text:
    cells: list[tuple[str, str]] = [(glyphs.well, "dim")] * scale.width
    ill = min((scale.column(r.at) for r in rows if r.strength > 0), default=scale.width)
    cells[ill:] = [(glyphs.ill, "red")] * (scale.width - ill)
    taken: set[int] = set()
    for cut in scale.cuts():
        cells[cut] = (glyphs.cut, "dim")
        taken.add(cut)
    for note in notes:
        mark = [sign(note.line, glyphs), (str(note.number), "bold")]
        _place(cells, taken, scale.column(note.line.at), mark)
    noted = {id(n.line) for n in notes}
    for line in rows:
        if id(line) not in noted and (column := scale.column(line.at)) not in taken:
            _place(cells, taken, column, [sign(line, glyphs)])
    lane = Text(f"{domain:<{LABEL}}", style="bold", end="\n", no_wrap=True)
    for character, style in cells:
        lane.append(character, style=f"not bold {style}" if "bold" not in style else style)
    return lane


def sign(line: StoryLine, glyphs: Glyphs) -> tuple[str, str]:
    """A line's sign and its style."""
    if line.guilty:
        return glyphs.guilty, GUILTY
    return glyphs.kinds[line.kind], STYLES[line.kind]


def _place(
    cells: list[tuple[str, str]], taken: set[int], column: int, mark: Sequence[tuple[str, str]]
) -> None:
    """Draw a mark at its column, or at the nearest free place to the right, else to the left."""
    n = len(mark)
    places = [*range(column, len(cells) - n + 1), *range(min(column, len(cells) - n), -1, -1)]
    for start in places:
        if not taken & set(range(start, start + n)):
            cells[start : start + n] = mark
            taken.update(range(start, start + n))
            return


def _legend(lines: Sequence[StoryLine], glyphs: Glyphs) -> Text:
    """Only the signs that are drawn."""
    legend = Text(" " * LABEL, no_wrap=True, overflow="ellipsis")
    if any(line.guilty for line in lines):
        legend.append(glyphs.guilty, GUILTY).append(" cause  ", "dim")
    present = {line.kind for line in lines if not line.guilty}
    for kind, word in WORDS.items():
        if kind in present:
            legend.append(glyphs.kinds[kind], STYLES[kind]).append(f" {word}  ", "dim")
    return legend


def _note(note: Note, zone: ZoneInfo, glyphs: Glyphs, width: int) -> Text:
    line = note.line
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f" {note.number} ", "bold").append(f"{line.at.astimezone(zone):%H:%M:%S} ")
    text.append(sign(line, glyphs)[0], sign(line, glyphs)[1])
    times = f" (x{line.n_alike})" if line.n_alike > 1 and line.kind == "ticket" else ""
    text.append(f" {note.domain:<8}  ", "dim").append(f"{short(line.text)}{times}")
    text.truncate(width, overflow="ellipsis")
    return text


def _rest(lines: Sequence[StoryLine], notes: Sequence[Note]) -> str:
    """What is drawn and not numbered, counted."""
    noted = {id(n.line) for n in notes}
    counts: dict[LineKind, int] = {}
    for line in lines:
        if id(line) not in noted:
            counts[line.kind] = counts.get(line.kind, 0) + 1
    words = [f"{n} {WORDS[k]}{'s' if n > 1 else ''}" for k, n in counts.items()]
    return f"and {', '.join(words)}" if words else ""


def _zone_name(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).tzname() or ""
