"""What matters for each kind of indicator: excess that people care about, noise, patience, absolute bounds."""

from collections.abc import Callable

import numpy as np
from msgspec import Struct

from seamline.analysis.facts import Floats
from seamline.model.symptom import ObservableKind

HOT = 3.0  # scales above usual from which on a sample is not healthy


class Rule(Struct, frozen=True):
    """One kind's rule; every indicator is bad when high. Levels are natural logarithms where `ratio` is set."""

    excess: Callable[[Floats], Floats]  # smallest excess over a usual level that people care about
    noise: Callable[[Floats, Floats, Floats], Floats]  # by counting alone, at (usual level, spread of one, n)
    slack: float  # scales forgiven per sample: more where neighbouring samples deviate together
    persist_s: float  # a deviation that is over sooner is flapping
    ratio: bool = False  # judged by its ratio to the usual level, not by the difference
    least: float = -np.inf  # without some samples over this value nothing is wrong, whatever was usual ...
    near: float = -np.inf  # ... and those below this one are healthy
    bound: float = np.inf  # at this value it is wrong even if nothing is known of before
    bound_n: float = 0.0  # ... when so many requests are behind it

    def level(self, values: Floats) -> Floats:
        """Values as they are judged."""
        return np.log(np.maximum(values, 1e-6)) if self.ratio else values

    def value(self, level: Floats) -> Floats:
        """Levels as they are shown."""
        return np.exp(level) if self.ratio else level

    def scale(self, level: Floats, of_one: Floats, n: Floats) -> Floats:
        """The least scale: three of it are never less than what people care about.

        `of_one` is how far a value made of a single request spreads, as the history says.
        """
        return np.hypot(self.excess(level) / HOT, self.noise(level, of_one, n))


def _of_a_share(share: Floats, _: Floats, n: Floats) -> Floats:
    """Binomial, for a share no smaller than half a percent."""
    likely = np.clip(share, 0.005, 0.5)
    return _by_count(np.sqrt(likely * (1 - likely)), n)


def _of_a_mean(_: Floats, of_one: Floats, n: Floats) -> Floats:
    """Few requests make a noisy mean, as noisy as they did before."""
    return _by_count(of_one, n)


def _by_count(of_one: Floats, n: Floats) -> Floats:
    """Of a mean of n; none where the figure is no mean."""
    return np.where(np.isnan(n), 0.0, of_one / np.sqrt(np.where(n > 0, n, np.inf)))


def _none(_: Floats, __: Floats, n: Floats) -> Floats:
    return np.zeros(n.shape)


RULES: dict[ObservableKind, Rule] = {
    # two percent of requests more than usual; or one in five when nothing is known
    "error_ratio": Rule(
        lambda level: np.full(level.shape, 0.02), _of_a_share, 2.0, 20.0, bound=0.2, bound_n=10.0
    ),
    # half as long again, and 25 ms on top, which is what people can feel
    "latency": Rule(lambda level: np.log1p(0.5 + 0.025 / np.exp(level)), _of_a_mean, 3.0, 30.0, ratio=True),
    # a tenth of the limit more than usual, and the limit near
    "saturation": Rule(
        lambda level: np.full(level.shape, 0.1), _none, 2.0, 20.0, least=0.8, near=0.65, bound=0.98
    ),
    # ten seconds longer than usual, and no work done in it
    "blocking": Rule(lambda level: 10.0 + level, _none, 2.0, 20.0, least=10.0, near=5.0),
    # twice as much as usual, and ten more
    "backlog": Rule(lambda level: 10.0 + level, _none, 3.0, 30.0, least=10.0, near=5.0),
}

# Agreement, accuracy and the like are means over a sliding window of few answers: they wander, and slowly.
OF_QUALITY = Rule(lambda level: np.full(level.shape, 0.15), _none, 2.0, 20.0)
