"""Truth files and the checks a run must pass."""

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lab.changes import BOOKING_INDEX, BOOKING_LOG_LEVEL, NOTIFY_PATCH
from lab.checks import complaints
from lab.course import Course, Done, Hurt, PipelineRun, Rescale
from lab.stories import names, plan
from lab.stories.friday import BOOKING_24
from lab.stories.two import BILLING_RENAME
from lab.truth import github_event, kubernetes_event, truth

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
MAP = Path(__file__).parents[2] / "lab" / "clinic" / "seamline.toml"


def at(offset_s: float) -> datetime:
    """Seconds after the beginning."""
    return AT + timedelta(seconds=offset_s)


def friday() -> Course:
    """What a good Friday leaves behind."""
    guilty = Rescale("u-hpa", ("u-dep",), 2, 8)
    return Course(
        changes=[
            Done(BOOKING_INDEX, 1, (), at(30)),
            Done(NOTIFY_PATCH, 2, ("u-1", "u-2"), at(60)),
            Done(BOOKING_24, 3, ("u-3",), at(190)),
            Done(BOOKING_LOG_LEVEL, 4, (), at(252)),
        ],
        pipelines=[PipelineRun(at(10), 0, ()), PipelineRun(at(270), 0, ("referrals",))],
        rescales=[Rescale("u-up", ("u-up-dep",), 2, 3), guilty],
        guilty_rescale=guilty,
        hurts=[
            Hurt(at(260 + n), "patient", "cannot_book", "FATAL: sorry, too many clients already")
            for n in range(60)
        ],
        began_at=AT,
        ended_at=at(390),
        harm_from=at(260),
    )  # fmt: skip


def loaded(offset_s: float) -> dict[str, Any]:
    """A recorded COMPLETE of a load job."""
    body = {"eventType": "COMPLETE", "job": {"name": "load.appt.visits"}}
    return {"source": "openlineage", "received_at": at(offset_s).isoformat(), "body": json.dumps(body)}


def test_friday_names_both_changes_that_met() -> None:
    """The cause is the collision of the release and the rescale, at the database, with its person."""
    document = truth(plan("friday", 1), friday(), [])
    [incident] = document["incidents"]
    assert incident["cause"] == {
        "kind": "collision",
        "changes": [github_event("appointments-api", 3), kubernetes_event("u-hpa")],
        "entity": "database:visits-db",
    }
    assert incident["accountable"] == "dario"


def test_what_a_guilty_change_drags_along_is_on_neither_side() -> None:
    """Events of the guilty rollout and rescale are neither guilty nor harmless; all other changes are harmless."""
    document = truth(plan("friday", 1), friday(), [])
    numbers = {"appointments-api": (1, 4), "messaging": (2,)}
    expected = {github_event(name, number) for name, found in numbers.items() for number in found}
    expected |= {kubernetes_event(uid) for uid in ("u-1", "u-2", "u-up", "u-up-dep")}
    assert set(document["harmless_changes"]) == expected


def test_harm_begins_with_the_first_hurt() -> None:
    """`harm_from` is what was measured first, to the end of the recording."""
    document = truth(plan("friday", 1), friday(), [loaded(275)])
    assert (document["harm_from"], document["harm_to"]) == (
        "2026-11-20T14:04:20.000Z",
        "2026-11-20T14:06:30.000Z",
    )


def test_an_empty_report_hurts_from_its_load_on() -> None:
    """Without failed requests, harm begins when the emptied column was loaded."""
    course = Course(
        changes=[Done(BILLING_RENAME, 9, (), at(190))],
        pipelines=[PipelineRun(at(220), 0, ("revenue",))],
        ended_at=at(390),
    )
    document = truth(plan("two", 1), course, [loaded(100), loaded(223)])
    assert document["harm_from"] == "2026-11-20T14:03:43.000Z"
    assert [incident["cause"]["kind"] for incident in document["incidents"]] == ["latent", "change"]


def test_calm_has_no_incidents() -> None:
    """A calm recording has no harm, and every change is harmless."""
    document = truth(
        plan("calm", 1), Course(changes=[Done(BOOKING_INDEX, 1, (), at(30))], ended_at=at(360)), []
    )
    assert (document["incidents"], document["harm_from"], document["harm_to"]) == ([], None, None)
    assert document["harmless_changes"] == [github_event("appointments-api", 1)]


def test_answers_are_spelled_as_the_map_spells() -> None:
    """Persons and entities of the answers are those of the clinic's map."""
    clinic = tomllib.loads(MAP.read_text())
    persons = {person["id"] for person in clinic["person"]}
    known = {entity["ref"] for entity in clinic["entity"] if "ref" in entity}
    for answer in (answer for name in names() for seed in range(1, 9) for answer in plan(name, seed).answers):
        assert answer.accountable in persons
        refs = {answer.entity, *answer.seam[:2], *answer.must_cover}
        assert {ref for ref in refs if not ref.startswith(("dataset:duckdb:", "job:warehouse/"))} <= known


def test_a_good_friday_passes() -> None:
    """A run that told its story draws no complaint but the missing changes of this short course."""
    course = friday()
    course.changes += [Done(NOTIFY_PATCH, 5, (), at(70)), Done(NOTIFY_PATCH, 6, (), at(80))]
    assert list(complaints(plan("friday", 1), course)) == []


def test_a_friday_without_the_jump_is_refused() -> None:
    """A rescale that took two steps is not the story."""
    course = friday()
    course.guilty_rescale = Rescale("u-hpa", (), 2, 5)
    assert any("2 to 8" in words for words in complaints(plan("friday", 1), course))


def test_calm_with_a_hurt_patient_is_refused() -> None:
    """Nobody may be hurt when nothing is wrong."""
    course = friday()
    assert any("hurt" in words for words in complaints(plan("calm", 1), course))
