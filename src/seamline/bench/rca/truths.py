"""What really was the matter in a case. Read by the report only, after the last prediction is there."""

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, runtime_checkable

from msgspec import Struct

from seamline.bench.rca.files import decoded
from seamline.bench.rca.place import Place, reader
from seamline.model.errors import Fix


class Truth(Struct, frozen=True):
    """The root entities and the change that is guilty; neither where there was no fault.

    `collision`: the changes that did it together, where one alone would have done nothing.
    """

    root_entities: tuple[str, ...] = ()
    guilty_change: str | None = None
    fault: str = ""
    collision: tuple[str, ...] = ()

    @property
    def guilty(self) -> tuple[str, ...]:
        """Every change that is to blame."""
        return self.collision or ((self.guilty_change,) if self.guilty_change else ())


@runtime_checkable
class _Knowing(Protocol):
    """A layout that holds its truths itself."""

    def truth(self, place: Place) -> Truth: ...


def of(place: Place, layout: str, kept_in: Path | None) -> Truth:
    """The truth of a case: beside it, or `CASE.json` or `SET/CASE.json` in the folder that truths are kept in."""
    module = reader(layout)
    if kept_in is None and isinstance(module, _Knowing):
        return module.truth(place)
    path = _file(place, kept_in)
    return decoded(path, Truth, path.read_bytes())


def check(places: Iterable[Place], layout: str, kept_in: Path | None) -> None:
    """Raise Fix where a truth is missing, without opening any: nobody waits for a report that can't be."""
    if kept_in is not None or not isinstance(reader(layout), _Knowing):
        for place in places:
            _file(place, kept_in)


def _file(place: Place, kept_in: Path | None) -> Path:
    looked = [place.path / "truth.json"]
    if kept_in is not None:
        set_name = place.path.resolve().parent.name
        looked = [kept_in / f"{place.name}.json", kept_in / set_name / f"{place.name}.json"]
    found = next((path for path in looked if path.is_file()), None)
    if found is None:
        where = " and ".join(map(str, looked))
        raise Fix(
            f"{place.name}: its truth is missing (looked at {where})", hint="name its folder with --truth"
        )
    return found
