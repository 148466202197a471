"""What has to be shown, held against what was measured."""

from collections.abc import Iterator, Sequence

from seamline.bench.migrate.measure import Costs, Measured, Result
from seamline.bench.migrate.report import Bar, Row, ms
from seamline.bench.migrate.serverlog import attributable
from seamline.bench.migrate.trial import Trial

LOCK_S = 0.1
READER_S = 0.3
NAIVE_TO_OURS = 40
WORTH_S = 1.0  # naive stalls below this are too short for a ratio to say anything
LEAST_S = 0.02  # waits for locks below this are not logged; they count as this long
ON_OFF = 1.3
SPEED = {"type-e1": 30.0, "type-e2": 15.0}  # times the naive rewrite
OVERHEAD = {"type-e1": 1.3, "type-e2": 2.2}
ETA = 0.25
BACK_S = 1.0


def rows(found: Measured) -> list[Row]:
    """One row an operation."""
    return [_row(result, found) for result in found.results]


def bars(found: Measured) -> list[Bar]:
    """All promises that this run has something to say about."""
    ours = [r for r in found.results if r.naive or r.ours or r.trouble]
    return [
        *_locks(ours),
        *_reader(ours),
        *_clients(found),
        *_exact(found),
        *_windows(found),
        *_speed(ours),
        *_overhead(found),
        *_eta(ours),
        *_budget(found),
        *_back(found),
    ]


def _row(result: Result, found: Measured) -> Row:
    naive, ours = result.naive, result.ours
    return Row(
        operation=result.operation.name,
        naive_s=naive.seconds if naive else None,
        naive_stall_s=naive.waits.longest_s if naive else None,
        naive_failed=_n_failed(naive, found) if naive else None,
        ours_s=ours.figures["ready_s"] + ours.figures["end_s"] if ours else None,
        ours_stall_s=ours.waits.longest_s if ours else None,
        ours_lock_s=ours.behind_it_s if ours else None,
        ours_failed=_n_failed(ours, found) if ours else None,
        exact=ours.exact and not any(ours.figures["differing"].values()) if ours else None,
    )


def _n_failed(trial: Trial, found: Measured) -> int:
    return sum(attributable(trial.failed, found.control.failed).values())


def troubles(found: Measured) -> list[str]:
    """What did not come to its end, and why."""
    said = [f"{r.operation.name}: {r.trouble}" for r in found.results if r.trouble]
    return said + [f"{name}: {c.trouble}" for name, c in found.costs.items() if c.trouble]


def _locks(results: Sequence[Result]) -> Iterator[Bar]:
    """Behind a long reader another bar holds."""
    done = [(r.operation.name, r.ours.behind_it_s) for r in results if r.ours]
    if done:
        name, worst = max(done, key=lambda each: each[1])
        yield Bar(
            "longest stall by a lock of ours",
            f"<= {ms(LOCK_S)}",
            f"{_at_least(worst)} ({name})",
            worst <= LOCK_S,
        )
    ratios = [
        (r.naive.waits.longest_s / max(r.ours.behind_it_s, LEAST_S), r.operation.name)
        for r in results
        if r.ours and r.naive and r.naive.waits.longest_s >= WORTH_S
    ]
    if ratios:
        ratio, name = min(ratios)
        yield Bar(
            "the same, beside the naive statement's stall",
            f"<= 1/{NAIVE_TO_OURS}",
            f"1/{ratio:.0f} at worst ({name}), of {len(ratios)} that stall naively",
            ratio >= NAIVE_TO_OURS,
        )


def _at_least(seconds: float) -> str:
    return ms(seconds) if seconds >= LEAST_S else f"below {ms(LEAST_S)}"


def _reader(results: Sequence[Result]) -> Iterator[Bar]:
    for result in results:
        if result.operation.reader_s and result.ours:
            naive = f" (naively {ms(result.naive.waits.longest_s)})" if result.naive else ""
            longest = result.ours.phases["start"].longest_s
            yield Bar(
                f"longest wait behind a reader of {result.operation.reader_s:.0f} s",
                f"<= {ms(READER_S)}",
                ms(longest) + naive,
                longest <= READER_S,
            )


def _conducted(found: Measured) -> list[tuple[str, Trial]]:
    """All trials of the conductor, with what they are called."""
    trials = [(r.operation.name, r.ours) for r in found.results if r.ours]
    for name, cost in found.costs.items():
        trials += [
            (f"{name}, {what}", t) for what, t in (("windows", cost.windows), ("back", cost.back)) if t
        ]
    return trials


