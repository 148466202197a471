"""What a step comes to, and whose it is, by what was read of an application and of who reads its tables."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from seamline import bootstrap, guards
from seamline.analysis.lineage.opened import opened
from seamline.analysis.survey.told import Repository
from seamline.app import check as verb
from seamline.app import overlay, rereading, views
from seamline.app.act import Check, act
from seamline.app.decide import decide
from seamline.model.artefact import (
    Artefact,
    Column,
    Document,
    Fact,
    Found,
    Operation,
    Ownership,
    Place,
    Query,
    Table,
    Unread,
)
from seamline.model.errors import Fix
from seamline.model.record import VerdictGiven
from seamline.model.verdict import Checked, Verdict
from tests.analysis.survey.found import codeowners
from tests.app.world import clinic

ORG = """\
[[person]]
id = "mara"
[[person]]
id = "lea"
reports_to = "mara"
[[person]]
id = "ben"
reports_to = "lea"
handles = ["github:@ben"]
[[person]]
id = "ann"
reports_to = "lea"
handles = ["github:@ann"]
[[person]]
id = "zoe"
reports_to = "mara"
handles = ["github:@zoe"]
"""
VISITS, RAW = "dataset:app://booking/visits", "dataset:dbt/wh.raw.visits"
APP = Place("booking", "migrations/2.sql", 3)
DROPS = Operation("drop_column", "visits", "2", APP, "room")


def columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def model(name: str, sql: str, *reads: str) -> list[Found]:
    """A model of the warehouse, with what a reader says of it."""
    place, job = Place("wh", f"models/{name}.sql"), f"job:wh/model.wh.{name}"
    facts = [Fact(job, "exists", place), *(Fact(job, "reads", place, ref) for ref in reads)]
    ref = f"dataset:dbt/wh.core.{name}"
    writes = Fact(job, "writes", place, ref)
    return [*facts, writes, Query(job, ref, sql, "postgres", place), Table(ref, (), place)]


def booking(*more: Found, columns_: tuple[str, ...] = ("id", "room", "fax")) -> Repository:
    """The application, Ben's, with its one table."""
    table = Table(VISITS, columns(*columns_), Place("booking", "migrations/1.sql"), complete=True)
    exists = Fact("service:booking", "exists", Place("booking", "f"))
    whose = Ownership("service:booking", "github:@ben", Place("booking", "CODEOWNERS"), "CODEOWNERS")
    writes = Fact("service:booking", "writes", Place("booking", "f"), VISITS)
    return Repository("booking", "", (table, exists, writes, whose, *more), ("migrations/1.sql",))


def warehouse(*models: list[Found], whose: tuple[str, ...] = ("* ann",)) -> Repository:
    """What reads the application's table by a plain copy of it; Ann's, unless it says otherwise."""
    place = Place("wh", "models/sources.yml")
    copy: list[Found] = [
        Table(RAW, (), place),
        Fact(RAW, "exists", place),
        Fact(RAW, "derives", place, VISITS),
    ]
    found = [*copy, *(one for m in models for one in m), codeowners("wh", *whose)]
    return Repository("wh", "", tuple(found), tuple(f.place.path for m in models for f in m[:1]))


READS_ROOM = model("rooms", "select room from wh.raw.visits", RAW)
READS_ID = model("ids", "select id from wh.raw.visits", RAW)
READS_ALL = model("everything", "select * from wh.raw.visits", RAW)


def checked(tmp_path: Path, before: Repository, after: Repository, *others: Repository) -> Checked:
    org = tmp_path / "org.toml"
    org.write_text(ORG)
    with bootstrap.home_in_memory() as home:
        return verb.check_alone(home, verb.Step(before, after, others), opened, owner="", org=org)


def dropped(tmp_path: Path, *others: Repository) -> Checked:
    """The column `room` goes."""
    return checked(tmp_path, booking(), booking(DROPS, columns_=("id", "fax")), *others)


# -- outcomes -------------------------------------------------------------------------------------
def test_who_names_what_goes_breaks(tmp_path: Path) -> None:
    """Held, with the seam, under who stands above both of its ends."""
    told = dropped(tmp_path, warehouse(READS_ROOM))
    (finding,) = told.verdict.findings
    assert (told.verdict.outcome, finding.outcome, finding.person) == ("hold", "hold", "lea")
    assert finding.seam is not None
    assert finding.seam[2] == "reads"
    assert finding.downstream == (("model.wh.rooms",),)
    assert told.verdict.accountable == "lea"


def test_who_takes_all_loses_it_without_a_sound(tmp_path: Path) -> None:
    """A star builds without it: held all the same."""
    known = warehouse(READS_ALL)
    known = replace(known, found=tuple(_with(f, columns("id", "room", "fax")) for f in known.found))
    (finding,) = dropped(tmp_path, known).verdict.findings
    assert finding.outcome == "hold"
    assert "without a sound" in finding.reason


