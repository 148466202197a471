"""What every source promises, run over every source on disk.

A source's goldens lie in `golden/<name>/`: `CASE.delivery.json` holds the input, `CASE.events.json` what is read
out of it (`pytest --accept` rewrites that side). The input has `headers`, and `body` (text, or JSON as it is)
or `body_b64`; `case` says where its shape is specified or who sent it; `personal` lists what redaction must
not let through, beside e-mail addresses. Where a sender signs, `golden/<name>/sign.py` does the same.
"""

import base64
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from functools import cache
from hashlib import sha256
from pathlib import Path
from runpy import run_path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from seamline.model.delivery import Delivery
from seamline.model.errors import Unreadable
from seamline.model.event import EVENT_TYPES, Claim, Event, Measurement
from seamline.model.payload import EMAIL
from seamline.model.ports import Source
from seamline.sources import discover

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECRET, OTHER = b"a secret of this test", b"the secret before it"
SOURCES = list(discover().values())

# Folders (or shell patterns of files) of the public payloads that are something other than what the tool delivers.
NOT_DELIVERIES = {
    "argo-cd/notifications-catalog": "templates and triggers, not what they render",
    "dbt/openlineage-fixtures/*.result.json": "the lineage events that another program makes of them",
    "github/octokit-schemas": "JSON Schemas",
    "kubernetes/holmesgpt": "text that kubectl prints, and another product's findings",
    "openlineage/schemas": "JSON Schemas",
    "openlineage/spec-tests": "single facets without their event",
}
FOLDERS = {
    "cloudevents": "cdevents",
    "prometheus": "prometheus-remote-write",
}  # where it is not called like the source
UNSHARED = {"checkout", "json", "slack", "zendesk"}  # no payload of it is public, or may be passed on


class Case(Struct, frozen=True):
    """One golden input, or one recorded payload."""

    path: Path
    headers: Mapping[str, str]
    body: bytes
    personal: tuple[str, ...] = ()

    def delivery(self, *, seq: int = 1, body: bytes | None = None) -> Delivery:
        """As the log would hold it."""
        sent = self.body if body is None else body
        return Delivery(seq, "test", "", sha256(sent).hexdigest(), self.headers, NOW, sent)


@cache
def cases(name: str) -> tuple[Case, ...]:
    """The goldens of a source, sorted by name."""
    return tuple(_read(path) for path in sorted((GOLDEN / name).glob("*.delivery.json")))


def _read(path: Path) -> Case:
    given = json.loads(path.read_text())
    if "body_b64" in given:
        body = base64.b64decode(given["body_b64"])
    else:
        said = given["body"]
        body = (said if isinstance(said, str) else json.dumps(said)).encode()
    return Case(path, given["headers"], body, tuple(given.get("personal", ())))


def all_cases() -> list[Any]:
    """(source, golden) for every source and golden."""
    return [
        pytest.param(source, case, id=f"{source.name}-{case.path.name.removesuffix('.delivery.json')}")
        for source in SOURCES
        for case in cases(source.name)
    ]


every_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.name))
every_case = pytest.mark.parametrize(("source", "case"), all_cases())


def as_json(events: list[Any]) -> str:
    """Events as a golden spells them."""
    return msgspec.json.format(msgspec.json.encode(events), indent=2).decode() + "\n"


def pseudonym(text: str) -> str:
    """A stand-in for the home's keyed pseudonyms, of the same form."""
    return "p_" + base64.b32encode(sha256(b"key" + text.encode()).digest())[:12].decode().lower()


def signed(source: Source, body: bytes, secret: bytes, now: datetime = NOW) -> dict[str, str]:
    """The headers that prove a sender who knows `secret`: the tool's own signature, else a bearer token."""
    path = GOLDEN / source.name / "sign.py"
    if not path.exists():
        return {"authorization": f"Bearer {secret.decode()}"}
    headers: dict[str, str] = run_path(str(path))["sign"](body, secret, now)
    return headers


