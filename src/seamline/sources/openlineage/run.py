"""What one event says happened: a run reached a state, and a table was altered by it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from seamline.model import event as ev
from seamline.model.refs import dataset as dataset_ref
from seamline.model.refs import event_id, name_of
from seamline.sources.openlineage import facets, lineage, shape
from seamline.sources.openlineage.shape import SOURCE, Said

MAX_ERROR = 2000  # characters of an error message; stack traces are left out
_STATES: frozenset[str] = frozenset(get_args(ev.RunState))
_DIMS = frozenset({"environment", "region", "cluster", "version", "tenant"})
# Life-cycle changes that can break a reader. CREATE and OVERWRITE are what every run does.
_MOVED: Mapping[str, ev.ChangeKind] = {
    "ALTER": "schema",
    "DROP": "schema",
    "RENAME": "schema",
    "TRUNCATE": "data",
}


def runs(said: Said) -> Iterator[ev.Run]:
    """The run's state; none for an event that names no job, or a run that can't be told from another."""
    event, run = said.event, said.event.run
    run_id = shape.said(run.run_id) if run else ""
    told_by = run_id or (f"{said.job}@{said.at.isoformat()}" if said.dated else "")
    if not said.job or not told_by or (run is None and event.event_type is None):
        return
    state = _state(event)
    outputs = event.outputs or []
    derived = [lineage.of_dataset(output, event.inputs or []) for output in outputs]
    derived += lineage.of_job(event.job, event.inputs or [])
    parent = shape.facet(run.facets, "parent", facets.Parent) if run else None
    error = shape.facet(run.facets, "errorMessage", facets.ErrorMessage) if run else None
    yield ev.Run(
        id=event_id(SOURCE, f"run:{told_by}:{state}"),
        source=SOURCE,
        seq=said.seq,
        at=said.at,
        version_at=said.at,
        run_id=run_id,
        job=said.job,
        state=state,
        inputs=_dataset_states(event.inputs),
        outputs=_dataset_states(outputs),
        column_edges=tuple(dict.fromkeys(edge[:2] for d in derived for edge in d.columns)),
        error=error.message[:MAX_ERROR] if error else "",
        parent_job=parent.job.ref() if parent else "",
        dims=_dims(event),
    )


def _state(event: shape.Event) -> ev.RunState:
    state = (event.event_type or "").upper()
    return state if state in _STATES else "OTHER"  # type: ignore[return-value]  # the literal's own words


def _dims(event: shape.Event) -> dict[str, str]:
    """Dimensions that the job's tags name, or the run's, which are nearer."""
    found: dict[str, str] = {}
    for holder in (event.job, event.run):
        tags = shape.facet(holder.facets, "tags", facets.Tags) if holder else None
        found |= {tag.key: tag.value for tag in (tags.tags if tags else ()) if tag.key in _DIMS}
    return found


def _dataset_states(datasets: Iterable[shape.Dataset] | None) -> tuple[ev.DatasetState, ...]:
    return tuple(_dataset_state(dataset, ref) for dataset in datasets or () if (ref := dataset.ref()))


def _dataset_state(dataset: shape.Dataset, ref: str) -> ev.DatasetState:
    """Rows are those that NULLs were counted over, where they were; else the rows written, else read."""
    schema = dataset.facet("schema", facets.Schema)
    metrics = dataset.facet("dataQualityMetrics", facets.Metrics)
    written = dataset.facet("outputStatistics", facets.Statistics)
    read = dataset.facet("inputStatistics", facets.Statistics)
    tests = dataset.facet("dataQualityAssertions", facets.Assertions)
    nulls = {
        column: found.null_count
        for column, found in ((metrics.column_metrics if metrics else None) or {}).items()
        if found.null_count is not None
    }
    counted = [found.row_count for found in (metrics, written, read) if found and found.row_count is not None]
    return ev.DatasetState(
        dataset=ref,
        columns=tuple(field.name for field in schema.fields) if schema and schema.fields else None,
        n_rows=counted[0] if counted else None,
        null_counts=nulls or None,
        failed_assertions=tuple(
            f"{test.assertion}({test.column or ''})"
            for test in (tests.assertions if tests else ())
            if not test.success
        ),
    )


def changes(said: Said) -> Iterator[ev.Change]:
    """Tables that a finished run altered, dropped, renamed or emptied."""
    run_id = shape.said(said.event.run.run_id) if said.event.run else ""
    if not run_id or not said.job or _state(said.event) != "COMPLETE":
        return
    for dataset in said.event.outputs or ():
        ref, moved = dataset.ref(), dataset.facet("lifecycleStateChange", facets.Lifecycle)
        if not ref or moved is None or moved.lifecycle_state_change not in _MOVED:
            continue
        before = moved.previous_identifier
        yield ev.Change(
            id=event_id(SOURCE, f"lifecycle:{run_id}:{ref}"),
            source=SOURCE,
            seq=said.seq,
            at=said.at,
            version_at=said.at,
            entity=ref,
            kind=_MOVED[moved.lifecycle_state_change],
            state="done",
            title=f"{moved.lifecycle_state_change} {name_of(ref)} by {said.job}",
            done_at=said.at,
            also=(dataset_ref(before.namespace, before.name),) if before else (),
            dims=_dims(said.event),
        )
