"""The map's pages say what the code does."""

import tomllib
from pathlib import Path

from seamline.analysis import figures, owners
from seamline.analysis.organisation import read
from seamline.analysis.relations import TABLE, Kind

DOCS = Path(__file__).parents[2] / "docs" / "reference"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


HEAD = "| Kind | Read as | Onward | Back |\n|---|---|---|---|\n"


def span(seconds: float) -> str:
    """A duration as people say it."""
    for unit, word in ((86_400, " days"), (3600, " h"), (60, " min")):
        if seconds >= unit:
            return f"{seconds / unit:g}{word}"
    return f"{seconds:g} s"


def row(kind: Kind) -> str:
    """A line of the page's table."""
    ways = [f"{w.probability:g}, {span(w.median_s)}" if w else "" for w in (kind.onward, kind.back)]
    return f"| `{kind.name}` | {kind.meaning} |" + "".join(f" {w} |" if w else " |" for w in ways) + "\n"


def test_the_table_of_relations_is_the_codes(accept: bool) -> None:
    """Every kind with its probabilities and medians, in the order of the code; `--accept` rewrites the page."""
    before, _, rest = page("map.md").partition(HEAD)
    _, _, after = rest.partition("\n\n")
    expected = before + HEAD + "".join(row(k) for k in TABLE) + "\n" + after
    if accept:
        (DOCS / "map.md").write_text(expected, encoding="utf-8")
    assert page("map.md") == expected


def test_every_kind_has_its_domain_on_the_page() -> None:
    """The page's table of domains is the code's."""
    text = page("map.md").split("## Domains")[1].split("## Relations")[0]
    rows = {r.split("|")[1].strip(): r.split("|")[2] for r in text.splitlines() if r.startswith("| ")}
    for kind, domain in owners.DOMAIN_OF_KIND.items():
        assert kind in rows[domain].replace(",", " ").split()


def test_every_spelling_of_a_figure_is_on_the_page() -> None:
    """Teams and exporters find the names that are read."""
    text = page("map.md")
    for name in (
        *figures.POOL_FACTS,
        *figures.POOL_METRICS,
        *figures.LIMIT_METRICS,
        *figures.REPLICA_METRICS,
    ):
        assert f"`{name}`" in text


def test_the_examples_of_the_format_are_valid() -> None:
    """Each example parses, and together with the people it names it is read."""
    parts = [p.split("```")[0] for p in page("seamline-toml.md").split("```toml\n")[1:]]
    assert [tomllib.loads(p) for p in parts]
    whole = parts[0] + '[[person]]\nid = "petra"\nreports_to = "mara"\n' + "".join(parts[1:])
    assert read(whole).people[2].absences[0].stand_in == "petra"
