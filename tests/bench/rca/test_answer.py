"""Cases over several processes."""

from pathlib import Path

from seamline.bench.rca import answer, folder, references
from tests.bench.rca.cases import write


def test_processes_answer_as_one_would(tmp_path: Path) -> None:
    """In the order of the cases, with time and memory; what one fails on is its own."""
    for name in ("c-3", "c-1", "c-2"):
        write(tmp_path, name)
    write(tmp_path, "c-4", files={"metrics.csv.gz": "time,a:x\nnever,1\n"})
    places = folder.places(tmp_path)
    alone = list(answer.answers(places, references.nsigma))
    together = list(answer.answers(places, references.nsigma, jobs=2))
    assert [a.prediction.case for a in together] == ["c-1", "c-2", "c-3", "c-4"]
    assert [a.prediction.ranking for a in together] == [a.prediction.ranking for a in alone]
    assert [bool(a.trouble) for a in together] == [False, False, False, True]
    assert all(a.peak_mb and a.prediction.seconds is not None for a in together)
