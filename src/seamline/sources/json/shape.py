"""The neutral shape: what a sender without a source of its own writes. docs/sources/json.md describes it.

It is strict, so that a slip is told and not guessed around: an unknown field, a ref that is none and a word that
is not one of its list are refused with their place. A null means that the field was left out.
"""

from collections.abc import Mapping
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta, Raw, Struct

from seamline.model.errors import Unreadable
from seamline.model.event import ChangeKind, ChangeState, RunState
from seamline.model.payload import Stamp, decode
from seamline.sources.json import mapping

Ref = Annotated[str, Meta(pattern=r"^[a-z_]+:.", description="kind:name, such as service:booking")]
Id = Annotated[str, Meta(min_length=1)] | int
Given = Annotated[str, Meta(min_length=1)] | int | float  # a time that can't be left out


class Said(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    """What every item may have: its dimensions."""

    environment: str | None = None
    region: str | None = None
    cluster: str | None = None
    tenant: str | None = None


class Change(Said, frozen=True, tag="change"):
    """Something moved. `id` names it through all its states."""

    id: Id
    entity: Ref
    at: Stamp = None
    updated_at: Stamp = None
    done_at: Stamp = None
    kind: ChangeKind = "deploy"
    state: ChangeState = "done"
    title: str | None = None
    version: str | None = None
    revision: str | None = None
    facts: dict[str, float | str | bool | None] | None = None
    also: tuple[Ref, ...] | None = None
    url: str | None = None


class Measurement(Said, frozen=True, tag="measurement"):
    """Samples of one series: `value` at `at`, or `samples` of [time, value]. A null value: the series vanished."""

    metric: Annotated[str, Meta(min_length=1)]
    entity: Ref
    value: float | None = None
    at: Stamp = None
    samples: tuple[tuple[Given, float | None], ...] | None = None
    labels: dict[str, str] | None = None
    delta: bool = False


class Alert(Said, frozen=True, tag="alert"):
    """A rule fired at `at`, and is over when `firing` is false. `id` and `at` name the firing."""

    id: Id
    at: Given
    entity: Ref
    name: str | None = None
    firing: bool = True
    ended_at: Stamp = None
    summary: str | None = None
    severity: str | None = None
    labels: dict[str, str] | None = None


class Ticket(Said, frozen=True, tag="ticket"):
    """A ticket, made at `at`, with all that is known of it."""

    id: Id
    at: Given
    desk: Ref
    updated_at: Stamp = None
    subject: str | None = None
    text: str | None = None
    requester: str | int | None = None
    status: str | None = None
    priority: str | None = None
    tags: tuple[str, ...] | None = None


class DatasetState(Struct, frozen=True, forbid_unknown_fields=True):
    """What a run saw of a dataset."""

    dataset: Ref
    columns: tuple[str, ...] | None = None
    n_rows: Annotated[int, Meta(ge=0, le=2**62)] | None = None
    null_counts: dict[str, Annotated[int, Meta(ge=0, le=2**62)]] | None = None
    failed_assertions: tuple[str, ...] | None = None


class Run(Said, frozen=True, tag="run"):
    """One state of a run of a data job."""

    run_id: Id
    at: Given
    job: Ref
    state: RunState
    inputs: tuple[DatasetState, ...] | None = None
    outputs: tuple[DatasetState, ...] | None = None
    error: str | None = None
    parent_job: Ref | None = None


AnySaid = Change | Measurement | Alert | Ticket | Run
_ANY = cast(type[AnySaid], AnySaid)  # a union is as good as a type to the decoder


def items(headers: Mapping[str, str], body: bytes | None) -> list[AnySaid]:
    """What a delivery says, in its own order: an item, an array of them, or one a line; or any JSON and a mapping.

    Raises Unreadable with the first mistake and where it is; nothing of such a delivery is used.
    """
    laid_down = mapping.of_headers(headers)
    if laid_down is None:
        raw = _parts(body)
        return [_item(i, one) if len(raw) > 1 else decode(one, _ANY) for i, one in enumerate(raw, start=1)]
    document = decode(body, object)
    try:
        return [_mapped(rule, built) for rule, built in mapping.apply(laid_down, document)]
    except RecursionError:
        raise Unreadable("the mapping is nested too deeply") from None


def _parts(body: bytes | None) -> list[bytes | Raw | None]:
    """The items of a body, each as its own JSON."""
    if body is None:
        return [None]
    if body.lstrip().startswith(b"["):
        return [*decode(body, list[Raw])]
    lines = [line for line in body.splitlines() if line.strip()]
    return [*lines] if is_lines(body) else [body]


def is_lines(body: bytes) -> bool:
    """Whether each line is a JSON of its own: the first one is, and there is another."""
    first, _, rest = body.strip().partition(b"\n")
    if not rest:
        return False
    try:
        decode(first, Raw)
    except Unreadable:
        return False
    return True


def _item(place: int, raw: bytes | Raw | None) -> AnySaid:
    try:
        return decode(raw, _ANY)
    except Unreadable as error:
        raise Unreadable(f"item {place}: {error}") from None


def _mapped(rule: str, built: dict[str, Any]) -> AnySaid:
    try:
        return msgspec.convert(built, _ANY, strict=False)
    except ValueError as error:
        raise Unreadable(f"mapped by {rule}: {error}") from None
