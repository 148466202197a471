"""Whether `impact` is right about a dbt project of yours: DuckDB binds every statement again without a column.

Every relation becomes an empty table. For a sample of columns the column is taken away, what is below is bound again,
and what DuckDB says is held against what `impact` says. Nothing is run and no warehouse is asked. What DuckDB can't
bind (a function it lacks, a Python model) is left out of the figures, with what lies below it, and counted.
"""

import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.node import Node
from seamline.bench._oracle import Opinion, Oracle
from seamline.bootstrap import open_lineage
from seamline.model.errors import Fix
from seamline.model.schema_change import Impact, SchemaChange

MOST_NAMED = 20  # wrong answers; one cause of them tends to show in many

Figures = dict[str, object]


class Trial(Struct, frozen=True):
    """One column away: what DuckDB says and what `impact` says, by node."""

    change: SchemaChange
    node: str  # id of the changed relation
    truth: Opinion
    said: Impact


class Score(Struct):
    """Counts over trials. Nodes that DuckDB can't judge, and the changed one, are in none of them."""

    true: int = 0
    said: int = 0
    both: int = 0
    admitted: int = 0  # true, and listed as unknown

    def add(self, true: set[str], said: set[str], unknown: set[str]) -> None:
        """Count one trial. Members are what is claimed, ending in the id that may be unknown."""
        self.true += len(true)
        self.said += len(said)
        self.both += len(true & said)
        self.admitted += sum(one.partition("#")[0] in unknown for one in true - said)

    def figures(self) -> Figures:
        """As ratios; None where there was nothing to be right about."""
        return {
            "n": self.true,
            "precision": _ratio(self.both, self.said),
            "recall": _ratio(self.both, self.true),
            "recall_with_unknown": _ratio(self.both + self.admitted, self.true),
        }


def run(manifest: str = "", catalog: str = "", n: int = 200, seed: int = 1) -> Figures:
    """Figures of `n` columns drawn by chance (all, where there are fewer). `wrong` names what came out otherwise.

    Raises Fix without a manifest and a catalog, or without DuckDB.
    """
    if not (manifest and catalog):
        raise Fix(
            "a manifest and a catalog are needed",
            hint="manifest=target/manifest.json catalog=target/catalog.json, of `dbt docs generate`",
        )
    began = time.perf_counter()
    with open_lineage([Path(manifest)], [Path(catalog)], keep=False) as asked:
        oracle = Oracle([asked.project.nodes[i] for i in asked.project.order], _types(Path(catalog)))
        read_s = time.perf_counter() - began
        trials = list(_trials(asked, oracle, _drawn(asked, oracle, n, seed)))
    return {
        **_figures(trials),
        "n_nodes": len(asked.project.nodes),
        "n_unbuilt": len(oracle.unbuilt),
        "unbuilt": [f"{i}: {why}" for i, why in sorted(oracle.unbuilt.items())][:MOST_NAMED],
        "read_s": round(read_s, 2),
        "seconds": round(time.perf_counter() - began, 2),
    }


def _types(catalog: Path) -> Mapping[str, Mapping[str, str]]:
    """The types of columns by node id, as the warehouse spells them."""
    from seamline.artefacts.dbt import shape
    from seamline.artefacts.dbt.packed import unpacked

    found = shape.catalog(unpacked(catalog.read_bytes(), str(catalog)), str(catalog))
    return {
        node_id: {column.name or key: column.type or "" for key, column in table.columns.items()}
        for node_id, table in (found.nodes | found.sources).items()
    }


def _drawn(asked: Asked, oracle: Oracle, n: int, seed: int) -> list[tuple[Node, str]]:
    """Columns of relations that somebody reads and DuckDB could build, in an order drawn by chance."""
    project = asked.project
    pairs = [
        (project.nodes[node_id], column)
        for node_id, columns in oracle.columns.items()
        if len(columns) > 1 and node_id not in oracle.unbuilt and project.children.get(node_id)
        for column, _ in columns
    ]
    random.Random(seed).shuffle(pairs)
    return pairs[:n]


def _trials(asked: Asked, oracle: Oracle, drawn: list[tuple[Node, str]]) -> Iterator[Trial]:
    for node, column in drawn:
        change = SchemaChange("drop_column", asked.project.key_of[node.id], column)
        yield Trial(change, node.id, oracle.without(node.id, column), asked.impact(change).impact)


def _figures(trials: list[Trial]) -> Figures:
    breaks, losses = Score(), Score()
    wrong: list[str] = []
    n_unknown = 0
    for one in trials:
        aside = one.truth.unsure | {one.node}
        unknown = set(one.said.unknown) - aside
        n_unknown += len(unknown)
        said = set(one.said.breaks) - aside
        true = set(one.truth.breaks) - aside
        breaks.add(true, said, unknown)
        said_lost = {f"{i}#{c.lower()}" for i, c in one.said.loses if i not in aside}
        true_lost = {f"{i}#{c}" for i, c in one.truth.loses if i not in aside}
        losses.add(true_lost, said_lost, unknown)
        wrong += _told(one.change, "breaks", true, said) + _told(one.change, "loses", true_lost, said_lost)
    return {
        "n_trials": len(trials),
        "breaks": breaks.figures(),
        "losses": losses.figures(),
        "unknown_per_trial": _ratio(n_unknown, len(trials)),
        "n_wrong": len(wrong),
        "wrong": wrong[:MOST_NAMED],
    }


def _told(change: SchemaChange, what: str, true: set[str], said: set[str]) -> list[str]:
    """One line for each answer that differs."""
    away = f"without {change.relation}.{change.column}"
    missed = [f"{away}: {what} {one}, and impact does not say so" for one in sorted(true - said)]
    return missed + [f"{away}: impact says {what} {one}, and DuckDB does not" for one in sorted(said - true)]


def _ratio(part: int, of: int) -> float | None:
    return round(part / of, 4) if of else None
