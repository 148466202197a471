"""The rules of scoring: each by itself, and all of them against the published scorer."""

import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from seamline.bench.rca import folder, prediction, scores, truths
from seamline.bench.rca.place import Frame, Link, Step
from seamline.bench.rca.prediction import Prediction, RankedChange, RankedEntity
from seamline.bench.rca.scores import MISS, Row
from seamline.bench.rca.truths import Truth
from tests.bench.rca.cases import at, write

STOCK = Truth(("stock",), None, "cpu")
CALM = Truth()


def frame(**changed: Any) -> Frame:
    """A case of three services; stock has a pod."""
    links = (Link("front", "cart", "calls"), Link("stock", "stock-0", "has_pod"))
    return msgspec.structs.replace(Frame("c", "entity", links, ()), **changed)


def ranked(*entries: tuple[str, float | None], **more: Any) -> Prediction:
    """A prediction that puts entities in this order."""
    return Prediction("c", tuple(RankedEntity(*entry) for entry in entries), **more)


@pytest.mark.parametrize(
    ("said", "rank"),
    [
        (ranked(("stock", 0.6), ("cart", 0.2)), 1),
        (ranked(("cart", 0.2), ("stock", 0.6)), 1),  # probabilities order, not the list
        (ranked(("stock", 0.4), ("cart", 0.4), ("front", 0.1)), 2),  # the worst of equal ranks
        (ranked(("cart", 0.4), ("stock-0", 0.5)), 1),  # a pod is its service
        (ranked(("stock-0", 0.1), ("cart", 0.4), ("stock", 0.5)), 1),  # once, with its best probability
        (ranked(("cart", None), ("stock", 0.9)), 2),  # without one probability the list counts
        (ranked(("cart", math.nan), ("stock", 0.9)), 2),
        (ranked(("cart", 1.0)), MISS),
        (ranked(), MISS),
        (None, MISS),
    ],
)
def test_the_rank_is_the_strict_one(said: Prediction | None, rank: float) -> None:
    """Ties, pods, repeats, lists without probability, and silence."""
    assert scores.row(frame(), STOCK, said).entity_rank == rank


@pytest.mark.parametrize(
    ("said", "accused"),
    [
        (ranked(("cart", 0.49)), False),
        (ranked(("cart", 0.5)), True),
        (ranked(("cart", 0.1), accuse=("cart",)), True),
        (ranked(("cart", None)), True),
        (ranked(changes=(RankedChange("r", 0.9),)), True),
        (ranked(), False),
        (None, True),  # who says nothing can't be trusted to have been silent
    ],
)
def test_what_accuses_where_nothing_is_wrong(said: Prediction | None, accused: bool) -> None:
    """A name, a sure number, or a bare list; and a missing prediction."""
    assert scores.row(frame(), CALM, said).accused is accused


def test_a_change_is_asked_for_by_its_rollout() -> None:
    """A step counts as its rollout, a miss as one behind the last candidate, and the entity follows from the change."""
    steps = tuple(
        Step(f"{r}#{n}", "deploy", e, 0.0) for r, e in (("r1", "cart"), ("r2", "stock")) for n in (1, 2)
    )
    asked = frame(question="change", steps=steps)
    said = Prediction(
        "c", changes=(RankedChange("r2#1", 0.2), RankedChange("r1#2", 0.7), RankedChange("r2#2", 0.8))
    )
    guilty = scores.row(asked, Truth(("stock",), "r2"), said)
    missed = scores.row(asked, Truth(("stock",), "r2"), Prediction("c"))
    assert (guilty.change_rank, guilty.entity_rank, guilty.right) == (1, 1, True)
    assert scores.scores([guilty, missed]).figures["MAR"].value == (1 + 3) / 2


def test_either_of_two_that_did_it_together_is_to_blame() -> None:
    """A fault that no change caused is no miss there, and whoever accuses a change of it is wrong."""
    steps = tuple(Step(change, "deploy", "stock", 1.0) for change in ("r1", "r2", "r3"))
    asked = frame(question="change", steps=steps)
    said = Prediction("c", (), tuple(RankedChange(c, p) for c, p in (("r2", 0.7), ("r1", 0.2), ("r3", 0.1))))
    both = Truth(("stock",), "r1", "cpu", ("r1", "r2"))
    blame = scores.scores([scores.row(asked, both, said), scores.row(asked, STOCK, said)]).blame
    assert blame is not None
    assert blame.first is not None
    assert blame.accused is not None
    assert (blame.n_guilty, blame.first.value, blame.n_others, blame.accused.value) == (1, 1.0, 1, 1.0)


