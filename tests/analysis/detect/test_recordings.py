"""The lab's recorded stories: nothing is a symptom before the harm, what was harmed is one soon after."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from seamline.analysis import organisation, stackmap
from seamline.analysis.detect import detect, traffic_shifts
from seamline.analysis.facts import Facts
from seamline.app.recording import Recorded, read_file
from seamline.model.delivery import Delivery
from seamline.model.ports import Source
from seamline.model.symptom import Observable
from seamline.sources import discover

ROOT = Path(__file__).parents[3]
FRIDAY = ROOT / "src" / "seamline" / "demo" / "friday.jsonl.zst"
TWO = ROOT / "lab" / "recordings" / "two.jsonl.zst"
_BASE32 = str.maketrans("0189", "ghij")  # what pseudonyms are written in
CLINIC = organisation.read((ROOT / "lab" / "clinic" / "seamline.toml").read_text())


class Story:
    """A recording as facts up to a time, with the truth that was told of it."""

    def __init__(self, path: Path) -> None:
        self.recorded = list(read_file(path))
        truth = path.with_name(path.name.replace(".jsonl.zst", ".truth.json"))
        self.truth: Mapping[str, Any] = json.loads(truth.read_text())
        self.harm_from = datetime.fromisoformat(self.truth["harm_from"])
        self.ends_at = self.recorded[-1].received_at

    def facts(self, until: datetime) -> Facts:
        """What had come in by then."""
        sources = discover()
        facts = Facts()
        for seq, one in enumerate(self.recorded, 1):
            if one.received_at <= until:
                source = sources[one.source]
                facts.add(source.parse(_delivery(seq, one, source)))
                facts.saw(seq, one.received_at)
        return facts

    def symptoms(self, until: datetime) -> list[Observable]:
        """What was abnormal then."""
        facts = self.facts(until)
        assert facts.as_of is not None
        canonical = stackmap.build(facts, CLINIC).canonical
        return [one for one in detect(facts, canonical, facts.as_of, "production") if one.symptom]


def _delivery(seq: int, one: Recorded, source: Source) -> Delivery:
    headers = {name.lower(): value for name, value in one.headers.items()}
    body = source.redact(headers, one.body, lambda text: f"p_{crc32(text.encode()):08x}".translate(_BASE32))
    return Delivery(seq, one.source, "", "", headers, one.received_at, body)


@pytest.fixture(scope="module", params=[FRIDAY, TWO], ids=["friday", "two"])
def story(request: pytest.FixtureRequest) -> Story:
    """Each recorded story."""
    return Story(request.param)


def test_nothing_is_a_symptom_before_the_harm(story: Story) -> None:
    """Every ten seconds before the harm all is silent, whatever was released, scaled, flapped or retried."""
    at = story.recorded[0].received_at
    while at < story.harm_from:
        assert not story.symptoms(at), at
        at += timedelta(seconds=10)


def test_what_was_harmed_is_a_symptom_in_the_end(story: Story) -> None:
    """Every entity that the truth says was harmed shows a symptom that began with the harm, not before."""
    found = story.symptoms(story.ends_at)
    harmed = {ref for incident in story.truth["incidents"] for ref in incident["must_cover"]}
    assert harmed <= {one.entity for one in found}
    for one in found:
        assert one.symptom is not None
        assert one.symptom.onset_at >= story.harm_from - timedelta(seconds=5), one


def test_the_first_symptom_is_seen_within_half_a_minute(story: Story) -> None:
    """Thirty seconds after the first harm something is known to be wrong."""
    assert story.symptoms(story.harm_from + timedelta(seconds=30))


def test_the_partners_traffic_is_told_as_context() -> None:
    """The unannounced requests of Friday are a shift of booking's traffic before the harm."""
    friday = Story(FRIDAY)
    facts = friday.facts(friday.ends_at)
    shifts = traffic_shifts(facts, stackmap.build(facts, CLINIC).canonical, friday.ends_at)
    (booking,) = [one for one in shifts if one.entity == "service:booking"]
    assert booking.ratio > 2
    assert booking.at < friday.harm_from
