"""What an invocation did as Runs: nodes that were built, tests, a look at sources, a look at columns."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct

from seamline.model.event import Claim, DatasetState, MapFact, Run, RunState
from seamline.model.payload import moment
from seamline.model.refs import event_id
from seamline.sources.dbt import names as called
from seamline.sources.dbt.manifest import Statement, is_ephemeral, tables_below, tested
from seamline.sources.dbt.names import Names
from seamline.sources.dbt.shape import SOURCE, Catalog, Freshness, Manifest, Result, RunResults, Said

MAX_ERROR = 2000  # characters of an error message
# A model in batches of which some failed has failed. A test that found rows has run; one that erred has not.
_BUILT: dict[str, RunState] = {
    "success": "COMPLETE",
    "error": "FAIL",
    "partial success": "FAIL",
    "runtime error": "FAIL",
}
# Commands that build or test. `dbt compile` and `dbt docs generate` leave "success" behind as well, and did nothing.
_DOING = ("build", "clone", "retry", "run", "seed", "snapshot", "test")
_TESTED = ("pass", "fail", "warn", "error")


class Invocation(Struct, frozen=True):
    """One artefact of one invocation, and the manifest that came with it."""

    said: Said
    id: str
    names: Names
    manifest: Manifest | None

    def run(
        self,
        job: str,
        what: str,
        state: RunState,
        at: datetime,
        *,
        inputs: tuple[DatasetState, ...] = (),
        outputs: tuple[DatasetState, ...] = (),
        error: str = "",
    ) -> Run:
        """One state of what this invocation did."""
        run_id = f"{self.id}:{what}"
        return Run(
            id=event_id(SOURCE, f"run:{run_id}:{state}"),
            source=SOURCE,
            seq=self.said.seq,
            at=at,
            version_at=at,
            run_id=run_id,
            job=job,
            state=state,
            inputs=inputs,
            outputs=outputs,
            error=error[:MAX_ERROR],
            dims=self.names.dims(),
        )


def runs(results: RunResults, made: Invocation) -> Iterator[Run | MapFact | Claim]:
    """Every node that was built, in the artefact's order, then the tests. What was skipped did not run.

    Without a manifest at least what writes what is said of the map. None for a command that builds nothing.
    """
    if results.args is not None and (results.args.which or "run") not in _DOING:
        return
    statement = Statement(made.said)
    for result in results.results:
        state = _BUILT.get(result.status.lower())
        if state is not None and called.type_of(result.unique_id) in ("model", "seed", "snapshot"):
            built = _built(result, state, made)
            yield built
            for written in built.outputs if made.manifest is None else ():
                statement.fact(built.job, "writes", written.dataset, "dbt's run results")
    yield from statement.events()
    tests = [
        r for r in results.results if called.type_of(r.unique_id) == "test" and r.status.lower() in _TESTED
    ]
    yield from _tested_alone(tests, made) if made.manifest is None else _tested(tests, made, made.manifest)


def _built(result: Result, state: RunState, made: Invocation) -> Run:
    node = made.manifest.node(result.unique_id) if made.manifest else None
    inputs: list[str] = []
    if node is not None and made.manifest is not None:
        written = "" if is_ephemeral(node) else called.table(made.names, node)
        inputs = tables_below(made.manifest, made.names, node.parents())
    else:
        written = called.relation(made.names, result.relation_name) or called.by_id(result.unique_id)
    rows = _rows(result.adapter_response) if state == "COMPLETE" else None
    return made.run(
        called.job(result.unique_id),
        result.unique_id,
        state,
        _ended(result, made),
        inputs=tuple(DatasetState(ref) for ref in inputs),
        outputs=(DatasetState(written, n_rows=rows),) if written else (),
        error=(result.message or result.status) if state == "FAIL" else "",
    )


def _ended(result: Result, made: Invocation) -> datetime:
    """The end of its last phase, else the artefact's time."""
    ends = [moment(t.completed_at, made.said.at) for t in result.timing or () if t.completed_at]
    return max(ends, default=made.said.at)


def _rows(response: Any) -> int | None:
    """Rows that a build moved; None where the adapter doesn't know: a view, Snowflake's one row of "SUCCESS"."""
    if not isinstance(response, dict):
        return None
    n, code = response.get("rows_affected"), str(response.get("code", "")).upper()
    if not isinstance(n, int) or isinstance(n, bool) or n < 0 or code == "SUCCESS" or "VIEW" in code:
        return None
    return n


class _Tests(Struct):
    """The tests of one table in one invocation."""

    ended: list[datetime] = []
    failed: list[str] = []
    errors: list[str] = []
    n_ran: int = 0


