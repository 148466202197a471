"""OpenLineage events as Runs, Changes of tables, and what they prove of the map.

Contract: https://openlineage.io/docs/spec/object-model. A RunEvent says all that a JobEvent and a DatasetEvent
say, so every event is read for what it holds, not by its declared type.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, get_args

from msgspec import Raw, Struct

from seamline.model import credential
from seamline.model import event as ev
from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.payload import decode, moment
from seamline.model.refs import dataset as dataset_ref
from seamline.model.refs import event_id, name_of
from seamline.sources.openlineage import lineage, shape
from seamline.sources.openlineage.statement import Statement

name = "openlineage"
retention: Literal["record", "telemetry"] = "record"
paths: Mapping[str, int] = {"/api/v1/lineage": 201, "/api/v1/lineage/batch": 200}

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


class _Said(Struct, frozen=True):
    """One event, where it was read and when it says it happened."""

    seq: int
    at: datetime
    dated: bool  # False: the event says no time, `at` is when it was received
    event: shape.Event
    job: str  # ref, "" when the event names none


def key(headers: Mapping[str, str], body: bytes) -> str:  # noqa: ARG001  the port's signature
    """Always "": OpenLineage has no delivery id, so equal bodies count once."""
    return ""


def verify(
    headers: Mapping[str, str],
    body: bytes,  # noqa: ARG001  OpenLineage clients can't sign bodies
    secrets: Sequence[bytes],
    now: datetime,  # noqa: ARG001
) -> bool:
    """Whether `Authorization` carries one of the secrets (`auth` of the client's HTTP transport)."""
    return credential.proves(headers, secrets)


def parse(delivery: Delivery) -> Iterator[ev.Event]:
    """Runs and Changes in the delivery's own order, then its map facts and claims, each once, sorted.

    Elements of a batch that are no events are passed over. Raises Unreadable when none is one.
    """
    statement = Statement(name, delivery.seq)
    moved: list[ev.Event] = []
    for said in _events(delivery):
        moved += _run(said)
        moved += _changes(said)
        _state_jobs(said, statement)
        _state_datasets(said, statement)
        _state_lineage(said, statement)
    return iter([*moved, *statement.events()])


def _events(delivery: Delivery) -> list[_Said]:
    if delivery.body is None or not delivery.body.lstrip().startswith(b"["):
        return [_event(delivery, delivery.body)]
    batch = decode(delivery.body, list[Raw])
    read: list[_Said] = []
    why: Unreadable | None = None
    for element in batch:
        try:
            read.append(_event(delivery, element))
        except Unreadable as error:
            why = why or error
    if why is not None and not read:
        raise why
    return read


def _event(delivery: Delivery, body: bytes | Raw | None) -> _Said:
    event = decode(body, shape.Event)
    if event.job is None and event.dataset is None and event.run is None:
        members = ", ".join(sorted(decode(body, dict[str, Raw]))[:5]) or "nothing"
        raise Unreadable(
            f"neither a run, a job nor a dataset, but {members}",
            hint="a facet or a JSON Schema by itself says nothing of the stack",
        )
    time = shape.said(event.event_time) if isinstance(event.event_time, str) else event.event_time
    at = moment(time, delivery.received_at)
    return _Said(delivery.seq, at, bool(time), event, event.job.ref() if event.job else "")


def _run(said: _Said) -> Iterator[ev.Run]:
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
    parent = shape.facet(run.facets, "parent", shape.Parent) if run else None
    error = shape.facet(run.facets, "errorMessage", shape.ErrorMessage) if run else None
    yield ev.Run(
        id=event_id(name, f"run:{told_by}:{state}"),
        source=name,
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
        tags = shape.facet(holder.facets, "tags", shape.Tags) if holder else None
        found |= {tag.key: tag.value for tag in (tags.tags if tags else ()) if tag.key in _DIMS}
    return found


def _dataset_states(datasets: Iterable[shape.Dataset] | None) -> tuple[ev.DatasetState, ...]:
    return tuple(_dataset_state(dataset, ref) for dataset in datasets or () if (ref := dataset.ref()))


def _dataset_state(dataset: shape.Dataset, ref: str) -> ev.DatasetState:
    """Rows are those that NULLs were counted over, where they were; else the rows written, else read."""
    schema = dataset.facet("schema", shape.Schema)
    metrics = dataset.facet("dataQualityMetrics", shape.Metrics)
    written = dataset.facet("outputStatistics", shape.Statistics)
    read = dataset.facet("inputStatistics", shape.Statistics)
    tests = dataset.facet("dataQualityAssertions", shape.Assertions)
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


def _changes(said: _Said) -> Iterator[ev.Change]:
    """Tables that a finished run altered, dropped, renamed or emptied."""
    run_id = shape.said(said.event.run.run_id) if said.event.run else ""
    if not run_id or not said.job or _state(said.event) != "COMPLETE":
        return
    for dataset in said.event.outputs or ():
        ref, moved = dataset.ref(), dataset.facet("lifecycleStateChange", shape.Lifecycle)
        if not ref or moved is None or moved.lifecycle_state_change not in _MOVED:
            continue
        before = moved.previous_identifier
        yield ev.Change(
            id=event_id(name, f"lifecycle:{run_id}:{ref}"),
            source=name,
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


def _state_jobs(said: _Said, statement: Statement) -> None:
    """The job exists, is somebody's, reads and writes."""
    if not said.job or said.event.job is None:
        return
    statement.fact(said.at, said.job, "exists", evidence="named by its own events")
    _claim(said.at, said.job, shape.facet(said.event.job.facets, "ownership", shape.Ownership), statement)
    for predicate, datasets in (("reads", said.event.inputs), ("writes", said.event.outputs)):
        for dataset in datasets or ():
            if dataset.ref():
                statement.fact(said.at, said.job, predicate, dataset.ref(), f"an event of {said.job}")


def _state_datasets(said: _Said, statement: Statement) -> None:
    """Datasets exist, are somebody's, and have other names."""
    for dataset in _datasets(said.event):
        ref = dataset.ref()
        if not ref:
            continue
        statement.fact(said.at, ref, "exists", evidence=f"named by {said.job or 'a dataset event'}")
        _claim(said.at, ref, dataset.facet("ownership", shape.Ownership), statement)
        symlinks = dataset.facet("symlinks", shape.Symlinks)
        for other in symlinks.identifiers if symlinks else ():
            statement.fact(
                said.at, ref, "same_as", dataset_ref(other.namespace, other.name), "symlinks facet"
            )


def _state_lineage(said: _Said, statement: Statement) -> None:
    """What derives from what: by the facets, which know columns, then by what the job read and wrote."""
    inputs = said.event.inputs or []
    derived = [lineage.of_dataset(dataset, inputs) for dataset in _datasets(said.event) if dataset.ref()]
    derived += lineage.of_job(said.event.job, inputs)
    for derivation in derived:
        for target, source, why in (*derivation.whole, *derivation.columns):
            statement.fact(said.at, target, "derives", source, why)
    for target in filter(None, (output.ref() for output in said.event.outputs or ())):
        for source in filter(None, (read.ref() for read in inputs)):
            statement.fact(said.at, target, "derives", source, f"read and written by {said.job or 'one run'}")


def _datasets(event: shape.Event) -> list[shape.Dataset]:
    own = [event.dataset] if event.dataset else []
    return [*(event.inputs or ()), *(event.outputs or ()), *own]


def _claim(at: datetime, entity: str, ownership: shape.Ownership | None, statement: Statement) -> None:
    for owner in ownership.owners if ownership else ():
        if owner.name:
            role = f" as {owner.type}" if owner.type else ""
            statement.claim(at, entity, owner.name, f"ownership facet{role}")
