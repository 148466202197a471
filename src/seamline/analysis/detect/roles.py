"""What a raw series is good for, by the naming conventions of Prometheus and its exporters.

Every other metric is context: request rates and replica counts tell the story, they are no symptom, and a
gauge whose healthy range nobody knows (memory, goroutines, temperatures) is not watched, because a strong
deviation of it says nothing without that range and would be noise in every incident.
"""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Formula = Literal[
    "ratio", "ratio_of_counts", "mean", "share", "level", "quantile", "down", "unavailable", "quality", "held"
]
Role = Literal["all", "bad", "spent", "count", "used", "limit", "value"]


class Part(Struct, frozen=True):
    """A series' role in an indicator.

    `slice` tells apart indicators of one entity and is shown; `group` tells apart parts that are computed on
    their own and then joined by their worst; `unit` scales values to seconds.
    """

    formula: Formula
    role: Role
    slice: str = ""
    group: str = ""
    unit: float = 1.0


# what is used -> the limit it is used against, and what both count; summed over all but the instance
_SHARES = {
    "pg_stat_activity_count": ("pg_settings_max_connections", "connections"),
    "pg_stat_database_numbackends": ("pg_settings_max_connections", "connections"),
    "mysql_global_status_threads_connected": ("mysql_global_variables_max_connections", "connections"),
    "redis_connected_clients": ("redis_config_maxclients", "connections"),
    "hikaricp_connections_active": ("hikaricp_connections_max", "pool"),
    "db_client_connections_usage": ("db_client_connections_max", "pool"),
    "db_client_connection_count": ("db_client_connection_max", "pool"),
    "postgresql_backends": ("postgresql_connection_max", "connections"),
    "redis_memory_used_bytes": ("redis_memory_max_bytes", "memory"),
    "container_memory_working_set_bytes": ("container_spec_memory_limit_bytes", "memory"),
    "process_open_fds": ("process_max_fds", "files"),
    "rabbitmq_process_open_fds": ("rabbitmq_process_max_fds", "files"),
}
_LIMITS: dict[str, list[str]] = {}
for _used, (_limit, _) in _SHARES.items():
    _LIMITS.setdefault(_limit, []).append(_used)

_OUTCOME_LABELS = (
    "code",
    "status",
    "status_code",
    "http_status_code",
    "http_response_status_code",
    "response_code",
    "grpc_code",
    "rpc_response_status_code",
    "rpc_grpc_status_code",
    "outcome",
    "result",
)
_BAD = re.compile(
    r"5(\d\d|xx)|err(ors?)?|server_error|fail(ed|ure)?|exception|aborted|dropped|refused|unreachable|timeout"
    r"|timed_out|internal|unavailable|unknown|data_?loss|deadline_?exceeded|status_code_error|fatal"
    r"|content_filter|incorrect|not_relevant"
)
_BAD_GRPC = frozenset(
    {"2", "4", "13", "14", "15"}
)  # unknown, deadline exceeded, internal, unavailable, data loss
# OpenTelemetry's durations: a failure has an `error_type`, a success has none
_FAILS_BY_TYPE = re.compile(
    r"(http|rpc)_(client|server)_|db_client_operation_|messaging_(client|process)_|gen_ai_(client|server)_"
)
# counters of a source's own making: the label that tells the outcome, and the slice they are watched as
_OWN_COUNTERS = {
    "log_records_total": ("severity", "logs"),
    "gen_ai_finish_reasons_total": ("finish_reason", "answers"),
    "gen_ai_evaluations_total": ("gen_ai_evaluation_score_label", "evaluations"),
}
_OWN_AFFAIRS = re.compile(  # of the monitoring itself or of a language's runtime
    r"(go|process|python|promhttp|prometheus|scrape|alertmanager|net_conntrack|jvm|nodejs|dotnet)_"
)
_INSTANCE_LABELS = (
    "instance",
    "pod",
    "container",
    "pool",
    "pool_name",
    "db_client_connection_pool_name",
)
_DURATION = re.compile(r"(duration|latency|response_time|request_time|elapsed)")
_QUALITY = re.compile(
    r"(^|_)(availability|agreement|accuracy|precision|recall|quality|success)(_ratio|_rate)?$"
)
_DEPTH = re.compile(
    r"(^|_)(queue_(depth|length|size|messages)|queued|backlog|pending|consumer_lag|group_lag|messages_ready)(_|$)"
)
_UNITS = (("_seconds", 1.0), ("_s", 1.0), ("_milliseconds", 1e-3), ("_ms", 1e-3), ("_microseconds", 1e-6))


