"""What a metric is about, from its word: which side is harm, on which scale it lives, and what it is evidence of."""

import re
from functools import lru_cache
from typing import Literal

from msgspec import Struct

Role = Literal["latency", "failures", "requests", "resource", "other"]
Whose = Literal["own", "caller", "user", "host", "worst"]  # of its pods: the worst one's
WORST = "worst_"  # before a metric's word
Scale = Literal["ratio", "share", "level"]  # logarithms, parts of a whole, as it is


class Kind(Struct, frozen=True):
    """`noun` groups metrics that say one thing (all memory metrics). `whose`: who measured it, or whose it is."""

    role: Role
    noun: str
    scale: Scale
    whose: Whose
    good: bool = False  # a high value is good: availability, successes
    quantile: float | None = None  # 0.95 of `latency_s_p95`; None for a mean


_QUANTILE = re.compile(r"(?:^|_)p(\d{2,3})$|quantile[_-]?0?[.](\d+)$|_(\d{2})(?:th)?$")
_WORDS: tuple[tuple[Role, Scale, str, re.Pattern[str]], ...] = (
    ("failures", "share", "availability", re.compile(r"availab|success|uptime|apdex")),
    ("failures", "share", "failure ratio", re.compile(r"(err|fail|5xx|fault|reject|timeout|drop)\w*(rate|ratio|share|perc|pct)")),
    ("failures", "share", "failures", re.compile(r"err|fail|5xx|4xx|fault|exception|reject|timeout|dropped")),
    ("latency", "ratio", "latency", re.compile(r"latency|duration|response|delay|elapsed|(^|_)rt($|_)|(^|_)lat($|_)")),
    ("resource", "level", "restarts", re.compile(r"restart|oom|killed")),
    ("resource", "level", "network", re.compile(r"network|net_|_rx|_tx|packet|bytes_(sent|received)|bandwidth")),
    ("resource", "level", "disk", re.compile(r"disk|io_|iops|filesystem|(^|_)fs_|syscall")),
    ("resource", "level", "memory", re.compile(r"mem|heap|rss|working_set|(^|_)gc")),
    ("resource", "level", "cpu", re.compile(r"cpu|throttl|load_?(avg|average|1|5|15)($|_)")),
    ("resource", "level", "saturation", re.compile(r"queue|pool|conn|thread|socket|backlog|lag|inflight|satur|usage|utili|_held|blocked|(^|_)locks?($|_)")),
    ("requests", "ratio", "requests", re.compile(r"request|workload|load|(^|_)qps|(^|_)rps|(^|_)tps|throughput|calls|hits|ops($|_)|count$")),
)  # fmt: skip
_PREFIXES: tuple[tuple[str, Whose], ...] = (
    ("client_", "caller"),
    ("user_", "user"),
    ("node_", "host"),
    ("host_", "host"),
    (WORST, "worst"),
)


@lru_cache(4096)
def kind_of(metric: str) -> Kind:
    """The kind of a metric by its word; an unknown word is a level that may move either way.

    >>> kind_of("client_latency_s_p95").whose, kind_of("availability").good, kind_of("queue_depth").noun
    ('caller', True, 'saturation')
    """
    word = metric.lower()
    whose: Whose = "own"
    for prefix, owner in _PREFIXES:
        if word.startswith(prefix):
            word, whose = word.removeprefix(prefix), owner
            break
    for role, scale, noun, pattern in _WORDS:
        if pattern.search(word):
            quantile = _quantile(word) if role == "latency" else None
            return Kind(role, noun, scale, whose, noun == "availability", quantile)
    return Kind("other", word, "level", whose)


def _quantile(word: str) -> float | None:
    """0.95 of a word that ends on p95 or 95th; None where it names no quantile."""
    found = _QUANTILE.search(word)
    if found is None:
        return None
    digits = next(d for d in found.groups() if d)
    return 1.0 if digits == "100" else float(f"0.{digits}")
