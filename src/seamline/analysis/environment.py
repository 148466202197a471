"""Which environment something belongs to: what it says itself, in the organisation's own spelling."""

from collections.abc import Mapping
from functools import lru_cache

LABELS = ("environment", "env", "deployment_environment", "deployment_environment_name")
# What teams and tools write for one thing.
_SPELLINGS = (
    frozenset({"production", "prod", "prd", "live"}),
    frozenset({"staging", "stage", "stg"}),
    frozenset({"development", "dev", "develop"}),
    frozenset({"testing", "test", "tst"}),
)


def environment_of(labels: Mapping[str, str], default: str) -> str:
    """The environment that labels or dimensions name, else the default.

    >>> environment_of({"env": "Prod"}, "production"), environment_of({"env": "stg"}, "production")
    ('production', 'staging')
    """
    said = next((labels[name] for name in LABELS if labels.get(name)), "")
    return _spelled(said, default) if said else default


@lru_cache(maxsize=1024)
def _spelled(said: str, default: str) -> str:
    """The default where both mean one thing, else the longest usual spelling; any other word as it stands."""
    alike = next((group for group in _SPELLINGS if said.lower() in group), None)
    if alike is None or said == default:
        return said
    return default if default.lower() in alike else max(alike, key=len)