def test_calibration_is_the_gap_between_sure_and_right() -> None:
    """Nine of ten right at 0.8 is 0.1 off; where there is no fault nothing is right."""
    rows = [scores.row(frame(), STOCK, ranked((name, 0.8))) for name in ["stock"] * 9 + ["cart"]]
    assert scores.scores(rows).ece == pytest.approx(0.1)
    calm = scores.row(frame(), CALM, ranked(("stock", 0.8)))
    assert scores.scores([calm]).ece == pytest.approx(0.8)


def test_nothing_to_score_has_no_figures() -> None:
    """No mean of nothing, no warning either."""
    empty = scores.scores([])
    assert (empty.n, empty.figures, empty.ece, empty.median_s) == (0, {}, None, None)


def test_an_interval_holds_its_mean_and_is_always_the_same() -> None:
    """Resamples are drawn from a fixed seed."""
    values = [0, 1, 1, 0, 1, 1, 1, 0]
    first, again = scores.mean(values), scores.mean(values)
    assert first == again
    assert first is not None
    assert first.low <= first.value <= first.high


def _messy_set(root: Path) -> tuple[Path, list[dict[str, Any]]]:
    """Forty cases of both questions with predictions of every odd form."""
    draw = random.Random(3)
    names, predictions = ["front", "cart", "stock", "stock-0", "other"], []
    for i in range(40):
        case, asked = f"c-{i:02}", draw.choice(["entity", "change"])
        lines = [
            {"id": f"r{r}#{n}", "kind": "deploy", "entity": e, "at": at(60 * r + n), "detail": {"step": n}}
            for r, e in enumerate(("front", "cart", "stock"))
            for n in (1, 2)
        ]
        faulty = draw.random() < 0.8
        truth = {
            "root_entities": [draw.choice(names[:3])] if faulty else [],
            "fault": draw.choice(["cpu", "delay"]),
            "guilty_change": draw.choice(["r0", "r1", None]) if faulty else None,
        }
        write(
            root / "messy",
            case,
            question=asked,
            truth=truth,
            files={"changes.jsonl": "\n".join(map(json.dumps, lines))},
        )
        if draw.random() < 0.9:
            predictions.append(_odd(draw, case, names))
    return root / "messy", predictions


def _odd(draw: random.Random, case: str, names: list[str]) -> dict[str, Any]:
    def p() -> float | None:
        return draw.choice([0.1, 0.3, 0.3, round(draw.random(), 3), round(draw.random(), 3)])

    said: dict[str, Any] = {"case": case, "seconds": draw.random()}
    bare = draw.random() < 0.1
    entries = [
        {"entity": n} | ({} if bare else {"probability": p()})
        for n in draw.choices(names, k=draw.randrange(6))
    ]
    if draw.random() < 0.85:
        said["ranking"] = entries
    if draw.random() < 0.7:
        said["changes"] = [
            {"id": f"r{draw.randrange(4)}#{draw.randrange(3)}", "probability": p()} for _ in range(4)
        ]
    if draw.random() < 0.3:
        said["accuse"] = draw.choices(names, k=draw.randrange(2))
    return said


def _ours(rows: list[Row]) -> dict[str, Any]:
    said = scores.scores(rows)
    figures = {name: [f.value, f.low, f.high] for name, f in said.figures.items()}
    return figures | {"ECE": said.ece, "median_s": said.median_s, "missing": said.n_missing, "n": said.n}


def test_every_figure_is_the_published_scorers(shared: Path, tmp_path: Path) -> None:
    """On odd predictions of every kind, to nine digits, intervals too."""
    scorer = shared / "rca" / "score.py"
    if not scorer.is_file():
        pytest.skip(f"the published scorer is missing: {scorer}")
    cases, predictions = _messy_set(tmp_path)
    file = tmp_path / "predictions.jsonl"
    file.write_text("\n".join(map(json.dumps, predictions)), encoding="utf-8")
    command = [sys.executable, str(scorer), str(cases), "--pred", str(file), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    theirs = json.loads(done.stdout)["messy"]
    said = prediction.read([file])
    rows = [
        scores.row(folder.frame(place), truths.of(place, "neutral", None), said.get(place.name))
        for place in folder.places(cases)
    ]
    ours = _ours(rows)
    assert {"HR@1", "MAR", "AC@1", "FA", "right", "ECE"} <= ours.keys()
    for name, value in ours.items():
        assert value == pytest.approx(theirs[name], abs=1e-9), name
