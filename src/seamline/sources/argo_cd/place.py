"""In which environment and cluster an application runs."""

import re

from seamline.sources.argo_cd.body import Told

# Words for environments other than production, in names of clusters and namespaces. No such word means nothing.
_OTHERS = re.compile(
    r"(?<![a-z])(?:dev|development|demo|preview|qa|sandbox|staging|stage|stg|test|testing|uat)(?![a-z])"
)


def dims(told: Told) -> dict[str, str]:
    """The dimensions: the environment that is said, else a word for one in the namespace or the cluster's name."""
    found = {"environment": told.environment or _guessed(told), "cluster": told.cluster}
    return {dim: value for dim, value in found.items() if value}


def _guessed(told: Told) -> str:
    places = (told.namespace, "" if "://" in told.cluster else told.cluster)
    words = (_OTHERS.search(place.lower()) for place in places)
    return next((word[0] for word in words if word), "")
