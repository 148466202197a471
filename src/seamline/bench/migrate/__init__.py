"""What a migration under live traffic costs: stalls, losses and time, beside the naive statement in the same run.

rows=N; cases=NAME,... names operations (all, none); costs=NAME,... those whose windows, overhead and way back are measured;
naive=false leaves the naive statements out. With faults=N (kill -9 of the conductor), stops=N (immediate stops of the
server), pairs=N (two conductors), freezes=N (SIGSTOP for 10 s) or points=true (each named point) the fault protocol runs
instead: rows=20000 is enough for it, seed=N is another one. Figures go to stdout as JSON, tables to stderr.
"""

from typing import Any


def run(
    rows: int = 3_000_000,
    cases: str = "all",
    costs: str = "type-e1,type-e2",
    load: float = 0.0,
    windows: int = 5,
    naive: bool = True,
    faults: int = 0,
    stops: int = 0,
    pairs: int = 0,
    freezes: int = 0,
    points: bool = False,
    seed: int = 1,
) -> dict[str, Any]:
    """All figures, and each promise with what was seen. `load`: requests a second, 15 % of what the server can serve without.

    Starts a PostgreSQL of its own. Raises Fix with the mend where its programs or psycopg are missing.
    """
    from seamline.bench.migrate import program
    from seamline.bench.migrate.dose import Doses

    doses = Doses(faults, stops, pairs, freezes, points, seed)
    if doses.any:
        return program.disturbed(rows, cases, doses)
    return program.measured(program.Asked(rows, cases, costs, load, windows, naive))
