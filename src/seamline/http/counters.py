"""What the server counts about itself, as Prometheus text."""

from collections import Counter
from collections.abc import Iterator, Mapping

_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Counters:
    """Deliveries by source and outcome. For one event loop; cheap enough for every request."""

    def __init__(self) -> None:
        self.deliveries: Counter[tuple[str, str]] = Counter()
        self.n_bytes: Counter[str] = Counter()

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """The exposition format; `gauges` are further values by name, each with its help line."""
        return "".join(f"{line}\n" for line in self._lines(gauges))

    def _lines(self, gauges: Mapping[str, tuple[str, float]]) -> Iterator[str]:
        yield "# HELP seamline_deliveries_total Deliveries by what became of them."
        yield "# TYPE seamline_deliveries_total counter"
        for (source, outcome), n in sorted(self.deliveries.items()):
            yield f'seamline_deliveries_total{{source="{_label(source)}",outcome="{outcome}"}} {n}'
        yield "# HELP seamline_received_bytes_total Bytes of accepted bodies as they were sent."
        yield "# TYPE seamline_received_bytes_total counter"
        for source, n in sorted(self.n_bytes.items()):
            yield f'seamline_received_bytes_total{{source="{_label(source)}"}} {n}'
        for name, (help_line, value) in sorted(gauges.items()):
            yield f"# HELP {name} {help_line}"
            yield f"# TYPE {name} gauge"
            yield f"{name} {value:g}"


def _label(text: str) -> str:
    return text.translate(_ESCAPES)
