"""How a fault shows: which kinds of observable move when something of a kind goes wrong.

Two tables, both starting values: by what went wrong (a change's kind, or the kind of entity with a latent
fault), and by kind of observable. A missing pair means `_RARELY`.
"""

from seamline.model.symptom import ObservableKind

_RARELY = 0.03

_TRAFFIC = {
    "error_ratio": 0.7,
    "latency": 0.5,
    "saturation": 0.3,
    "backlog": 0.4,
    "alert": 0.6,
    "ticket_burst": 0.5,
}
_DATA = {"column_gone": 0.6, "null_share": 0.6, "row_count": 0.4, "run_failure": 0.4, "ticket_burst": 0.3}

# A release that breaks requests seldom breaks data as well.
_DATA_OF_CODE = {"column_gone": 0.15, "null_share": 0.15, "row_count": 0.1, "run_failure": 0.15}

_BY_CAUSE: dict[str, dict[str, float]] = {
    "deploy": {**_TRAFFIC, **_DATA_OF_CODE, "vanished": 0.2, "freshness": 0.1},
    "config": {**_TRAFFIC, "blocking": 0.002, "null_share": 0.06, "column_gone": 0.03, "row_count": 0.06, "run_failure": 0.1, "vanished": 0.1},
    "flag": {**_TRAFFIC, "blocking": 0.002, "null_share": 0.1, "row_count": 0.1},
    "scale": {**_TRAFFIC, "blocking": 0.002, "saturation": 0.6, "vanished": 0.1},
    "schema": {**_TRAFFIC, "blocking": 0.1, "error_ratio": 0.4, "latency": 0.4, "column_gone": 0.8, "null_share": 0.8, "row_count": 0.4, "run_failure": 0.6},
    "schema that adds": {**_TRAFFIC, "blocking": 0.01, "error_ratio": 0.3, "run_failure": 0.2, "row_count": 0.05},
    "model": {**_TRAFFIC, "null_share": 0.2, "row_count": 0.2, "run_failure": 0.4},
    "data": {**_DATA, "freshness": 0.3},
    "manual": {**_TRAFFIC, **_DATA, "blocking": 0.3},
    "capacity": {**_TRAFFIC, "saturation": 0.9, "error_ratio": 0.9, "latency": 0.6, "run_failure": 0.2},
    "latent service": {**_TRAFFIC, "null_share": 0.1, "row_count": 0.1, "vanished": 0.3},
    "latent database": {**_TRAFFIC, "blocking": 0.6, "saturation": 0.5, "latency": 0.7, "run_failure": 0.4, "vanished": 0.3},
    "latent vendor": {**_TRAFFIC, "error_ratio": 0.9, "latency": 0.6, "backlog": 0.6},
    "latent dataset": {**_DATA, "freshness": 0.3},
    "latent job": {**_DATA, "run_failure": 0.7, "freshness": 0.5},
    "latent": {**_TRAFFIC, "vanished": 0.2, "run_failure": 0.2},
}  # fmt: skip


def show(cause: str, kind: ObservableKind) -> float:
    """P(an observable of this kind moves | a fault of this kind reached its entity).

    `cause` is a change kind, "capacity", or "latent <entity kind>".
    """
    table = _BY_CAUSE.get(cause)
    if table is None:
        table = _BY_CAUSE["latent"] if cause.startswith("latent") else _BY_CAUSE["manual"]
    return table.get(kind, _RARELY)


# Looks at data come at the next run, not after a delay of their own.
AT_NEXT_RUN = frozenset({"column_gone", "null_share", "row_count", "run_failure", "freshness"})
# Structure breaks at once: a column that a change takes away is gone at the first look after it.
AT_ONCE = frozenset({"column_gone", "null_share"})
