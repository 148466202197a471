"""The neutral door: mistakes are told with their place, versions of a change, and mappings of foreign bodies."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from seamline.model.delivery import Delivery
from seamline.model.errors import Fix, Unreadable
from seamline.model.event import Change, Event, Ticket
from seamline.sources import json as source
from seamline.sources.json import mapping

from .serving import SECRET, serving

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CHANGE = {"type": "change", "id": "r1", "entity": "service:booking"}


def read(body: Any, headers: dict[str, str] | None = None) -> list[Event]:
    """The events of a body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return list(source.parse(Delivery(1, "json", "", "", headers or {}, NOW, raw)))


def mapped(body: Any, *rules: dict[str, Any], personal: tuple[str, ...] = ()) -> list[Event]:
    """The events of a foreign body and these rules."""
    return read(body, header(*rules, personal=personal))


def header(*rules: dict[str, Any], personal: tuple[str, ...] = ()) -> dict[str, str]:
    return {"x-mapping": json.dumps({"rule": rules, "personal": personal})}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"entity": "booking"}, r"matching regex .* at `\$.entity`"),
        ({"entity": None}, "got `null` - at `\\$.entity`"),
        ({"kind": "deployment"}, "Invalid enum value 'deployment' - at `\\$.kind`"),
        ({"enviroment": "production"}, "unknown field `enviroment`"),
        ({"type": "chang"}, "Invalid value 'chang' - at `\\$.type`"),
        ({"at": "yesterday"}, "not a time: 'yesterday'"),
        ({"facts": {"pool": [1]}}, r"got `array` - at `\$.facts"),
    ],
)
def test_a_mistake_is_told_with_its_place(wrong: dict[str, Any], why: str) -> None:
    """Strict: nothing is guessed around, and the reason names the field."""
    with pytest.raises(Unreadable, match=why):
        read(CHANGE | wrong)


def test_a_mistake_among_many_is_told_with_its_item() -> None:
    """The number of the item is part of the reason, in an array and in lines; no other item is used."""
    many = [CHANGE, {"type": "change", "id": "r2"}]
    for body in (json.dumps(many).encode(), b"\n".join(json.dumps(one).encode() for one in many)):
        with pytest.raises(Unreadable, match=r"item 2: .* missing required field `entity`"):
            read(body)


def test_the_sender_reads_the_mistake() -> None:
    """The answer holds the reason; to a right body it is the usual one."""
    said = source.reply("/in/json", {}, b'{"type":"change"}')
    assert said is not None
    assert said.status == 202
    assert json.loads(said.body)["error"] == "not the expected JSON: Object missing required field `id`"
    assert source.reply("/in/json", {}, json.dumps(CHANGE).encode()) is None


def test_a_body_that_is_not_of_the_shape_is_sealed() -> None:
    """What is not our shape may hold anybody's name anywhere."""
    with pytest.raises(Unreadable):
        source.redact({}, json.dumps(CHANGE | {"by": "Ana"}).encode(), str)


def test_one_item_or_many_on_lines_or_in_an_array_say_the_same() -> None:
    """An indented object is one item; lines are items; an array is items."""
    pretty = json.dumps(CHANGE, indent=2).encode()
    line = json.dumps(CHANGE).encode()
    assert read(pretty) == read(line)
    assert read(line + b"\r\n\n" + line) == read([CHANGE, CHANGE]) == read(line) * 2
    assert read([]) == []


def test_the_further_state_is_the_later_version() -> None:
    """States of one change that carry one time are versions in the order a change goes through them."""
    states = ("announced", "started", "done", "reverted")
    changes = [read(CHANGE | {"state": state, "at": "2026-11-23T10:00:00Z"})[0] for state in states]
    assert len({c.id for c in changes if isinstance(c, Change)}) == 1
    versions = [c.version_at for c in changes if isinstance(c, Change)]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize(
    "at", ["1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"]
)
def test_any_time_is_taken(at: str) -> None:
    """The first and the last of times are times."""
    assert isinstance(read(CHANGE | {"at": at, "state": "reverted"})[0], Change)


def test_the_delivery_id_is_the_senders() -> None:
    """Two common headers name a delivery."""
    assert source.key({"idempotency-key": "k1"}, b"") == "k1"
    assert source.key({"x-delivery-id": "d1", "idempotency-key": "k1"}, b"") == "d1"
    assert source.key({}, b"") == ""


EVENT = {"type": "change", "id": "$.id", "entity": "service:{$.app}"}


@pytest.mark.parametrize(
    ("value", "body", "made"),
    [
        ("$.a.b", {"a": {"b": "x"}}, "x"),
        ("$.a[1].b", {"a": [{}, {"b": "x"}]}, "x"),
        ("$.a[7].b", {"a": []}, ""),
        ("$['a b']", {"a b": "x"}, "x"),
        ("v{$.n}-{$.flag}", {"n": 2.5, "flag": True}, "v2.5-true"),
        ("v{$.n}", {}, ""),
        ("plain", {}, "plain"),
        ({"from": "$.s", "values": {"ok": "good"}, "default": "?"}, {"s": "ok"}, "good"),
        ({"from": "$.s", "values": {"ok": "good"}, "default": "?"}, {"s": [1]}, "?"),
        ({"from": "$.s", "values": {"true": "yes"}}, {"s": True}, "yes"),
    ],
)
def test_a_value_is_found_filled_in_or_translated(value: Any, body: dict[str, Any], made: str) -> None:
    """Places, texts with places in them, translations; what is missing leaves its field out."""
    change = mapped({"id": 1, "app": "a", **body}, {"event": EVENT | {"version": value}})[0]
    assert isinstance(change, Change)
    assert change.version == made