# -- goldens --------------------------------------------------------------------------------------
@every_source
def test_has_goldens(source: Source) -> None:
    """A source without a golden delivery fails."""
    assert cases(source.name), f"write golden/{source.name}/CASE.delivery.json"


@every_case
def test_golden(source: Source, case: Case, accept: bool) -> None:
    """A golden delivery gives exactly the events that were reviewed."""
    expected = case.path.with_name(case.path.name.replace(".delivery.json", ".events.json"))
    got = as_json(list(source.parse(case.delivery())))
    if accept:
        expected.write_text(got)
    assert expected.exists(), "run pytest --accept and review what it writes"
    assert got == expected.read_text()


# -- parse ----------------------------------------------------------------------------------------
@every_case
def test_parse_says_only_what_the_delivery_says(source: Source, case: Case) -> None:
    """Events carry the source's name, the delivery's position, and aware UTC times."""
    for event in source.parse(case.delivery(seq=7)):
        assert isinstance(event, EVENT_TYPES)
        assert (event.source, event.seq) == (source.name, 7)
        if not isinstance(event, Measurement):
            assert event.at.utcoffset() == timedelta(0)
            assert event.version_at.utcoffset() == timedelta(0)


@every_case
def test_ids_do_not_depend_on_position(source: Source, case: Case) -> None:
    """A delivery that comes twice gives the same events, but for the position."""
    first, second = (list(source.parse(case.delivery(seq=seq))) for seq in (1, 2))
    assert as_json([msgspec.structs.replace(event, seq=0) for event in first]) == as_json(
        [msgspec.structs.replace(event, seq=0) for event in second]
    )


_REPARSE = """
import pathlib, sys, importlib.util as u
spec = u.spec_from_file_location("contract", sys.argv[1]); m = u.module_from_spec(spec); spec.loader.exec_module(m)
for source in m.SOURCES:
    for case in m.cases(source.name):
        print(source.name, case.path.name, m.as_json(list(source.parse(case.delivery()))))
        print(source.redact(case.headers, case.body, m.pseudonym))
"""


