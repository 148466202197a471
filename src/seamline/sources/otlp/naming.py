"""Names as Prometheus spells them, so that one metric has one name however it came.

Source: https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
"""

import re
from collections.abc import Mapping
from functools import lru_cache

_UNITS = {
    "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
    "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
    "TiBy": "tibibytes", "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes", "TBy": "terabytes",
    "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams", "m": "meters", "Cel": "celsius",
    "Hz": "hertz", "%": "percent", "1": "",
}  # fmt: skip
_PER = {
    "s": "second", "m": "minute", "min": "minute", "h": "hour", "d": "day", "w": "week", "mo": "month", "y": "year",
}  # fmt: skip
_ODD = re.compile(r"[^a-zA-Z0-9:]+")
_ODD_IN_LABEL = re.compile(r"[^a-zA-Z0-9]+")
_ANNOTATION = re.compile(r"\{[^}]*\}")


@lru_cache(maxsize=4096)
def metric_name(name: str, unit: str, *, counter: bool = False, gauge: bool = False) -> str:
    """The name with its unit, with `_total` for what only grows, `_ratio` for a gauge of unit 1.

    >>> metric_name("http.server.request.duration", "s"), metric_name("jobs.done", "{job}", counter=True)
    ('http_server_request_duration_seconds', 'jobs_done_total')
    >>> metric_name("system.cpu.utilization", "1", gauge=True), metric_name("disk.io", "By/s")
    ('system_cpu_utilization_ratio', 'disk_io_bytes_per_second')
    """
    words = [word for word in _ODD.split(name) if word]
    words += [word for word in _unit_words(unit) if word not in words]
    if counter:
        words = [word for word in words if word != "total"] + ["total"]
    if gauge and unit == "1":
        words = [word for word in words if word != "ratio"] + ["ratio"]
    told = "_".join(words)
    return f"_{told}" if told[:1].isdigit() else told


def _unit_words(unit: str) -> list[str]:
    main, _, per = _ANNOTATION.sub("", unit).strip().partition("/")
    words = _ODD.split(_UNITS.get(main, main))
    if per:
        words += ["per", *_ODD.split(_PER.get(per, per))]
    return [word for word in words if word]


@lru_cache(maxsize=4096)
def label_name(key: str) -> str:
    """The label for an attribute's key.

    >>> label_name("http.response.status_code"), label_name("2xx")
    ('http_response_status_code', 'key_2xx')
    """
    told = _ODD_IN_LABEL.sub("_", key)
    return f"key_{told}" if told[:1].isdigit() else told


def series_text(metric: str, labels: Mapping[str, str]) -> str:
    """The series as Prometheus writes it; `labels` are sorted."""
    if not labels:
        return metric
    return metric + "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number_text(number: float) -> str:
    """A bound or quantile as a label: no exponent for what is usual, no `.0`.

    >>> number_text(0.005), number_text(10000.0), number_text(float("inf"))
    ('0.005', '10000', '+Inf')
    """
    if number == float("inf"):
        return "+Inf"
    return repr(number).removesuffix(".0")