def _with(found: Found, known: tuple[Column, ...]) -> Found:
    return (
        replace(found, columns=known, complete=True)
        if isinstance(found, Table) and found.dataset == RAW
        else found
    )


def test_what_nobody_reads_is_a_note(tmp_path: Path) -> None:
    """The reader of another column is not bothered."""
    told = dropped(tmp_path, warehouse(READS_ID))
    assert [f.outcome for f in told.verdict.findings] == ["note"]
    assert told.verdict.outcome == "pass"


def test_without_any_other_repository_nobody_can_say(tmp_path: Path) -> None:
    """Unknown, and it says what is missing."""
    told = dropped(tmp_path)
    assert told.verdict.outcome == "unknown"
    assert "--with" in told.verdict.findings[0].missing[0]


def test_who_drops_its_reading_in_the_same_step_breaks_nothing(tmp_path: Path) -> None:
    """Statements are taken as they are after it."""
    before, after = (
        replace(booking(), found=(*booking().found, *report))
        for report in (
            model("own", "select room from visits", VISITS),
            model("own", "select id from visits", VISITS),
        )
    )
    after = replace(after, found=(*after.found[1:], DROPS, booking(columns_=("id", "fax")).found[0]))
    told = checked(tmp_path, before, after, warehouse(READS_ID))
    assert told.verdict.outcome == "pass"


def test_a_statement_that_is_not_all_there_is_unknown(tmp_path: Path) -> None:
    """It may read it, or not: never a pass."""
    partial = [
        replace(f, partial="put together while it runs") if isinstance(f, Query) else f for f in READS_ID
    ]
    told = dropped(tmp_path, warehouse(partial))
    assert told.verdict.outcome == "unknown"
    assert "put together" in " ".join(told.verdict.findings[0].missing)


def test_two_persons_are_two_findings(tmp_path: Path) -> None:
    """Each with what is theirs; who stands above all of them decides."""
    other = model("floors", "select room from wh.raw.visits", RAW)
    told = dropped(tmp_path, warehouse(READS_ROOM, other, whose=("* ann", "/models/floors.sql zoe")))
    theirs = {f.person: f.downstream for f in told.verdict.findings}
    assert theirs == {"lea": (("model.wh.rooms",),), "mara": (("model.wh.floors",),)}
    assert told.verdict.accountable == "mara"


def test_a_note_changes_no_outcome(tmp_path: Path) -> None:
    """However many there are."""
    fills = Operation("rewrite_data", "visits", "2", APP, "fax")
    told = checked(tmp_path, booking(), booking(fills), warehouse(READS_ROOM))
    assert {f.outcome for f in told.verdict.findings} == {"note"}
    assert told.verdict.outcome == "pass"


def test_equal_states_pass(tmp_path: Path) -> None:
    """Nothing is found, and nobody has to decide."""
    told = checked(tmp_path, booking(), booking(), warehouse(READS_ROOM))
    assert (told.verdict.outcome, told.verdict.findings) == ("pass", ())


def test_a_table_that_goes_is_followed_under_the_names_it_had(tmp_path: Path) -> None:
    """The map is that of both states: the copy is still known to be one."""
    goes = Operation("drop_table", "visits", "2", APP)
    after = booking(goes)
    after = replace(
        after,
        found=tuple(
            f for f in after.found if VISITS not in (getattr(f, "dataset", ""), getattr(f, "object", ""))
        ),
    )
    told = checked(tmp_path, booking(), after, warehouse(READS_ROOM))
    assert told.verdict.outcome == "hold"
    assert told.verdict.findings[0].downstream == (("model.wh.rooms",),)


# -- what it says besides -------------------------------------------------------------------------
def test_edits_are_told_apart_by_what_they_do(tmp_path: Path) -> None:
    """A decision on one state of a working tree is none on the next."""
    fax = replace(DROPS, column="fax")
    one = dropped(tmp_path, warehouse(READS_ROOM))
    again = dropped(tmp_path, warehouse(READS_ROOM))
    other = checked(tmp_path, booking(), booking(fax, columns_=("id", "room")), warehouse(READS_ROOM))
    assert one.verdict.change == again.verdict.change != other.verdict.change


def test_what_could_not_be_read_is_told_once(tmp_path: Path) -> None:
    """Though two readers said so."""
    broken = Unread(Place("booking", "x.yaml"), "broken", "mend it")
    told = checked(tmp_path, booking(), booking(broken, broken), warehouse())
    assert told.unread == (broken,)


def test_the_set_of_rules_is_named() -> None:
    """By version, number and digest; the same each time."""
    assert verb.rule_set() == verb.rule_set()
    assert " rules, " in verb.rule_set()


def test_every_kind_of_rule_is_counted() -> None:
    """A folder of rules that the digest leaves out would change in silence."""
    folders = {p.name for p in Path(guards.__path__[0]).iterdir() if (p / "__init__.py").is_file()}
    assert folders == set(verb.KINDS)


