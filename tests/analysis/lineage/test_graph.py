"""The column graph: what is made of a column, near and far, and back again."""

from collections.abc import Collection, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.lineage.edges import Edge, edges_of
from seamline.analysis.lineage.graph import ColumnGraph, graph_of, numbered
from seamline.analysis.lineage.node import Node
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


def test_what_cannot_be_read_is_an_edge_that_is_not_sure() -> None:
    """From whatever it is declared to read, and from a name that could be either relation's."""
    asked = project(
        source("a", "id"),
        source("b", "id"),
        model("m", "select (from", "source.a"),
        model("n", "select doubt from raw.a join raw.b using (id)"),
    )
    assert [edge for edge in edges_of(asked.project) if not edge.sure] == [
        Edge("raw.a", "", "main.m", "", sure=False),
        Edge("raw.a", "doubt", "main.n", "", sure=False),
        Edge("raw.b", "doubt", "main.n", "", sure=False),
    ]


def test_what_makes_no_relation_stands_for_itself_and_a_filled_one_for_its_table() -> None:
    """A report is downstream under its id; an INSERT leads on to what it fills."""
    asked = project(
        source("a", "id x", complete=True),
        Node("job.report", "query", sql="select x from raw.a", dialect="duckdb"),
        Node("job.fill", "query", sql="insert into raw.b (y) select id from raw.a", dialect="duckdb"),
        source("b", "y", complete=True),
    )
    assert {(e.column, e.into, e.into_column) for e in edges_of(asked.project)} == {
        ("x", "job.report", "x"),
        ("id", "raw.b", "y"),
    }


def test_columns_that_differ_in_case_are_one() -> None:
    """And are found in any case."""
    graph = graph_of([Edge("a", "Id", "b", "X"), Edge("a", "ID", "c", "Y")])
    assert graph.number("a", "iD") == graph.number("a", "Id")
    assert graph.columns("a") == ["Id"]


def test_a_column_without_an_edge_can_be_asked_about() -> None:
    """It is known, and nothing is made of it."""
    graph = ColumnGraph(*numbered(EDGES, {"raw.b": ["fax"], "raw.c": []}))
    number = graph.number("raw.b", "fax")
    assert number is not None
    assert graph.downstream(number).tolist() == []
    assert graph.columns("raw.c") == []


# -- properties -----------------------------------------------------------------------------------
ENDS = st.tuples(st.integers(0, 5), st.integers(0, 2))
KINDS = st.sampled_from(("direct", "indirect", "unsure column", "unsure table"))
EDGE = st.builds(
    lambda a, b, kind: Edge(
        f"t{a[0]}",
        "" if kind == "unsure table" else f"c{a[1]}",
        f"t{b[0]}",
        f"c{b[1]}" if kind == "direct" else "",
        sure=not kind.startswith("unsure"),
    ),
    ENDS,
    ENDS,
    KINDS,
)
Place = tuple[str, str]


def walked(edges: Sequence[Edge], places: Collection[Place], start: Place, *, sure: bool) -> set[Place]:
    """All that following edges one by one reaches from a column or table, that itself with it."""
    columns = {place for place in places if place[1]}
    reached = {start, *(c for c in columns if c[0] == start[0] and not start[1])}
    while True:
        ways = [
            e
            for e in edges
            if (e.sure or not sure)
            and (
                (e.relation, e.column) in reached or (not e.column and e.relation in {t for t, _ in reached})
            )
        ]
        more = {(e.into, e.into_column) for e in ways}
        more |= {c for c in columns for e in ways if c[0] == e.into and not e.into_column}
        if more <= reached:
            return reached
        reached |= more


@given(st.lists(EDGE, max_size=40), ENDS)
def test_reach_is_the_plain_closure(edges: list[Edge], start: tuple[int, int]) -> None:
    """Any edges, circles too: the index reaches what following them one by one reaches."""
    graph = graph_of(edges)
    first = (f"t{start[0]}", f"c{start[1]}")
    number = graph.number(*first)
    if number is None:
        return
    places = {graph.name(n) for n in range(graph.n_columns + graph.n_tables)}
    bare = {table for table, _ in places} - {table for table, column in places if column}
    below = walked(edges, places, first, sure=True)
    reached = graph.downstream(number)
    assert {graph.name(n) for n in reached.tolist()} == {p for p in below if p[1] or p[0] in bare} - {first}
    for n in reached.tolist():
        assert number in graph.upstream(n).tolist()


@given(st.lists(EDGE, max_size=40), ENDS)
def test_what_is_not_sure_covers_all_that_may_be_below(edges: list[Edge], start: tuple[int, int]) -> None:
    """Nothing that an edge leads to, sure or not, is left out; and nothing is named that none leads to."""
    graph = graph_of(edges)
    number = graph.number(f"t{start[0]}", f"c{start[1]}")
    if number is None:
        return
    reached = graph.downstream(number)
    perhaps = set(graph.perhaps_downstream(number, reached))
    places = {graph.name(n) for n in range(graph.n_columns + graph.n_tables)}
    first = graph.name(number)
    sure, all_ = (walked(edges, places, first, sure=only) for only in (True, False))
    assert {place[0] for place in all_ - sure} <= perhaps
    assert perhaps <= {place[0] for place in all_}
    for table in perhaps:
        whole = graph.number(table)
        assert whole is not None
        above = graph.upstream(whole)
        assert first in {graph.name(n) for n in above.tolist()} or first[0] in {
            *graph.perhaps_upstream(whole, above)
        }
