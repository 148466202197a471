"""The stable identity of what is watched."""

from seamline.model.symptom import ObservableKind


def observable_id(kind: ObservableKind, entity: str, slice_: str, environment: str, default: str) -> str:
    """`kind entity slice`, with the environment where it is not the organisation's default.

    >>> observable_id("latency", "service:booking", "", "production", "production")
    'latency service:booking'
    >>> observable_id("latency", "service:booking", "", "staging", "production")
    'latency service:booking @staging'
    """
    return " ".join(filter(None, (kind, entity, slice_, f"@{environment}" if environment != default else "")))