# -- what the step made unreadable ----------------------------------------------------------------
@pytest.mark.parametrize(
    ("path", "was_there", "outcome"),
    [
        ("api.yaml", True, "unknown"),  # rules looked at it before, and can't now
        ("migrations/3.py", False, "unknown"),  # it may drop anything
        ("chart/templates/app.yaml", False, "pass"),  # nothing of it was there to break
    ],
)
def test_what_a_step_makes_unreadable_is_no_pass(
    tmp_path: Path, path: str, was_there: bool, outcome: str
) -> None:
    """It is named, with its mend, and listed."""
    broken = Unread(Place("booking", path), "broken", "mend it")
    before = replace(booking(), paths=(*booking().paths, *([path] if was_there else [])))
    told = checked(tmp_path, before, booking(broken), warehouse(READS_ROOM))
    assert told.verdict.outcome == outcome
    assert told.unread == (broken,)
    assert [f.do for f in told.verdict.findings] == (["mend it"] if outcome == "unknown" else [])


def test_what_nobody_could_read_before_either_stops_nothing(tmp_path: Path) -> None:
    """It is as it was; the list has it."""
    broken = Unread(Place("booking", "x.py"), "broken", "mend it")
    told = checked(tmp_path, booking(broken), booking(broken), warehouse())
    assert (told.verdict.outcome, told.unread) == ("pass", (broken,))


# -- both states ----------------------------------------------------------------------------------
def test_the_map_of_a_step_has_what_goes_and_the_owners_of_now() -> None:
    """An owner counts from before only for what has none any more."""
    place = Place("pay", "f")
    gone, stays = Fact("service:old", "exists", place), Fact("service:pay", "exists", place)
    was, is_ = (Ownership("service:pay", who, place, "meta") for who in ("github:@a", "github:@b"))
    of_gone = Ownership("service:old", "github:@a", place, "meta")
    before = Repository("pay", "1", (gone, stays, was, of_gone), ("a", "b"))
    both = overlay.both_states(before, Repository("pay", "2", (stays, is_), ("b", "c")))
    assert both == Repository("pay", "2", (stays, is_, gone, of_gone), ("a", "b", "c"))


def test_contracts_of_before_are_not_on_the_map_of_a_step() -> None:
    """Two states of one document are compared, not joined."""
    document = Document("service:pay", "openapi", {}, Place("pay", "api.yaml"))
    assert overlay.both_states(Repository("pay", "1", (document,)), Repository("pay", "2", ())).found == ()


# -- reading once ---------------------------------------------------------------------------------
class Counting:
    """A reader that counts, and finds each file's path."""

    name = "counting"

    def __init__(self) -> None:
        self.n_read = 0

    def takes(self, path: str) -> bool:
        return path.endswith(".x")

    def read(self, files: Sequence[Artefact]) -> Iterator[Found]:
        self.n_read += 1
        for file in files:
            if file.data == b"broken":
                raise RuntimeError
            yield Fact(f"service:{file.path}", "exists", Place(file.repository, file.path))


def test_equal_files_are_read_once() -> None:
    """Another byte, and they are read again."""
    reader = Counting()
    once = rereading.once({"counting": reader})["counting"]
    files = [Artefact("pay", "a.x", b"1")]
    assert list(once.read(files)) == list(once.read(list(files)))
    assert reader.n_read == 1
    list(once.read([Artefact("pay", "a.x", b"2")]))
    assert reader.n_read == 2
    assert once.takes("a.x")
    assert not once.takes("a.y")


def test_a_reader_that_failed_is_asked_again() -> None:
    """What it found until then counts, and its failure is told of each state."""
    once = rereading.once({"counting": Counting()})["counting"]
    for _ in range(2):
        found = once.read([Artefact("pay", "a.x", b"1"), Artefact("pay", "b.x", b"broken")])
        assert isinstance(next(found), Fact)
        with pytest.raises(RuntimeError):
            next(found)


@pytest.mark.parametrize(
    ("by", "accountable", "what"),
    [("dario", "dario", "can't put a verdict on record"), ("mara", "nobody", "no person 'nobody'")],
)
def test_a_verdict_is_put_on_record_by_the_owner_alone(by: str, accountable: str, what: str) -> None:
    """It says who decides and is Seamline's own word: nobody else may give one, nor name who is not there."""
    world = clinic()
    verdict = Verdict("c1", "hold", (), "dario", "the seam's person", world.now, None, "")
    before = world.home.log.position()
    with pytest.raises(Fix, match=what):
        act(world.home, Check(replace(verdict, accountable=accountable)), by=by)
    assert world.home.log.position() == before
    assert act(world.home, Check(verdict), by="mara").said == "c1: hold, on record"
    decide(world.home, "c1", "pass", "a spike", by="dario")
    assert [r.verdict.change for r in views.decisions(world.home) if isinstance(r, VerdictGiven)] == ["c1"]
