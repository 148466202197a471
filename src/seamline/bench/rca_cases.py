"""Case folders of simulated systems, for fitting and testing how causes are found where no real case can."""

from collections import Counter
from pathlib import Path

from seamline.bench._case_folder import write
from seamline.bench._system.tell import KINDS, tell
from seamline.model.errors import Fix


def run(out: str, n: int = 100, seed: int = 1, kind: str = "canary") -> dict[str, object]:
    """Write `n` cases of a kind (canary, change, entity) into folders below `out`; equal seeds write equal bytes."""
    if kind not in KINDS:
        raise Fix(f"kind={kind!r}: no such kind of case", hint=f"there are: {', '.join(KINDS)}")
    if n < 1:
        raise Fix(f"n={n}: that many cases can't be written", hint="n is 1 or more")
    folder = Path(out)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Fix(
            f"{out}: there is something already", hint="name a folder that is empty, or is not there yet"
        )
    faults: Counter[str] = Counter()
    n_columns = 0
    for i in range(n):
        told = tell(kind, [seed, i])
        id_ = f"sim-{kind}-{seed}-{i:04d}"
        write(folder / id_, told.case(id_), told.system, told.truth)
        faults[told.truth.fault] += 1
        n_columns += len(told.columns)
    return {"folder": str(folder), "cases": n, "columns": n_columns, "faults": dict(sorted(faults.items()))}
