"""Bodies that go, and what stays of them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cramjam
import pytest

from seamline.app import configure, views
from seamline.app.erase import KEEP_TELEMETRY, end_retention, erase
from seamline.app.home import Home
from seamline.app.watch import Watch
from seamline.bootstrap import open_home
from seamline.model import record as rec
from seamline.model.errors import Fix

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=30)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with open_home(tmp_path / "home", write=True) as opened:
        yield opened


def take(home: Home, source: str, body: bytes, at: datetime = NOON) -> int:
    """Append one delivery; its position."""
    headers = {"x-github-event": "deployment"} if source == "github" else {"content-encoding": "snappy"}
    return home.log.append([home.inbox.take(source, headers, body, at)])[0].seq


def deployment(number: int) -> bytes:
    at = "2026-11-20T12:00:00Z"
    said = {
        "deployment": {
            "id": number,
            "sha": "a" * 40,
            "environment": "production",
            "created_at": at,
            "updated_at": at,
        },
        "repository": {"full_name": "clinic/booking"},
    }
    return json.dumps(said).encode()


def write_request(n: int) -> bytes:
    return bytes(cramjam.snappy.compress_raw(b"\x0a\x00" * (n + 1)))


def bodies(home: Home) -> list[bool]:
    return [d.body is not None for d in home.log.read()]


def test_an_erased_delivery_leaves_its_envelope_and_a_record(home: Home) -> None:
    """The body is gone, who asked and why is on record, and opinions are formed without it."""
    for number in (1, 2):
        take(home, "github", deployment(number))
    assert len(views.facts_of(home).changes) == 2
    assert erase(home, [1], "asked for by the patient") == 1
    assert bodies(home) == [False, True, True]
    facts = views.facts_of(home)
    assert len(facts.changes) == 1
    (_, record) = facts.records[-1]
    assert isinstance(record, rec.Erased)
    assert (record.seqs, record.why, record.by) == ((1,), "asked for by the patient", "owner")
    assert erase(home, [1], "again") == 0


def test_an_erasure_that_was_cut_off_is_finished_at_the_next_start(home: Home) -> None:
    """Killed between the record and the deletion: the server that starts removes the body, and forms no opinion on it."""
    for number in (1, 2):
        take(home, "github", deployment(number))

    def killed(_: object) -> int:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home.log, "erase", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(home, [1], "asked for by the patient")
    assert bodies(home)[:2] == [True, True]
    watch = Watch(home)
    assert bodies(home)[:2] == [False, True]
    assert len(watch.triage.facts.changes) == 1


@pytest.mark.parametrize(("seqs", "why"), [([1], " "), ([], "x"), ([9], "x"), ([0], "x"), ([1, 2], "x")])
def test_an_erasure_that_makes_no_sense_changes_nothing(home: Home, seqs: list[int], why: str) -> None:
    """No reason, no position, none that is there, or a record of ours: refused as a whole."""
    take(home, "github", deployment(1))
    home.log.append([rec.to_received(rec.Tick(rec.SELF, NOON), NOON)])
    with pytest.raises(Fix) as refused:
        erase(home, seqs, why)
    assert refused.value.hint
    assert bodies(home) == [True, True]


def test_only_the_whole_stack_owner_erases(home: Home) -> None:
    """Whoever else has a credential is refused, and nothing goes."""
    text = (
        '[[person]]\nid = "mara"\nname = "Mara"\n[[person]]\nid = "ben"\nname = "Ben"\nreports_to = "mara"\n'
    )
    home.config.write_text(text)
    configure.follow(home)
    seq = take(home, "github", deployment(1))
    with pytest.raises(Fix, match="ben can't erase"):
        erase(home, [seq], "x", by="ben")
    assert erase(home, [seq], "x", by="mara") == 1


def test_telemetry_ends_and_records_stay(home: Home) -> None:
    """After its days raw telemetry goes; younger telemetry, changes and our own records stay."""
    take(home, "prometheus", write_request(1))
    take(home, "github", deployment(1))
    take(home, "prometheus", write_request(2), LATER)
    home.log.append([rec.to_received(rec.Tick(rec.SELF, NOON), NOON)])
    assert end_retention(home.log, home.sources, LATER) == 1
    assert bodies(home) == [False, True, True, True]
    assert end_retention(home.log, home.sources, NOON + KEEP_TELEMETRY) == 0


def opened(at: datetime) -> rec.Opened:
    return rec.Opened(
        rec.SELF, at, "INC-1", "owner", "rule", "change", "change:c", "service:a", ("c",), None, 0.9, (), 60.0
    )


@pytest.mark.parametrize("closed", [True, False])
def test_the_windows_of_incidents_stay(home: Home, closed: bool) -> None:
    """What an incident was read from is kept; what lies before it, and after it was closed, goes."""
    hours = [-30, -2, 1, 5]
    for n, hour in enumerate(hours):
        take(home, "prometheus", write_request(n), NOON + timedelta(hours=hour))
    records: list[rec.AnyRecord] = [opened(NOON)]
    if closed:
        records.append(rec.Closed(rec.SELF, NOON + timedelta(hours=2), "INC-1", "over"))
    home.log.append([rec.to_received(record, record.at) for record in records])
    end_retention(home.log, home.sources, LATER)
    assert bodies(home)[:4] == [False, True, True, not closed]
