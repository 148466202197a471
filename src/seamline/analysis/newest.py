"""Names, each with the time at which it was last spoken of: of too many the oldest go."""

from heapq import heapify, heappop, heappush


class Newest:
    """The `most` names that were spoken of last, ties by name. Equal sets of what was said give equal names, in any order.

    A name's time only grows, so one that went comes back when it is spoken of anew, and only then.
    """

    __slots__ = ("_at", "_heap", "most", "n_gone")

    def __init__(self, most: int) -> None:
        self.most = most
        self.n_gone = 0  # how often a name went
        self._at: dict[str, float] = {}
        self._heap: list[
            tuple[float, str]
        ] = []  # empty while nobody has to go; may hold times that names had before

    def speak(self, name: str, at_ts: float) -> str | None:
        """A name was spoken of then (epoch seconds). The name that goes for it, itself perhaps. O(log n)."""
        if at_ts <= self._at.get(name, -float("inf")):
            return None
        self._at[name] = at_ts
        if len(self._at) <= self.most and not self._heap:
            return None
        if not self._heap or len(self._heap) > 2 * self.most:
            self._heap = [(at, each) for each, at in self._at.items()]
            heapify(self._heap)
        else:
            heappush(self._heap, (at_ts, name))
        return self._drop_oldest() if len(self._at) > self.most else None

    def _drop_oldest(self) -> str:
        while True:
            at, name = heappop(self._heap)
            if self._at.get(name) == at:
                del self._at[name]
                self.n_gone += 1
                return name