def parts(metric: str, labels: Mapping[str, str]) -> tuple[Part, ...]:
    """The roles of a series; none for context.

    >>> [p.role for p in parts("http_requests_total", {"code": "503"})]
    ['all', 'bad']
    >>> parts("process_resident_memory_bytes", {})
    ()
    """
    if metric in _OWN_COUNTERS:
        label, slice_ = _OWN_COUNTERS[metric]
        return tuple(_outcome("ratio", labels.get(label), slice_))
    if metric in _SHARES:
        if (
            labels.get("state" if metric.endswith("usage") else "db_client_connection_state", "used")
            != "used"
        ):
            return ()  # connections of a pool that wait to be used
        return (Part("share", "used", _SHARES[metric][1], _instance(metric, labels)),)
    if metric in _LIMITS:
        return tuple(
            Part("share", "limit", _SHARES[used][1], _instance(used, labels)) for used in _LIMITS[metric]
        )
    if _OWN_AFFAIRS.match(metric) or metric.endswith("_bucket"):
        return ()
    if metric.endswith(("_total", "_count", "_sum")):
        return _of_counter(metric, labels)
    return _of_gauge(metric, labels)


def _instance(used: str, labels: Mapping[str, str]) -> str:
    """Whose limit it is: a limit holds for one process, not for all replicas of it together."""
    return "|".join((used, *(labels.get(name, "") for name in _INSTANCE_LABELS)))


def _of_counter(metric: str, labels: Mapping[str, str]) -> tuple[Part, ...]:
    base, _, suffix = metric.rpartition("_")
    found: list[Part] = []
    spans = _spans(metric, labels)
    if suffix != "sum":
        formula: Formula = "ratio" if suffix == "total" else "ratio_of_counts"
        found += _outcome(formula, _outcome_of(base, labels), spans)
    unit = _unit(base)
    if suffix != "total" and unit is not None:
        role: Role = "spent" if suffix == "sum" else "count"
        slice_ = spans or ("" if "request" in base else base)
        found.append(Part("mean", role, slice_, "", unit if suffix == "sum" else 1.0))
    return tuple(found)


def _spans(metric: str, labels: Mapping[str, str]) -> str:
    """The slice of figures that were counted from spans: a server's 20 ms and a consumer's 5 s are no mean."""
    kind = labels.get("span_kind", "").lower().removeprefix("span_kind_")
    return f"spans {kind}".strip() if metric.startswith("traces_") else ""


def _outcome_of(base: str, labels: Mapping[str, str]) -> str | None:
    """What a counter's labels say of how it went; None when they say nothing of it."""
    said = next((labels[name] for name in _OUTCOME_LABELS if labels.get(name)), None)
    if said is not None and "rpc_grpc_status_code" in labels:
        return "error" if said in _BAD_GRPC else said
    if said is None and _FAILS_BY_TYPE.match(base):
        return "error" if labels.get("error_type") else "ok"
    return said


def _outcome(formula: Formula, outcome: str | None, slice_: str = "") -> list[Part]:
    if outcome is None:
        return []
    return [Part(formula, "all", slice_), *([Part(formula, "bad", slice_)] if is_bad(outcome) else [])]


def is_bad(outcome: str) -> bool:
    """Whether an outcome label's value means that the answering side failed.

    >>> [is_bad(word) for word in ("503", "5xx", "ERROR", "404", "ok", "OK")]
    [True, True, True, False, False, False]
    """
    return bool(_BAD.fullmatch(outcome.strip().lower()))


def _unit(base: str) -> float | None:
    """Seconds per unit of a duration metric's base name; None when it is no duration."""
    if not _DURATION.search(base):
        return None
    return next((unit for ending, unit in _UNITS if base.endswith(ending)), None)


def _of_gauge(metric: str, labels: Mapping[str, str]) -> tuple[Part, ...]:
    if metric in ("up", "probe_success") or metric.endswith("_up"):
        return (Part("down", "value", metric),)
    if _QUALITY.search(metric):
        known = "availability" in metric
        return (Part("unavailable" if known else "quality", "value", "" if known else metric),)
    if _DEPTH.search(metric) and not metric.startswith("kube_"):
        return (Part("level", "value", labels.get("queue") or labels.get("topic", "")),)
    if metric == "pg_stat_activity_max_tx_duration":
        return (Part("held", "value"),) if labels.get("state", "").startswith("idle in transaction") else ()
    unit = _unit(metric)
    if unit is not None and ("quantile" in labels or "latency" in metric):
        return (Part("quantile", "value", f"quantile {labels.get('quantile', '?')}", "", unit),)
    return ()
