"""The column graph: what is made of a column, near and far, and back again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.lineage.edges import Edge, edges_of
from seamline.analysis.lineage.graph import ColumnGraph, graph_of
from tests.analysis.lineage.projects import model, project, source

EDGES = [
    Edge("raw.a", "id", "stg", "id"),
    Edge("raw.a", "x", "stg", ""),
    Edge("stg", "id", "mart", "n"),
    Edge("raw.b", "y", "mart", "m"),
]


def names(graph: ColumnGraph, numbers: "np.typing.NDArray[np.int32]") -> list[str]:
    """Numbers as `table.column`."""
    return [".".join(graph.name(n)) for n in numbers.tolist()]


def test_downstream_goes_through_columns_and_whole_tables() -> None:
    """What decides a table's rows reaches all its columns, and what is made of them."""
    graph = graph_of(EDGES)
    number = graph.number("raw.a", "x")
    assert number is not None
    found = graph.downstream(number)
    assert names(graph, found) == ["mart.n", "stg.id"]
    assert graph.tables_of(found) == ["mart", "stg"]


def test_upstream_is_the_way_back() -> None:
    """A column comes from what its value is made of and from what decides its rows."""
    graph = graph_of(EDGES)
    number = graph.number("mart", "n")
    assert number is not None
    assert names(graph, graph.upstream(number)) == ["raw.a.id", "raw.a.x", "stg.id"]


@pytest.mark.parametrize(("table", "column"), [("nowhere", "x"), ("raw.a", "nothing"), ("nowhere", "")])
def test_what_is_not_there_has_no_number(table: str, column: str) -> None:
    """Unknown tables and columns are None, not an error."""
    assert graph_of(EDGES).number(table, column) is None


def test_an_empty_graph_can_be_asked() -> None:
    """No edges, no columns."""
    graph = graph_of([])
    assert (graph.n_columns, graph.n_tables, graph.number("a", "b")) == (0, 0, None)


def test_a_projects_edges_are_direct_per_column_and_indirect_once() -> None:
    """A filter is one edge to the table, however many columns it has."""
    asked = project(
        source("a", "id x y", complete=True),
        model("m", "select id, y from raw.a where x > 1", "source.a"),
    )
    assert list(edges_of(asked.project)) == [
        Edge("raw.a", "id", "main.m", "id"),
        Edge("raw.a", "y", "main.m", "y"),
        Edge("raw.a", "x", "main.m", ""),
    ]


ENDS = st.tuples(st.integers(0, 5), st.integers(0, 2))


@given(st.lists(st.tuples(ENDS, ENDS, st.booleans()), max_size=40), ENDS)
def test_reach_is_the_plain_closure(
    pairs: list[tuple[tuple[int, int], tuple[int, int], bool]], start: tuple[int, int]
) -> None:
    """Any edges, circles too: the index reaches what following them one by one reaches."""
    edges = [Edge(f"t{a}", f"c{b}", f"t{c}", "" if whole else f"c{d}") for (a, b), (c, d), whole in pairs]
    graph = graph_of(edges)
    first = (f"t{start[0]}", f"c{start[1]}")
    number = graph.number(*first)
    if number is None:
        return
    everything = {graph.name(n) for n in range(graph.n_columns)}
    reached, waiting = {first}, [first]
    while waiting:
        at = waiting.pop()
        for edge in edges:
            if (edge.relation, edge.column) == at:
                into = {one for one in everything if one[0] == edge.into and edge.into_column in ("", one[1])}
                waiting += into - reached
                reached |= into
    assert {graph.name(n) for n in graph.downstream(number).tolist()} == reached - {first}
    for n in graph.downstream(number).tolist():
        assert number in graph.upstream(n).tolist()
