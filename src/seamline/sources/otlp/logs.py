"""Log records as counts by severity, and judgements of a model's answers. What a record says is not read."""

from functools import lru_cache

from seamline.sources.otlp import genai
from seamline.sources.otlp.attributes import picked
from seamline.sources.otlp.callee import model_of
from seamline.sources.otlp.origin import Origin, items
from seamline.sources.otlp.series import Counts, Head, head
from seamline.sources.otlp.shape import Export, LogRecord

RECORDS = "log_records_total"

_SEVERITIES = ("trace", "debug", "info", "warn", "error", "fatal")  # four numbers each, from 1 on
_WORDS = {
    **{severity: severity for severity in _SEVERITIES},
    "information": "info", "notice": "info", "warning": "warn", "err": "error", "critical": "fatal",
    "crit": "fatal", "emergency": "fatal", "alert": "fatal", "panic": "fatal",
}  # fmt: skip
_MODEL_KEYS = frozenset({"gen_ai.request.model", "gen_ai.operation.name"})


def read(export: Export) -> Counts:
    """How many records of each severity each sender wrote."""
    counts = Counts()
    for sender, record in items(export):
        at_ts = _time(record) / 1e9
        if not at_ts:
            continue
        counts.add(_head(sender, _severity(record)), at_ts)
        if record.event_name == genai.EVALUATION:
            model = model_of(picked(record.attributes, _MODEL_KEYS))
            genai.count_evaluation(sender, model, record.attributes, at_ts, counts)
    return counts


def n_without_time(export: Export) -> int:
    """How many records say nothing, because neither they nor who collected them say when."""
    return sum(not _time(record) for _, record in items(export))


def _time(record: LogRecord) -> int:
    return record.time_unix_nano or record.observed_time_unix_nano


def _severity(record: LogRecord) -> str:
    """By number, else by word; a record without either is "unspecified"."""
    if 1 <= record.severity_number <= 4 * len(_SEVERITIES):
        return _SEVERITIES[(record.severity_number - 1) // 4]
    return _WORDS.get(record.severity_text.lower(), "unspecified")


@lru_cache(maxsize=4096)
def _head(sender: Origin, severity: str) -> Head:
    return head(RECORDS, {**sender.shared, "severity": severity}, sender.ref)
