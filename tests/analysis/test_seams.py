"""Seams: between which units, by which evidence, and whose."""

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from seamline.analysis import organisation, seams, stackmap
from seamline.analysis.ownership import Tree
from seamline.model.organisation import HandDown, Organisation, Person
from seamline.model.stack import Seam
from tests.analysis.says import CLINIC_TOML, START, at, read_lines, told

CLINIC = organisation.read(CLINIC_TOML.read_text(encoding="utf-8"))
SAID = """
service:booking runs_on deployment:clinic/appt-web
autoscaler:clinic/appt-web scales deployment:clinic/appt-web
service:billing runs_on deployment:clinic/inv-api
service:notify calls peer:sms.textwave.example
job:warehouse/load.inv.invoices reads dataset:postgres://visits-db:5432/clinic.public.invoices
job:warehouse/load.inv.invoices writes dataset:duckdb://w/raw.invoices
dataset:duckdb://w/raw.invoices derives dataset:postgres://visits-db:5432/clinic.public.invoices
column:duckdb://w/raw.invoices#total derives column:postgres://visits-db:5432/clinic.public.invoices#total
"""
CAPACITY = ("autoscaler:clinic/appt-web", "service:booking", "capacity")


def clinic(org: Organisation = CLINIC) -> Mapping[tuple[str, str, str], Seam]:
    events, _ = read_lines(SAID.splitlines())
    return {s.key(): s for s in seams.find(stackmap.build(told(events), org), org, START)}


def of(text: str) -> list[Seam]:
    events, declared = read_lines(text.splitlines())
    return seams.find(stackmap.build(told(events), declared), declared, START)


def test_the_clinics_seams_have_their_people() -> None:
    """The three seams of the lab's stories, each with its one person by the rule."""
    found = clinic()
    loaded = (
        "job:warehouse/load.inv.invoices",
        "dataset:postgres://visits-db:5432/clinic.public.invoices",
        "reads",
    )
    people = {
        key: found[key].accountable
        for key in (CAPACITY, loaded, ("service:notify", "vendor:textwave", "calls"))
    }
    assert list(people.values()) == ["dario", "mara", "dario"]
    assert found[CAPACITY].why == "lowest person at or above ben and petra"
    assert (found[CAPACITY].altitude, found[CAPACITY].named, found[CAPACITY].outside_reach) == (
        1,
        "rule",
        False,
    )


def test_replicas_and_a_service_meet_at_a_database() -> None:
    """The evidence of a capacity seam is the three relations that make the meeting."""
    kinds = [(r.source, r.kind) for r in clinic()[CAPACITY].evidence]
    assert ("service:booking", "uses") in kinds
    assert ("service:booking", "runs_on") in kinds
    assert ("autoscaler:clinic/appt-web", "scales") in kinds


def test_without_an_autoscaler_the_deployment_meets_the_service() -> None:
    """Somebody sizes it by hand; the seam is theirs with the service's owner."""
    assert ("deployment:clinic/inv-api", "service:billing", "capacity") in clinic()


def test_without_a_database_nothing_meets() -> None:
    """A service that works on no database has no joint limit here."""
    found = of("declared service:a ben\ndeclared deployment:n/a ops\nservice:a runs_on deployment:n/a")
    assert [s.kind for s in found] == ["runs_on"]


def test_a_dataset_in_a_database_is_work_on_the_database() -> None:
    """Writing a table that is kept there counts as using it."""
    found = of(
        "declared service:a ben\ndeclared deployment:n/a ops\ndeclared database:db ben\n"
        "service:a runs_on deployment:n/a\nservice:a writes dataset:postgres://db:5432/x.y"
    )
    assert ("deployment:n/a", "service:a", "capacity") in [s.key() for s in found]


def test_what_a_job_derives_is_the_jobs_seam() -> None:
    """Lineage of datasets and columns is evidence for the reading, not a second seam beside it."""
    found = clinic()
    assert not [key for key in found if key[2] == "derives"]
    key = (
        "job:warehouse/load.inv.invoices",
        "dataset:postgres://visits-db:5432/clinic.public.invoices",
        "reads",
    )
    assert [r.kind for r in found[key].evidence] == ["derives", "derives", "reads"]


def test_lineage_that_no_job_carries_is_a_seam_of_its_own() -> None:
    """Where nobody says who derives, the datasets themselves meet."""
    found = of(
        "declared dataset:d://h/a ben\ndeclared dataset:d://h/b lena\ndataset:d://h/b derives dataset:d://h/a"
    )
    assert [s.key() for s in found] == [("dataset:d://h/b", "dataset:d://h/a", "derives")]