def _tested(results: list[Result], made: Invocation, manifest: Manifest) -> Iterator[Run]:
    """One Run per tested node: it read the table and says which tests fail; failed itself when none could run."""
    by_node: dict[str, _Tests] = {}
    for result in results:
        node = manifest.nodes.get(result.unique_id)
        for unique_id in tested(node) if node else ():
            tests = by_node.setdefault(unique_id, _Tests())
            tests.ended.append(_ended(result, made))
            if result.status.lower() == "error":
                tests.errors.append(result.message or result.unique_id)
                continue
            tests.n_ran += 1
            if result.status.lower() == "fail":
                tests.failed.append(_assertion(result.unique_id, manifest))
    for unique_id, tests in by_node.items():
        failed = tuple(dict.fromkeys(tests.failed))
        states = [
            DatasetState(ref, failed_assertions=failed)
            for ref in tables_below(manifest, made.names, (unique_id,))
        ]
        if states:
            state: RunState = "COMPLETE" if tests.n_ran else "FAIL"
            error = "" if tests.n_ran else "; ".join(tests.errors)
            what = f"{unique_id}.test"
            job = called.job(unique_id, ".test")
            yield made.run(job, what, state, max(tests.ended), inputs=tuple(states), error=error)


def _assertion(unique_id: str, manifest: Manifest) -> str:
    """A test as OpenLineage's facet spells it: `not_null(patient_id)`."""
    node = manifest.nodes.get(unique_id)
    metadata = node.test_metadata if node else None
    if node is None or metadata is None:
        return f"{_name(unique_id)}()"
    column = node.column_name or (metadata.kwargs.column_name if metadata.kwargs else None)
    return f"{metadata.name}({column if isinstance(column, str) else ''})"


def _tested_alone(results: list[Result], made: Invocation) -> Iterator[Run]:
    """Without a manifest nobody knows which table a test is about: its own id stands for it."""
    by_package: dict[str, list[Result]] = {}
    for result in results:
        by_package.setdefault(called.package(result.unique_id), []).append(result)
    for package, of_package in by_package.items():
        ran = [r for r in of_package if r.status.lower() != "error"]
        states = [
            DatasetState(
                called.by_id(r.unique_id),
                failed_assertions=(f"{_name(r.unique_id)}()",) if r.status.lower() == "fail" else (),
            )
            for r in ran
        ]
        yield made.run(
            called.job_of(package, "test"),
            f"{package}.test",
            "COMPLETE" if ran else "FAIL",
            max(_ended(r, made) for r in of_package),
            inputs=tuple(states),
            error="" if ran else "; ".join(r.message or r.unique_id for r in of_package),
        )


def _name(unique_id: str) -> str:
    """The name of a test, without the hash behind it."""
    return ".".join(unique_id.split(".")[2:3]) or unique_id


def freshness(results: Freshness, made: Invocation) -> Iterator[Run]:
    """One Run per package that looked at its sources; one that is too old fails `freshness()`. A warning doesn't."""
    by_package: dict[str, list[DatasetState]] = {}
    for result in results.results:
        if result.status is None or result.status.lower() == "runtime error":
            continue
        node = made.manifest.node(result.unique_id) if made.manifest else None
        ref = called.table(made.names, node) if node else called.by_id(result.unique_id)
        late = ("freshness()",) if result.status.lower() == "error" else ()
        by_package.setdefault(called.package(result.unique_id), []).append(
            DatasetState(ref, failed_assertions=late)
        )
    for package, states in by_package.items():
        job = called.job_of(package, "source-freshness")
        what = f"{package}.source-freshness"
        yield made.run(job, what, "COMPLETE", made.said.at, inputs=tuple(states))


def columns(catalog: Catalog, made: Invocation) -> Iterator[Run | MapFact | Claim]:
    """One Run per package that looked at its tables, with the columns each has in the warehouse.

    The warehouse's own spelling may be in other case than the manifest's: the unique id joins the two.
    """
    by_package: dict[str, list[DatasetState]] = {}
    statement = Statement(made.said)
    for unique_id, table in (catalog.sources | catalog.nodes).items():
        where = table.metadata
        ref = made.names.dataset(where.database, where.schema, where.name)
        ordered = sorted(table.columns, key=lambda c: (table.columns[c].index or 0, c))
        by_package.setdefault(called.package(unique_id), []).append(DatasetState(ref, tuple(ordered)))
        statement.fact(ref, "same_as", called.by_id(unique_id), "one node of dbt's catalog")
    yield from statement.events()
    for package, states in by_package.items():
        job = called.job_of(package, "docs-generate")
        what = f"{package}.docs-generate"
        yield made.run(job, what, "COMPLETE", made.said.at, inputs=tuple(states))