def test_parse_is_the_same_under_any_hash_seed() -> None:
    """Events, redacted bodies and their order do not depend on the process that reads."""
    said = {
        subprocess.run(
            [sys.executable, "-c", _REPARSE, __file__],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(said) == 1
    assert said != {b""}


# -- the door -------------------------------------------------------------------------------------
@every_case
def test_verify_takes_the_sender(source: Source, case: Case) -> None:
    """A proof by the secret in force, or by another valid one during rotation, is taken."""
    headers = {**case.headers, **signed(source, case.body, SECRET)}
    assert source.verify(headers, case.body, [SECRET], NOW)
    assert source.verify(headers, case.body, [OTHER, SECRET], NOW)


@every_case
def test_verify_refuses_everyone_else(source: Source, case: Case) -> None:
    """No secret, an empty one, another one, no proof, or a damaged proof is refused."""
    proof = signed(source, case.body, SECRET)
    headers = {**case.headers, **proof}
    assert not source.verify(headers, case.body, [], NOW)
    assert not source.verify(headers, case.body, [OTHER], NOW)
    bare = {name: value for name, value in case.headers.items() if name not in proof}
    assert not source.verify(bare, case.body, [SECRET], NOW)
    assert not source.verify({**case.headers, **signed(source, case.body, b"")}, case.body, [b""], NOW)
    for name, value in proof.items():
        damaged = value[:-2] + ("x" if value[-2] != "x" else "y") + value[-1]
        assert not source.verify({**headers, name: damaged}, case.body, [SECRET], NOW), name


@every_case
def test_verify_covers_every_byte_of_a_signed_body(source: Source, case: Case) -> None:
    """Where the tool signs bodies, one flipped bit is refused."""
    headers = {**case.headers, **signed(source, case.body, SECRET)}
    if "authorization" in headers:
        assert source.verify(headers, b"", [SECRET], NOW)  # a token says nothing of the body
        return
    for position in {0, len(case.body) // 2, len(case.body) - 1}:
        flipped = bytearray(case.body)
        flipped[position] ^= 1
        assert not source.verify(headers, bytes(flipped), [SECRET], NOW)


@every_source
@pytest.mark.parametrize("value", ["", "\udcff", "sha256=ü", "Bearer", "Basic ====", "9" * 5000])
def test_the_door_survives_any_header(source: Source, value: str) -> None:
    """`verify` refuses odd headers and `key` reads them; neither raises."""
    proof = signed(source, b"{}", SECRET)
    assert not source.verify(dict.fromkeys(proof, value), b"{}", [SECRET], NOW)
    for name in proof:
        assert not source.verify({**proof, name: value}, b"{}", [SECRET], NOW)
    assert isinstance(source.key({}, b"\xff"), str)


# -- redaction ------------------------------------------------------------------------------------
@every_case
def test_redact_lets_no_person_through(source: Source, case: Case) -> None:
    """No e-mail address and nothing that the golden calls personal is left in the body or in an event."""
    redacted = source.redact(case.headers, case.body, pseudonym)
    events = as_json(list(source.parse(case.delivery(body=redacted))))
    for text in (redacted.decode(errors="replace"), events):
        assert not re.findall(EMAIL, text)
        assert [word for word in case.personal if word in text] == []


@every_case
def test_redact_twice_is_redact_once(source: Source, case: Case) -> None:
    """A body that was redacted before comes back byte for byte."""
    redacted = source.redact(case.headers, case.body, pseudonym)
    assert source.redact(case.headers, redacted, pseudonym) == redacted


@every_case
def test_redact_changes_nothing_but_names(source: Source, case: Case) -> None:
    """With each pseudonym turned back, a redacted delivery gives the same events.

    The id of a Claim is made of its owner's name as the log has it, so it is left out.
    """
    given: dict[str, str] = {}

    def remember(text: str) -> str:
        given[pseudonym(text)] = text
        return pseudonym(text)

    redacted = source.redact(case.headers, case.body, remember)
    text = as_json([_without_claim_id(event) for event in source.parse(case.delivery(body=redacted))])
    for stand_in, original in given.items():
        text = text.replace(stand_in, json.dumps(original, ensure_ascii=False)[1:-1])
    assert text == as_json([_without_claim_id(event) for event in source.parse(case.delivery())])


def _without_claim_id(event: Event) -> Event:
    return msgspec.structs.replace(event, id="") if isinstance(event, Claim) else event


# -- hostile bodies -------------------------------------------------------------------------------
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    1e300,
    "",
    "\x00",
    "x" * 5000,
    "2026-13-45",
    [],
    {},
    [[]],
    {"a": None},
    [None],
)


def damaged_bytes(body: bytes, rng: random.Random) -> bytes:
    """The body cut off, with odd bytes in it, or doubled."""
    at = rng.randrange(len(body) + 1)
    odd = rng.choice(
        [b"\xff\xfe", b"\x00", b'"\\ud800"', b"[" * 3000, b"{" * 3000, b"9" * 400, b"NaN", b"1e999"]
    )
    return rng.choice(
        [body[:at], body[:at] + odd + body[at:], body[:at] + odd + body[at + len(odd) :], body * 2]
    )


def damaged_json(body: bytes, rng: random.Random) -> bytes:
    """The body with some of its values replaced by others of the wrong type, or missing."""
    try:
        document = json.loads(body)
    except ValueError:
        return damaged_bytes(body, rng)
    for _ in range(rng.randrange(1, 4)):
        document = _with_wrong_leaf(document, rng)
    return json.dumps(document).encode()


def _with_wrong_leaf(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        field = rng.choice(sorted(value))
        if rng.random() < 0.15:
            return {name: item for name, item in value.items() if name != field}
        return {**value, field: _with_wrong_leaf(value[field], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        return [*value[:at], _with_wrong_leaf(value[at], rng), *value[at + 1 :]]
    return rng.choice(WRONG)


def only_unreadable(source: Source, case: Case, body: bytes) -> None:
    """Read and redact; any error but Unreadable fails the test."""
    for use in (
        lambda: list(source.parse(case.delivery(body=body))),
        lambda: source.redact(case.headers, body, pseudonym),
    ):
        try:
            use()
        except Unreadable:
            continue


@every_source
@pytest.mark.parametrize("damage", [damaged_bytes, damaged_json])
def test_damaged_bodies_are_unreadable_at_worst(
    source: Source, damage: Callable[[bytes, random.Random], bytes]
) -> None:
    """Cut, mistyped or hostile bodies give events or Unreadable, never another error."""

    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    @given(case=st.sampled_from(cases(source.name)), seed=st.integers(0, 2**32))
    def check(case: Case, seed: int) -> None:
        only_unreadable(source, case, damage(case.body, random.Random(seed)))

    check()


DEEP = 200_000


@every_source
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"0", b'""', b"[]", b"{}", b"\xff\xfe", b"[" * DEEP, b'{"a":' * DEEP, b"9" * 100_000],
    ids=["empty", "null", "number", "text", "list", "object", "no UTF-8", "deep list", "deep object", "huge"],
)
def test_foreign_bodies_are_unreadable_at_worst(source: Source, body: bytes) -> None:
    """Bodies of no tool at all never raise anything but Unreadable."""
    for case in cases(source.name):
        only_unreadable(source, case, body)


@every_case
def test_nesting_that_json_just_bears_is_unreadable_at_worst(source: Source, case: Case) -> None:
    """A field nested as deeply as a JSON parser takes it is read, or refused as any other body is."""
    try:
        document = json.loads(case.body)
    except ValueError:
        return  # protobuf, a form, lines
    item = document[0] if isinstance(document, list) else document
    for name in item:
        text = json.dumps({**item, name: "deep"})
        for depth in (150, 300, 600, 950):
            deep = "[null," * depth + '{"a": null}' + "]" * depth
            only_unreadable(source, case, text.replace('"deep"', deep, 1).encode())


@every_case
def test_an_erased_body_is_unreadable(source: Source, case: Case) -> None:
    """Parsing a delivery whose body is gone says so."""
    erased = msgspec.structs.replace(case.delivery(), body=None)
    with pytest.raises(Unreadable):
        list(source.parse(erased))


# -- public payloads ------------------------------------------------------------------------------
def recorded(folder: Path) -> Iterator[Case]:
    """Every payload in a folder of the public ones, with its headers where they are known."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "README.md" and not path.name.endswith(".headers.json"):
            beside = path.with_name(path.name.removesuffix(path.suffix) + ".headers.json")
            headers = json.loads(beside.read_text()) if beside.exists() else {}
            yield Case(path, {name.lower(): value for name, value in headers.items()}, path.read_bytes())


@every_source
def test_public_payloads_are_read(source: Source, shared: Path) -> None:
    """Of what the tool really sends at least 95 % is read; the rest, and all that it never sent, is Unreadable."""
    payloads = shared / "payloads"
    folder = payloads / FOLDERS.get(source.name, source.name)
    if not folder.is_dir():
        assert source.name in UNSHARED
        return
    n_read, refused = 0, []
    for case in recorded(folder):
        within = case.path.relative_to(payloads)
        set_aside = any(
            fnmatch(f"{name}", pattern) for name in (within, within.parent) for pattern in NOT_DELIVERIES
        )
        try:
            list(source.parse(case.delivery()))
            n_read += not set_aside
        except Unreadable as error:
            refused += [] if set_aside else [f"{case.path.relative_to(payloads)}: {error}"]
        only_unreadable(source, case, case.body)
    print(f"{source.name}: {n_read} read, {len(refused)} refused", *refused, sep="\n  ")
    assert n_read >= 0.95 * (n_read + len(refused)), refused
