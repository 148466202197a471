"""What the Avro rules let pass is read by an implementation of Avro; what they hold is not."""

import io
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.guards.contracts.states import findings, state

fastavro = pytest.importorskip(
    "fastavro", reason="install the dev dependency fastavro to decode what the rules let pass"
)

_PRIMITIVES = {
    "null": st.none(), "boolean": st.booleans(), "int": st.integers(-9, 9), "long": st.integers(-9, 9), "float": st.just(1.5),
    "double": st.just(2.5), "string": st.text("ab", max_size=2), "bytes": st.binary(max_size=2),
}  # fmt: skip
_SIMPLE = st.sampled_from(sorted(_PRIMITIVES))
_UNIONS = st.lists(_SIMPLE, min_size=1, max_size=3, unique=True)
_ENUMS = st.tuples(st.lists(st.sampled_from("ABC"), min_size=1, unique=True), st.booleans()).map(
    lambda e: {"type": "enum", "name": "Kind", "symbols": e[0], **({"default": e[0][0]} if e[1] else {})}
)
_TYPES = st.one_of(
    _SIMPLE,
    _UNIONS,
    _ENUMS,
    _SIMPLE.map(lambda t: {"type": "array", "items": t}),
    _SIMPLE.map(lambda t: {"type": "map", "values": t}),
)
_FIELDS = st.dictionaries(st.sampled_from("abc"), st.tuples(_TYPES, st.booleans()), max_size=3)
_DEFAULTS = {
    "null": None,
    "boolean": False,
    "int": 0,
    "long": 0,
    "float": 0.0,
    "double": 0.0,
    "string": "",
    "bytes": "",
}


def _record(fields: dict[str, Any]) -> dict[str, Any]:
    """A record; only one field may define the enum, later ones name it."""
    found, defined = [], False
    for name, (kind, has_default) in sorted(fields.items()):
        if isinstance(kind, dict) and kind["type"] == "enum":
            kind, defined, has_default = ("Kind" if defined else kind), True, False
        field = {"name": name, "type": kind}
        if has_default:
            field["default"] = _default(kind)
        found.append(field)
    return {"type": "record", "name": "Visit", "fields": found}


def _default(kind: Any) -> Any:
    if isinstance(kind, list):
        kind = kind[0]
    return _DEFAULTS[kind] if isinstance(kind, str) else [] if kind["type"] == "array" else {}


def _values(kind: Any) -> list[Any]:
    """Values of every branch and symbol, so that whatever may be written is."""
    if isinstance(kind, list):
        return [value for branch in kind for value in _values(branch)]
    if isinstance(kind, dict) and kind["type"] == "enum":
        return list(kind["symbols"])
    if isinstance(kind, dict):
        inner = _values(kind.get("items", kind.get("values")))
        return [inner] if kind["type"] == "array" else [{str(i): v for i, v in enumerate(inner)}]
    return {"null": [None], "boolean": [True], "int": [7], "long": [8], "float": [1.5], "double": [2.5], "string": ["a"], "bytes": [b"a"]}[kind]  # fmt: skip


def _written(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Records that together hold every value of every field."""
    kinds = {f["name"]: f["type"] for f in schema["fields"]}
    enum = next((k for k in kinds.values() if isinstance(k, dict) and k["type"] == "enum"), None)
    values = {name: _values(enum if kind == "Kind" else kind) for name, kind in kinds.items()}
    n = max((len(v) for v in values.values()), default=1)
    return [{name: v[i % len(v)] for name, v in values.items()} for i in range(n)]


def _decodes(writer: dict[str, Any], reader: dict[str, Any]) -> bool:
    for record in _written(writer):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, fastavro.parse_schema(writer), record)
        out.seek(0)
        try:
            fastavro.schemaless_reader(out, fastavro.parse_schema(writer), fastavro.parse_schema(reader))
        except Exception:  # noqa: BLE001  # whatever it raises, it did not decode
            return False
    return True


@settings(max_examples=300, deadline=None)
@given(before=_FIELDS, after=_FIELDS, forward=st.booleans())
def test_what_passes_decodes_and_what_is_held_does_not(
    before: dict[str, Any], after: dict[str, Any], forward: bool
) -> None:
    """Old data under the new schema (or new data under the old one) is read exactly when nothing is held."""
    old, new = _record(before), _record(after)
    mode = "FORWARD" if forward else "BACKWARD"
    held = [
        f for f in findings("avro", state("avro", old, mode), state("avro", new, mode)) if f.outcome == "hold"
    ]
    writer, reader = (new, old) if forward else (old, new)
    assume(not _lenient(writer, reader))
    assert _decodes(writer, reader) == (not held), [f.reason for f in held]


def _lenient(writer: dict[str, Any], reader: dict[str, Any]) -> bool:
    """Whether only a symbol is lost: fastavro reads it as text where the enum is named twice, the specification doesn't."""
    kinds = [f["type"] for schema in (writer, reader) for f in schema["fields"]]
    return "Kind" in kinds