def test_rules_are_picked_by_what_the_body_says() -> None:
    """Every rule whose conditions hold gives its item; none is fine."""
    rule = {"when": {"$.kind": ["up", "down"], "$.env": "prod"}, "event": EVENT}
    assert len(mapped({"kind": "up", "env": "prod", "id": 1, "app": "a"}, rule, {"event": EVENT})) == 2
    assert mapped({"kind": "up", "env": "test"}, rule) == []


def test_each_goes_through_a_list() -> None:
    """A list gives an item for each element, a single object one, nothing none."""
    rule = {
        "each": "$.apps",
        "when": {"@.on": True},
        "event": EVENT | {"id": "@.id", "entity": "service:{@.n}"},
    }
    both = [{"on": True, "id": 1, "n": "a"}, {"on": False, "id": 2, "n": "b"}]
    assert [e.entity for e in mapped({"apps": both}, rule) if isinstance(e, Change)] == ["service:a"]
    assert len(mapped({"apps": both[0]}, rule)) == 1
    assert mapped({"apps": None}, rule) == mapped({}, rule) == []


@pytest.mark.parametrize(
    ("rules", "why"),
    [
        ("{", "the mapping in x-mapping"),
        ('{"rule":[{"event":{},"wen":{}}]}', "unknown field `wen`"),
        ('{"rule":[{"event":{"id":"{$.a..b}"}}]}', "'\\$.a..b' is no place"),
        ('{"rule":[{"event":{"id":{"from":"x","values":{}}}}]}', "'x' is no place"),
        ('{"rule":[{"event":{"type":"change"}}]}', "mapped by rule 1: .* missing required field `id`"),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_told(rules: str, why: str) -> None:
    """A mistake in a mapping, or in what it makes, is unreadable with its reason; such a body is sealed."""
    for use in (
        lambda: read({}, {"x-mapping": rules}),
        lambda: source.redact({"x-mapping": rules}, b"{}", str),
    ):
        with pytest.raises(Unreadable, match=why):
            use()


def test_a_hostile_mapping_is_unreadable_at_worst() -> None:
    """Nesting without end is refused."""
    deep = '{"rule":[{"event":' + '{"a":' * 900 + "1" + "}" * 900 + "}]}"
    for rules in (deep, "[" * 100_000, '{"rule":' + "[" * 3000):
        with pytest.raises(Unreadable):
            read({}, {"x-mapping": rules})


def test_of_a_mapped_body_only_what_is_read_is_kept() -> None:
    """Fields no rule reads don't reach the log; lists keep their places; personal places are pseudonyms everywhere."""
    body = {
        "id": 1,
        "app": "a",
        "who": "Ana Silva",
        "note": "by Ana Silva",
        "x": {"y": "secret"},
        "l": [1, {"m": 2}],
    }
    rule = {"event": EVENT | {"title": "$.note", "version": "{$.l[1].m}"}}
    headers = header(rule, personal=("$.who",))
    kept = json.loads(source.redact(headers, json.dumps(body).encode(), lambda _: "p_aaaaaaaaaaaa"))
    assert kept == {"id": 1, "app": "a", "note": "by p_aaaaaaaaaaaa", "l": [None, {"m": 2}]}


def test_the_requester_of_a_mapped_ticket_is_a_person() -> None:
    """Nobody need say that a requester's place is personal."""
    rule = {
        "event": {
            "type": "ticket",
            "id": 1,
            "at": "$.t",
            "desk": "desk:x",
            "requester": "$.u.n",
            "text": "$.w",
        }
    }
    body = json.dumps({"t": 0, "u": {"n": "Ana"}, "w": "Ana waits"}).encode()
    redacted = source.redact(header(rule), body, lambda _: "p_aaaaaaaaaaaa")
    ticket = read(redacted, header(rule))[0]
    assert isinstance(ticket, Ticket)
    assert (ticket.requester, ticket.text) == ("p_aaaaaaaaaaaa", "p_aaaaaaaaaaaa waits")


def test_a_mapping_may_be_written_as_toml() -> None:
    """TOML becomes the header's value, ASCII on one line; a mistake is told."""
    text = (
        '[[rule]]\nwhen = {"$.ä" = 1}\nevent = {type = "change", id = "$.id", entity = "service:{$.app}"}\n'
    )
    value = mapping.from_toml(text)
    assert value.isascii()
    assert "\n" not in value
    assert len(read({"ä": 1, "id": 1, "app": "a"}, {"x-mapping": value})) == 1
    with pytest.raises(Fix, match="is no place"):
        mapping.from_toml('[[rule]]\nevent = {id = "{$.}"}')
    with pytest.raises(Fix, match="the mapping: "):
        mapping.from_toml("rule = [")


def test_a_mapped_body_and_a_mistake_over_http(tmp_path: Path) -> None:
    """The mapping is kept with its delivery; a mistake is answered with its reason and kept as unreadable."""
    rule = {"event": EVENT}
    with serving(tmp_path / "home", "json") as server:
        door = {"Authorization": f"Bearer {SECRET}"}
        taken = server.ask("POST", "/in/json", b'{"id": 7, "app": "booking"}', door | header(rule))
        assert (taken.status, taken.json["parsed"]) == (202, True)
        wrong = server.ask("POST", "/in/json", b'{"id": 7, "app": null}', door | header(rule))
        assert (wrong.status, wrong.json["parsed"]) == (202, False)
        assert wrong.json["error"].startswith("mapped by rule 1: ")
        assert "service:booking" in {e["ref"] for e in server.ask("GET", "/api/entities").json["entities"]}
        (listed,) = server.ask("GET", "/api/deliveries?unreadable=true").json["deliveries"]
        assert listed["unreadable"].startswith("sealed: mapped by rule 1: ")
