"""A migration on the terminal: the dry run, the live line, how far it is, the certificate."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from seamline.app.migrate import Planned, Status
from seamline.migrate.certificate import Certificate
from seamline.migrate.journal import Migration
from seamline.migrate.program import PHASES, Program
from seamline.migrate.site import Progress
from seamline.terminal.plain import long, plain

Say = Callable[[Progress], None]
_EVERY_S = 2.0  # a line, where nobody watches a terminal


def _json(document: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=2).decode() + "\n"


# -- the dry run --------------------------------------------------------------------------
def show_plan(planned: Planned) -> None:
    """What will happen, in four columns, and how long it takes."""
    found = planned.surveyed
    given = found.plan
    print(f"{given.id}: owner {given.owner}, budget {long(given.budget_s)}")
    for s in found.program.subjects:
        way = "old clients through a counting view" if s.shape.by_view else "old clients on the table itself"
        print(f"  {s.shape.schema}.{s.shape.name}: {s.engine}, about {max(s.n_rows, 0)} rows, {way}")
    for number, step in enumerate(found.program.steps, 1):
        print(f"  {number:3} {step.phase:9} {plain(step.about)}")
    for function in ("code", "platform", "support", "data"):
        for line in planned.lines:
            if line.function == function:
                print(f"  {function:9}{line.phase:9} {plain(line.says)}")
    if not found.refusals:
        p50, p90 = found.estimate.p50_s, found.estimate.p90_s
        print(f"  takes {long(p50)} (p50) to {long(p90)} (p90), then {long(given.soak_s)} of standing still")
        print(f"next: {given.owner}: seamline migrate approve {given.id}")


def plan_as_json(planned: Planned) -> str:
    """The dry run as JSON."""
    found = planned.surveyed
    return _json(
        {
            "id": found.plan.id,
            "owner": found.plan.owner,
            "sha256": found.plan.sha256,
            "state": "PLANNED" if not found.refusals else "DRAFT",
            "refusals": found.refusals,
            "eta_p50_s": found.estimate.p50_s,
            "eta_p90_s": found.estimate.p90_s,
            "budget_s": found.plan.budget_s,
            "disk_bytes": 2 * found.n_bytes_needed,
            "steps": found.program.steps,
            "columns": planned.lines,
        }
    )


def statements(program: Program) -> str:
    """Every statement in the order in which it is done. The backfill and the checks are templates over pages."""
    from seamline.migrate import shadow, twin

    parts = []
    for number, step in enumerate(program.steps, 1):
        parts.append(f"-- {number}. {step.phase} {step.name}: {step.about}")
        if step.kind in ("backfill", "verify"):
            subject = program.subjects[step.subject]
            shape = subject.shape
            where = twin.pages(0, 16, 150000)
            make = twin.fill if step.kind == "backfill" else twin.look
            more: dict[str, Any] = {} if step.kind == "backfill" else {"steady": False}
            parts.append("-- for pages 0 to 16, and so on:")
            if subject.shadow is None:
                parts.append(make(shape, shape.sql, where, "...", 1, shape.oid, 0, 16, **more) + ";")
            elif step.kind == "backfill":
                parts.append(shadow.copy(subject.shadow, shape.sql, where, "...", 1, shape.oid, 0, 16) + ";")
            else:
                parts.append(
                    shadow.look(subject.shadow, shape.sql, where, "...", 1, shape.oid, 0, 16, swapped=False)
                    + ";"
                )
        parts += [f"LOCK TABLE {name} IN ACCESS EXCLUSIVE MODE;" for name in step.locks]
        parts += [f"{statement};" for statement in step.do]
    return "\n".join(parts) + "\n"


# -- while it runs ------------------------------------------------------------------------
@contextmanager
def watching() -> Iterator[Say]:
    """One moving line on a terminal; elsewhere a line for each step, and one every two seconds."""
    tell = _Line() if sys.stderr.isatty() else _Log()
    try:
        yield tell.say
    finally:
        tell.end()


def _said(p: Progress) -> str:
    parts = [p.state or "", p.step]
    if p.n_all:
        parts.append(f"{p.n_done / p.n_all:4.0%}, {p.rows_per_s:,.0f} rows/s")
    if p.left_s is not None and p.n_done < p.n_all:
        parts.append(f"{long(p.left_s)} left")
    if p.canary_ms is not None:
        parts.append(f"canary p95 {p.canary_ms:.1f} ms")
    if p.lag_s:
        parts.append(f"replica {p.lag_s:.1f} s behind")
    if p.wait:
        parts.append(f"waits: {plain(p.wait)}")
    return "  ".join(filter(None, parts))


class _Line:
    def say(self, progress: Progress) -> None:
        sys.stderr.write(f"\r\x1b[K{_said(progress)[:200]}")
        sys.stderr.flush()

    def end(self) -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


class _Log:
    def __init__(self) -> None:
        self._at, self._step = 0.0, ""

    def say(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.step != self._step or now - self._at > _EVERY_S:
            self._at, self._step = now, progress.step
            print(_said(progress), file=sys.stderr, flush=True)

    def end(self) -> None:
        pass


# -- how far ------------------------------------------------------------------------------
def show_state(migration: Migration, *, json: bool) -> None:
    """Where a command left it."""
    if json:
        sys.stdout.write(_json({"id": migration.id, "state": migration.state, "epoch": migration.epoch}))
        return
    print(f"{migration.id}: {migration.state}")
    if migration.state == "SOAK":
        print(f"both versions are served; when the old one is gone: seamline migrate contract {migration.id}")


def show_list(found: Sequence[Migration], *, json: bool) -> None:
    """All migrations of a database."""
    if json:
        rows = [{"id": m.id, "state": m.state, "owner": m.owner, "overlay": m.overlay} for m in found]
        sys.stdout.write(_json({"migrations": rows}))
        return
    for m in found:
        print("  ".join(filter(None, (m.id, m.state, m.overlay, m.owner))))
    if not found:
        print("no migration was planned here")


def show_status(s: Status) -> None:
    """One migration, for people."""
    m = s.migration
    head = [f"{m.id}: {m.state}", f"owner {m.owner}", f"approved by {m.approved_by or 'nobody yet'}"]
    print(", ".join(head))
    if m.overlay:
        print(f"{m.overlay}: {plain(m.why)}")
    for stray in s.strays:
        print(f"  row {plain(stray)} differs between the versions")
    for step, done in zip(s.program.steps, s.steps, strict=True):
        held = done.result.get("held_ms")
        note = f", lock held {float(held):.1f} ms" if held is not None else ""
        print(f"  {done.state:8} {step.phase:9} {plain(step.about)}{note}")
    if s.n_all and m.state in PHASES:
        print(f"  {s.rows_done:,} rows filled, {min(1.0, s.n_done / s.n_all):.0%} of the pages")
    for r in s.readings:
        said = f"still for {long(r.still_s)}, {r.n_uses} statements" if r.counted else "can't be counted"
        print(f"  old version of {r.table}: {said}")
    print(f"  gate: {s.gate}; conducted by {s.conductor or 'nobody'}")


def status_as_json(s: Status) -> str:
    """One migration, for programs."""
    m = s.migration
    steps = [
        {
            "n": d.n,
            "name": d.name,
            "phase": p.phase,
            "state": d.state,
            "attempts": d.attempts,
            "result": d.result,
        }
        for p, d in zip(s.program.steps, s.steps, strict=True)
    ]
    return _json(
        {
            "id": m.id, "state": m.state, "overlay": m.overlay, "why": m.why, "owner": m.owner,
            "approved_by": m.approved_by, "contract_by": m.contract_by, "epoch": m.epoch, "gate": s.gate,
            "conductor": s.conductor, "steps": steps, "rows_done": s.rows_done, "pages_done": s.n_done,
            "pages": s.n_all, "eta_p50_s": m.eta_p50, "eta_p90_s": m.eta_p90, "budget_s": m.budget_s,
            "old_version": [_reading(r) for r in s.readings], "strays": s.strays, "columns": s.lines,
            "certificate": s.certificate, "planned_at": m.planned_at, "started_at": m.started_at,
            "ended_at": m.ended_at,
        }
    )  # fmt: skip


def _reading(r: Any) -> dict[str, Any]:
    still = r.still_s if r.counted and r.still_s != float("inf") else None
    return {"table": r.table, "counted": r.counted, "still_s": still, "n_uses": r.n_uses}


# -- the end ------------------------------------------------------------------------------
def show_certificate(made: Certificate, *, json: bool) -> None:
    """What was proved."""
    if json:
        sys.stdout.write(_json(msgspec.to_builtins(made) | {"sha256": made.sha256}))
        return
    print(f"{made.migration}: done in {long((made.ended_at - made.started_at).total_seconds())}")
    print(f"  owner {made.owner}, approved by {made.approved_by}, contract by {made.contract_by}")
    for c in made.compared:
        print(f"  {c.table}: {c.rows:,} rows compared, {c.differing} differ, hash {c.new_hash}")
    print(
        f"  {made.n_rows_filled:,} rows filled in {made.n_chunks:,} bites by {made.n_conductors} conductors"
    )
    print(
        f"  longest lock held {made.longest_lock_ms:.1f} ms, {made.n_lock_refusals} times turned away by a client's"
    )
    for line in (*made.drift, *made.left):
        print(f"  {plain(line)}")
    print(f"  sha256 {made.sha256}")