def _clients(found: Measured) -> Iterator[Bar]:
    if not (trials := _conducted(found)):
        return
    failed = {name: codes for name, t in trials if (codes := attributable(t.failed, found.control.failed))}
    n = sum(sum(codes.values()) for codes in failed.values())
    said = "; ".join(f"{name}: {_codes(codes)}" for name, codes in failed.items())
    yield Bar("client statements that failed by it", "0", f"{n} ({said})" if n else "0", n == 0)


def _codes(codes: dict[str, int]) -> str:
    return ", ".join(f"{n} x {code}" for code, n in codes.items())


def _exact(found: Measured) -> Iterator[Bar]:
    if not (trials := _conducted(found)):
        return
    wrong = [name for name, t in trials if not t.exact or any(t.figures.get("differing", {}).values())]
    n_writes = sum(t.account.n_acknowledged for _, t in trials)
    said = f"wrong: {', '.join(wrong)}" if wrong else f"0 of {n_writes:,} acknowledged writes"
    yield Bar("lost, doubled or differing rows, by the exact account", "0", said, not wrong)


def _windows(found: Measured) -> Iterator[Bar]:
    for name, cost in found.costs.items():
        if cost.windows is None:
            continue
        on, off = cost.windows.phases.get("on"), cost.windows.phases.get("off")
        if on is None or off is None or not off.p95_s:
            yield Bar(
                f"p95 on/off while it fills, {name}", f"<= {ON_OFF}x", "filled before a window was over", None
            )
            continue
        ratio = on.p95_s / off.p95_s
        pairs = cost.windows.figures["n_pairs"]
        said = f"{ratio:.2f}x ({on.p95_s * 1e3:.1f} / {off.p95_s * 1e3:.1f} ms, {pairs} windows)"
        yield Bar(f"p95 on/off while it fills, {name}", f"<= {ON_OFF}x", said, ratio <= ON_OFF)


def _speed(results: Sequence[Result]) -> Iterator[Bar]:
    for result in results:
        most = SPEED.get(result.operation.name)
        if most and result.naive and result.ours:
            ratio = result.ours.figures["ready_s"] / result.naive.seconds
            said = f"{ratio:.1f}x ({ms(result.ours.figures['ready_s'])} / {ms(result.naive.seconds)})"
            yield Bar(
                f"time with verification, {result.operation.name}",
                f"<= {most:.0f}x naive",
                said,
                ratio <= most,
            )


def _overhead(found: Measured) -> Iterator[Bar]:
    for name, cost in found.costs.items():
        most = OVERHEAD.get(name)
        if most and cost.overhead is not None:
            yield Bar(
                f"bulk write while in step, {name}",
                f"<= {most}x",
                f"{cost.overhead:.2f}x",
                cost.overhead <= most,
            )


def _eta(results: Sequence[Result]) -> Iterator[Bar]:
    """Only where there is something to fill: elsewhere nobody waits for an estimate."""
    for result in results:
        if result.operation.rewrites and result.ours:
            expected, actual = result.ours.figures["eta_p50_s"], result.ours.figures["ready_s"]
            if not expected:
                yield Bar(
                    f"estimate, {result.operation.name}",
                    f"within {ETA:.0%} of p50",
                    "none in the journal",
                    False,
                )
                continue
            off = actual / expected - 1
            said = f"{off:+.0%} ({ms(actual)} / {ms(expected)})"
            yield Bar(f"estimate, {result.operation.name}", f"within {ETA:.0%} of p50", said, abs(off) <= ETA)


def _budget(found: Measured) -> Iterator[Bar]:
    if found.budget_refused is not None:
        said = "refused" if found.budget_refused else "taken"
        yield Bar("a plan over its budget", "refused", said, found.budget_refused)


def _back(found: Measured) -> Iterator[Bar]:
    for name, cost in found.costs.items():
        if cost.back is not None:
            yield _reverted(name, cost)


def _reverted(name: str, cost: Costs) -> Bar:
    assert cost.back is not None
    seconds = cost.back.figures["end_s"]
    kept = "kept" if cost.back.exact else "LOST"
    said = f"{ms(seconds)}, {ms(cost.back.phases['revert'].longest_s)} for clients; new writes {kept}"
    return Bar(
        f"back from both versions, {name}",
        f"<= {ms(BACK_S)}, kept",
        said,
        seconds <= BACK_S and cost.back.exact,
    )
