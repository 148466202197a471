"""How much of each fault a protocol takes."""

from msgspec import Struct


class Doses(Struct, frozen=True):
    """How often each fault strikes. A run takes as many kills, or stops, as it lives for."""

    kills: int = 0
    stops: int = 0
    pairs: int = 0
    freezes: int = 0
    points: bool = False
    seed: int = 1

    @property
    def any(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.kills or self.stops or self.pairs or self.freezes or self.points)
