"""Models that are asked: tokens, how answers ended, and how they were judged. Never what was asked or answered.

Source: https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

import math
from collections.abc import Mapping
from functools import lru_cache

from seamline.sources.otlp.attributes import Value, attributes, first_text, text_of
from seamline.sources.otlp.callee import Callee
from seamline.sources.otlp.origin import Origin
from seamline.sources.otlp.series import Counts, Head, head
from seamline.sources.otlp.shape import Attributes

TOKENS = "gen_ai_tokens_total"
FINISHES = "gen_ai_finish_reasons_total"
EVALUATIONS = "gen_ai_evaluations_total"
SCORE_SUM = "gen_ai_evaluation_score_sum"
SCORE_COUNT = "gen_ai_evaluation_score_count"
EVALUATION = "gen_ai.evaluation.result"  # name of the event

# Each with the spelling before version 1.27 of the conventions.
_TOKENS = {
    "input": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    "output": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
}
_REASONS = "gen_ai.response.finish_reasons"
_ANSWERED = "gen_ai.response.model"
_PROVIDER = ("gen_ai.provider.name", "gen_ai.system")
KEYS = frozenset((*_TOKENS["input"], *_TOKENS["output"], _REASONS, _ANSWERED, *_PROVIDER))


def count_answer(
    sender: Origin, model: Callee, found: Mapping[str, Value], at_ts: float, counts: Counts
) -> None:
    """What the span of a call to a model says of its cost and its end."""
    said = (
        ("gen_ai_provider_name", first_text(found, *_PROVIDER)),
        ("gen_ai_response_model", first_text(found, _ANSWERED)),
    )
    for token, keys in _TOKENS.items():
        n_tokens = next((n for key in keys if (n := _number(found.get(key))) is not None), None)
        if n_tokens is not None:
            counts.add(_head(TOKENS, sender, model, (*said, ("gen_ai_token_type", token))), at_ts, n_tokens)
    reasons = found.get(_REASONS)
    for reason in reasons if isinstance(reasons, list) else []:
        counts.add(_head(FINISHES, sender, model, (*said, ("finish_reason", text_of(reason)))), at_ts)


def answered_as(model: Callee, found: Mapping[str, Value]) -> str:
    """The name under which the model answered, where that is another one; else ""."""
    name = first_text(found, _ANSWERED)
    return "" if name == model.name else name


def count_evaluation(
    sender: Origin, model: Callee | None, encoded: Attributes, at_ts: float, counts: Counts
) -> None:
    """One judgement of an answer: its label, and its score where it has one. Raises Unreadable."""
    found = attributes(encoded)
    name = ("gen_ai_evaluation_name", first_text(found, "gen_ai.evaluation.name"))
    label = ("gen_ai_evaluation_score_label", first_text(found, "gen_ai.evaluation.score.label"))
    counts.add(_head(EVALUATIONS, sender, model, (name, label)), at_ts)
    score = _number(found.get("gen_ai.evaluation.score.value"))
    if score is not None:
        counts.add(_head(SCORE_SUM, sender, model, (name,)), at_ts, score)
        counts.add(_head(SCORE_COUNT, sender, model, (name,)), at_ts)


def _number(value: Value) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if usable else None  # type: ignore[arg-type]


@lru_cache(maxsize=4096)
def _head(metric: str, sender: Origin, model: Callee | None, said: tuple[tuple[str, str], ...]) -> Head:
    labels = {**sender.shared, **{label: text for label, text in said if text}}
    if model is None:
        return head(metric, labels, sender.ref)
    return head(metric, labels | {"gen_ai_request_model": model.name}, model.ref)
