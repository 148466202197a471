"""What a migration under live traffic costs: stalls, losses and time, beside the naive statement in the same run.

rows=N; cases=NAME,... names operations (`all`, `none`); costs=NAME,... those whose windows, overhead and way back are
measured; naive=false leaves the naive statements out. faults=N kills the conductor N times, stops=N the server;
points=true ends it at each of its named points; rows=20000 is enough for those. The figures go to stdout, the table to
stderr.
"""

from typing import Any


def run(
    rows: int = 3_000_000,
    cases: str = "all",
    costs: str = "type-e1,type-e2",
    load: float = 700.0,
    pairs: int = 5,
    naive: bool = True,
) -> dict[str, Any]:
    """All figures, and each promise with what was seen. `load` is the most requests a second, 15 % of the capacity else.

    Starts a PostgreSQL of its own. Raises Fix with the mend where its programs or psycopg are missing.
    """
    from seamline.bench.migrate.program import Asked, performed

    return performed(Asked(rows=rows, cases=cases, costs=costs, load=load, pairs=pairs, naive=naive))
