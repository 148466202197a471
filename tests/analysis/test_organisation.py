"""`seamline.toml`: read whole, or refused with one line and its mend."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seamline.analysis.organisation import in_force, read
from seamline.model.errors import SeamlineError
from seamline.model.organisation import HandDown
from seamline.model.record import ConfigSet, SeamHandedDown
from tests.analysis.says import CLINIC_TOML, at, blocks

REFUSALS = blocks(Path(__file__).parent / "golden" / "refusals.txt")
TWO = '[[person]]\nid = "mara"\n[[person]]\nid = "ben"\nreports_to = "mara"\n'
SEAM = ("service:a", "service:b", "calls")


def config(text: str, second: float, by: str = "mara") -> ConfigSet:
    return ConfigSet(by, at(second), text)


def refusal(text: str) -> SeamlineError | None:
    try:
        read(text)
    except SeamlineError as refused:
        return refused
    return None


@pytest.mark.parametrize(("text", "expected"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_a_refusal_names_the_table_and_the_mend(text: str, expected: list[str]) -> None:
    """What can't be meant is refused in one line that says where, with a hint that says how to mend it."""
    with pytest.raises(SeamlineError) as caught:
        read(text)
    assert [f"{type(caught.value).__name__}: {caught.value}", caught.value.hint] == expected


def test_a_text_nested_without_end_is_refused() -> None:
    """Brackets in brackets are somebody's slip, not the end of the program."""
    refused = refusal("a = " + "[" * 5000 + "]" * 5000)
    assert "nested too deeply" in str(refused)


def test_a_tree_deeper_than_any_organisation_is_refused() -> None:
    """A line of people without end is refused at once; the one that is as deep as may be is read."""
    line = [f'[[person]]\nid = "p{i}"\nreports_to = "p{i - 1}"\n' for i in range(1, 101)]
    root = '[[person]]\nid = "p0"\n'
    assert len(read(root + "".join(line[:99])).people) == 100
    assert "p100 is more than 100 levels down" in str(refusal(root + "".join(line)))


def test_the_clinic_is_read() -> None:
    """The lab's own file is valid, and everything in it arrives."""
    clinic = read(CLINIC_TOML.read_text(encoding="utf-8"))
    assert [p.id for p in clinic.people if not p.reports_to] == ["mara"]
    assert (clinic.name, clinic.time_zone, clinic.environment) == ("Clinic", "Europe/Vienna", "production")
    text = CLINIC_TOML.read_text(encoding="utf-8")
    assert len(clinic.people) == text.count("\n[[person]]")
    assert len(clinic.entities) == text.count("\n[[entity]]")
    assert len(clinic.relations) == text.count("\n[[relation]]")
    assert {"desk:scheduling", "desk:insights", "vendor:textwave"} <= {a.ref for a in clinic.aliases}


def test_a_person_is_known_by_handles() -> None:
    """Several tools may know one person; a file that names no handle is read as before."""
    text = TWO + 'handles = ["slack:U024BE7LH", "pagerduty:PX1"]\n'
    assert [p.handles for p in read(text).people] == [(), ("slack:U024BE7LH", "pagerduty:PX1")]


def test_a_date_is_midnight_in_the_persons_zone() -> None:
    """A date without a time is meant where the person is, and kept as UTC."""
    text = TWO + 'time_zone = "Asia/Tokyo"\nleft_at = 2026-03-01\n'
    assert read(text).people[1].left_at == datetime(2026, 2, 28, 15, tzinfo=UTC)


@given(
    st.text(max_size=60)
    | st.sampled_from([r[1] for r in REFUSALS]).flatmap(lambda t: st.integers(0, len(t)).map(lambda n: t[:n]))
)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes anything but an organisation or a refusal with a hint."""
    refused = refusal(text)
    assert refused is None or (refused.hint and "\n" not in str(refused))


def test_an_invalid_config_leaves_the_last_valid_one_in_force() -> None:
    """A config that is refused changes nothing."""
    records = [config(TWO, 1), config(TWO + '[[person]]\nid = "zoe"\n', 2), config("][", 3)]
    assert [p.id for p in in_force(records).people] == ["mara", "ben"]


def test_before_any_valid_config_one_person_is_there() -> None:
    """A home has its one person from its first moment: who made it, else `owner`."""
    assert [p.id for p in in_force([]).people] == ["owner"]
    assert [p.id for p in in_force([config("][", 1, by="mara")]).people] == ["mara"]


def test_the_last_word_on_a_hand_down_counts() -> None:
    """A hand-down that was offered and then accepted is there once, accepted; it outlives a new config."""
    offered = HandDown(SEAM, "ben", "mara", None, at(999))
    accepted = HandDown(SEAM, "ben", "mara", at(5), at(999))
    records = [
        config(TWO, 1),
        SeamHandedDown("mara", at(2), offered),
        SeamHandedDown("ben", at(5), accepted),
        config(TWO, 6),
    ]
    assert in_force(records).hand_downs == (accepted,)
