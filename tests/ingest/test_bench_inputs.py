"""The measurements that send what tools send: whole, damaged, and very much of it."""

import json
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seamline.bench import fuzz, payloads, series
from seamline.bench._damage import damaged
from seamline.bench._fuzzed import Maker
from seamline.bench._seeds import Seed, seeds
from seamline.bench._signing import SECRET, is_unsigned, way_of
from seamline.model.delivery import Delivery
from seamline.model.errors import Fix
from seamline.sources import discover

SOURCES = discover()


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_is_signed_for(name: str) -> None:
    """Each installed source takes one of the known proofs: no measurement needs to leave it unsigned."""
    assert not is_unsigned(way_of(SOURCES[name])), SECRET


@pytest.mark.parametrize("seed", seeds(SOURCES), ids=lambda seed: f"{seed.source}-{len(seed.headers)}")
def test_a_seed_is_what_its_tool_sends(seed: Seed) -> None:
    """Every seed is read as it stands, and each number gives another delivery."""
    source = SOURCES[seed.source]
    headers, body = seed.filled(7, time.time())
    list(source.parse(Delivery(1, seed.source, "", "", headers, datetime.now(UTC), body)))
    assert body != seed.filled(8, time.time() + 1)[1] or headers != seed.filled(8, time.time())[0]


def test_every_source_has_seeds() -> None:
    """No source is fuzzed from an empty object alone."""
    assert {seed.source for seed in seeds(SOURCES) if seed.body != "{}"} == set(SOURCES)


def test_a_delivery_is_made_of_its_number_alone() -> None:
    """Made again in any order, each is the same bytes; so a finding can be looked at."""
    ways = {name: way_of(source) for name, source in SOURCES.items()}
    maker = Maker(seeds(SOURCES), ways, 3, 1_795_000_000.0)
    wires = [maker.make(number).on_wire() for number in range(300)]
    assert [maker.make(number).on_wire() for number in reversed(range(300))] == wires[::-1]


def test_damage_reaches_into_every_format() -> None:
    """JSON, forms and protobuf are damaged in their own terms, and most results differ from what was given."""
    given = [b'{"a": [1, {"b": "c"}]}', b"a=1&b=two", bytes([0x0A, 0x04, 0x0A, 0x02, 0x41, 0x42])]
    ways = set()
    for body in given:
        results = [damaged(body, random.Random(number), [b"xyz"]) for number in range(200)]
        ways |= {way for way, _ in results}
        assert sum(changed != body for _, changed in results) > 150
    assert ways == {"json", "form", "protobuf", "bytes"}


def test_damaged_deliveries_do_no_harm() -> None:
    """A short run against the real server: no 5xx, nothing lost, nothing on stderr, no source that fails."""
    figures = fuzz.run(n=450, clients=8)
    assert figures["server_errors"] == figures["lost"] == 0
    assert figures["findings"] == figures["complaints"] == []
    assert figures["source_failures"] == {}
    assert figures["ended_in_order"]


def test_payloads_are_sent_to_who_reads_them(tmp_path: Path) -> None:
    """A system is found by its name; one without a source is answered 404; what can't be read is listed with its reason."""
    said = {
        "version": "4",
        "status": "firing",
        "alerts": [{"labels": {"alertname": "A"}, "startsAt": "2026-11-20T10:00:00Z"}],
    }
    for system, text in (("alertmanager", json.dumps(said)), ("github", "[]"), ("abacus", "{}")):
        (tmp_path / system / "own").mkdir(parents=True)
        (tmp_path / system / "README.md").write_text("where it comes from")
        (tmp_path / system / "own" / "one.json").write_text(text)
    figures = payloads.run(str(tmp_path))
    assert (figures["sent"], figures["accepted"], figures["parsed"]) == (2, 2, 1)
    assert figures["of_no_source"] == figures["of_no_source_answered_404"] == 1
    systems = figures["systems"]
    assert isinstance(systems, dict)
    assert systems["github"].not_parsed[0].startswith("github/own/one.json: 202, ")


def test_a_folder_without_payloads_is_told(tmp_path: Path) -> None:
    """A wrong folder is a mistake to mend, not a table of nothing."""
    with pytest.raises(Fix, match="no payloads"):
        payloads.run(str(tmp_path))


def test_many_series_are_measured() -> None:
    """A short run gives every figure, and no scrape was refused."""
    figures = series.run(n=400, every=1.0, history=60.0, live=6.0)
    assert figures["refused"] == 0
    assert figures["complaints"] == []
    assert figures["series"] == 400
    assert {"server_cores", "resident_mb_most", "opinion_behind_s", "told_after_s"} <= set(figures)
