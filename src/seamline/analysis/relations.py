"""Relation kinds: in which direction a fault shows, with which probability, after which delay.

The one table of directions; nothing else in the package knows any. A relation is stored as the tool says it
(`calls`: caller to callee); an arc is a way a fault can take along it. The figures are starting values until
confirmed causes give counts: a probability is P(the fault shows at the arc's target | it is at its source), a
delay is lognormal with a median and a log-spread, and `tail` is the share of delays that follow no such law.
"""

from functools import lru_cache

from msgspec import Struct

from seamline.model.refs import kind_of
from seamline.model.stack import Relation

_HOUR = 3600.0
_DAY = 24 * _HOUR


class Way(Struct, frozen=True):
    """How a fault shows along one direction of a relation."""

    probability: float
    median_s: float
    sigma: float = 1.0
    tail: float = 0.02


class Kind(Struct, frozen=True):
    """One row: `onward` is from the relation's source to its target, `back` the other way; None: never.

    `of` narrows the row to relations whose source is of that entity kind, `to` to targets of that kind.
    """

    name: str
    meaning: str
    onward: Way | None
    back: Way | None
    of: str = ""
    to: str = ""


class Arc(Struct, frozen=True):
    """A fault at `source` can show at `target`. `relation` is the kind, as stored."""

    source: str
    target: str
    probability: float
    median_s: float
    sigma: float
    relation: str
    tail: float


# A narrower row stands before the general one of its name. What travels with load is weaker than what
# travels with failure; what waits for the next run of a job has minutes, what waits for a reader hours.
TABLE = (
    Kind("calls", "a service or agent calls another", Way(0.003, 20), Way(0.7, 5)),
    Kind("uses", "a service works on a database, a cache or a platform part", Way(0.2, 20), Way(0.9, 5)),
    Kind("reads", "a job or service reads a dataset", None, Way(0.8, 300, 1.5, 0.1)),
    Kind("writes", "a job or service writes a dataset", Way(0.8, 60, 1.5, 0.05), Way(0.15, 60, 1.5, 0.05)),
    Kind("derives", "a dataset or column is made out of another", None, Way(0.9, 120, 1.5, 0.1)),
    Kind("trained_on", "a model was trained on a dataset", None, Way(0.5, 2 * _DAY, 1.5, 0.2)),
    Kind("publishes", "a service or job puts messages on a queue", Way(0.5, 10), Way(0.4, 10)),
    Kind("consumes", "a service or job takes messages off a queue", Way(0.8, 20), Way(0.7, 10)),
    Kind("triggers", "a job or service starts another job", Way(0.7, 30, 1.2, 0.05), None),
    Kind("runs_on", "a service or job runs on a deployment or cluster", Way(0.2, 10), Way(0.9, 10)),
    Kind("scales", "an autoscaler sizes a deployment", Way(0.8, 10), Way(0.1, 30)),
    Kind("part_of", "a column is part of its dataset", Way(0.9, 5), None, of="column"),
    Kind("part_of", "a dataset is kept in a database", Way(0.05, 60), Way(0.6, 10), of="dataset"),
    Kind("part_of", "an entity is part of a whole", Way(0.4, 10), Way(0.8, 5)),
    Kind("built_from", "a service is built from a repository", None, Way(0.8, 60, 1.2, 0.05)),
    Kind("serves", "a service serves a model", Way(0.2, 10), Way(0.8, 5), to="model"),
    Kind("serves", "a service serves a dashboard or an API", Way(0.7, 10), Way(0.8, 60)),
    Kind("monitors", "an alert rule or check watches an entity", None, Way(0.7, 60)),
    Kind(
        "answers_for", "a desk hears those who read a dataset", None, Way(0.5, _HOUR, 2.0, 0.2), to="dataset"
    ),
    Kind("answers_for", "a desk hears those who use a thing", None, Way(0.6, 120, 1.8, 0.1)),
    Kind("depends_on", "a dependency that a catalogue declares", None, Way(0.5, 30, 1.5, 0.05)),
)  # fmt: skip

KINDS = tuple(sorted({row.name for row in TABLE}))


@lru_cache(maxsize=4096)
def _row(name: str, of: str, to: str) -> Kind | None:
    fits = (row for row in TABLE if row.name == name and row.of in ("", of) and row.to in ("", to))
    return next(fits, None)


def arcs(relation: Relation) -> tuple[Arc, ...]:
    """The ways a fault can take along a relation: none for a kind the table lacks, at most two."""
    row = _row(relation.kind, kind_of(relation.source), kind_of(relation.target))
    if row is None:
        return ()
    ends = ((relation.source, relation.target, row.onward), (relation.target, relation.source, row.back))
    return tuple(
        Arc(a, b, way.probability, way.median_s, way.sigma, relation.kind, way.tail)
        for a, b, way in ends
        if way is not None
    )