def test_units_of_one_owner_and_domain_have_no_seam() -> None:
    """Same person, same domain: nothing is between; another domain: a seam at altitude 0."""
    same = "declared service:a ben\ndeclared service:b ben\nservice:a calls service:b"
    assert of(same) == []
    (seam,) = of("declared service:a ben\ndeclared vendor:v ben\nservice:a calls vendor:v")
    assert (seam.accountable, seam.altitude, seam.why) == ("ben", 0, "ben is the owner")


def test_a_vendor_that_nobody_keeps_is_outside_reach() -> None:
    """Its seam still has its one person, and says that it can't be settled inside."""
    (seam,) = of("declared service:a ben\nservice:a calls peer:api.example")
    assert (seam.accountable, seam.outside_reach) == ("root", True)


def test_a_hand_down_in_an_old_spelling_still_counts() -> None:
    """The refs of a hand-down resolve like all others."""
    key = ("service:notify", "peer:sms.textwave.example", "calls")
    given = HandDown(key, "yuki", "dario", START, at(999))
    seam = clinic(replace(CLINIC, hand_downs=(given,)))[("service:notify", "vendor:textwave", "calls")]
    assert (seam.accountable, seam.named, seam.altitude) == ("yuki", "hand-down", 0)


def test_when_an_owner_leaves_their_seam_with_their_manager_goes() -> None:
    """Owners count as of the time asked: two units of one person and domain have no seam."""
    events, _ = read_lines(["service:a calls service:b"])
    people = (Person("root", "r"), Person("ben", "b", "root", left_at=at(10)))
    _, declared = read_lines(["declared service:a ben", "declared service:b root"])
    org = replace(declared, people=people)
    stack = stackmap.build(told(events), org)
    found = [len(seams.find(stack, org, START + timedelta(seconds=s))) for s in (0, 10)]
    assert found == [1, 0]


def test_borders_hold_every_seam_once() -> None:
    """Seams with the same two owners are shown together."""
    events, _ = read_lines(SAID.splitlines())
    stack = stackmap.build(told(events), CLINIC)
    found = seams.find(stack, CLINIC, START)
    grouped = seams.borders(found, stack)
    assert sorted(s.key() for group in grouped.values() for s in group) == [s.key() for s in found]
    assert {s.kind for s in grouped["ben", "petra"]} == {"capacity", "runs_on"}


def test_a_seam_is_found_between_its_ends_in_either_order() -> None:
    """By kind, or any."""
    indexed = seams.index(clinic().values())
    one = seams.seam_between(indexed, "service:booking", "autoscaler:clinic/appt-web", "capacity")
    assert one is not None
    assert one.key() == CAPACITY
    assert seams.seam_between(indexed, "autoscaler:clinic/appt-web", "service:booking") == one
    assert seams.seam_between(indexed, "service:booking", "service:notify") is None


def test_units_that_nothing_joins_have_their_person_too() -> None:
    """A seam is asked for by its key: as found, or by the same rule without evidence."""
    events, _ = read_lines(SAID.splitlines())
    stack = stackmap.build(told(events), CLINIC)
    assert seams.between(stack, CLINIC, CAPACITY, START) == clinic()[CAPACITY]
    met = seams.between(stack, CLINIC, ("desk:insights", "service:notify", "meets"), START)
    assert (met.accountable, met.altitude, met.evidence) == ("mara", 2, ())


lines = st.lists(
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["service:a", "service:b", "job:n/j", "dataset:d://db/t", "deployment:n/d"]),
        st.sampled_from(["calls", "uses", "reads", "writes", "derives", "runs_on", "part_of"]),
        st.sampled_from(
            ["service:a", "database:db", "dataset:d://db/t", "dataset:d://h/u", "deployment:n/d"]
        ),
    ),
    max_size=8,
)
owned = st.lists(
    st.builds("declared {} {}".format, st.sampled_from(["service:a", "service:b", "database:db", "job:n/j"]), st.sampled_from("xyz")),
    max_size=4, unique_by=lambda row: row.split()[1],
)  # fmt: skip


@given(lines, owned)
@settings(deadline=None)
def test_every_seam_parts_two_units_and_has_one_person(said: list[str], declared: list[str]) -> None:
    """For any map: the ends are units that differ, the person is in the tree, the evidence is on the map."""
    events, org = read_lines([*said, *declared])
    stack = stackmap.build(told(events), org)
    found = seams.find(stack, org, START)
    assert [s.key() for s in found] == sorted({s.key() for s in found})
    for s in found:
        assert s.source != s.target
        assert (stack.unit(s.source), stack.unit(s.target)) == (s.source, s.target)
        assert (stack.owner(s.source), stack.domain(s.source)) != (
            stack.owner(s.target),
            stack.domain(s.target),
        )
        assert Tree(org).knows(s.accountable)
        assert s.evidence
        assert set(s.evidence) <= set(stack.relations)
