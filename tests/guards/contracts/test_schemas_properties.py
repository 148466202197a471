"""What holds for the rules on schemas whatever the schemas are."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.artefacts import openapi
from seamline.model.artefact import Artefact, Document
from tests.guards.contracts.states import findings, state

_NAMES = st.sampled_from(["id", "pet", "note", "next"])
_TYPES = st.sampled_from(["string", "integer", "number", "boolean", "null"])
_LEAVES = st.one_of(
    st.fixed_dictionaries(
        {"type": _TYPES}, optional={"maxLength": st.integers(0, 9), "minimum": st.integers(-3, 3)}
    ),
    st.fixed_dictionaries({"type": st.lists(_TYPES, min_size=1, max_size=3, unique=True)}),
    st.fixed_dictionaries({"enum": st.lists(st.integers(0, 3), min_size=1, unique=True)}),
    st.just({"$ref": "#/components/schemas/Dog"}),
    st.just({"$ref": "https://example.test/far.json"}),
    st.just({}),
)


def _grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    objects = st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(_NAMES, inner, max_size=3)},
        optional={"required": st.lists(_NAMES, max_size=2), "additionalProperties": st.booleans()},
    )
    unions = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        objects,
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        unions.map(lambda parts: {"oneOf": parts}),
        unions.map(lambda parts: {"anyOf": parts}),
        unions.map(lambda parts: {"allOf": parts}),
    )


SCHEMAS = st.recursive(_LEAVES, _grown, max_leaves=8)
# What stands in a file need not be a schema.
_ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from([
                "type", "properties", "required", "items", "allOf", "oneOf", "enum", "const", "$ref", "paths", "/a", "get",
                "post", "parameters", "responses", "200", "content", "schema", "security", "requestBody", "in", "name",
                "headers", "callbacks", "servers", "components", "securitySchemes", "nullable", "discriminator", "not",
            ]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)  # fmt: skip


@given(schema=SCHEMAS)
def test_equal_documents_break_nothing(schema: Any) -> None:
    """A document held against a copy of itself gives no finding, in either direction."""
    for kind, written in (("openapi", {"request": schema, "response": schema}), ("json_schema", schema)):
        assert findings(kind, state(kind, written), state(kind, copy.deepcopy(written))) == []


@given(schema=SCHEMAS)
def test_prose_breaks_nothing(schema: Any) -> None:
    """A title or a description more, anywhere in a schema, gives no finding."""
    assert (
        findings(
            "openapi", state("openapi", {"response": schema}), state("openapi", {"response": _told(schema)})
        )
        == []
    )


def _told(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_told(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    whole = {k: _told(v) if k in ("oneOf", "anyOf", "allOf", "items") else v for k, v in schema.items()}
    if "properties" in schema:
        whole["properties"] = {name: _told(part) for name, part in schema["properties"].items()}
    return {**whole, "description": "said again"}


@given(properties=st.dictionaries(_NAMES, SCHEMAS, max_size=3), schema=SCHEMAS, closed=st.booleans())
def test_an_optional_property_more_holds_nothing(
    properties: dict[str, Any], schema: Any, closed: bool
) -> None:
    """A property that is new and optional is never held, whatever it is."""
    before = {"type": "object", "properties": properties, "additionalProperties": not closed}
    after = {**before, "properties": {**properties, "fresh": schema}}
    for kind, step in (
        ("openapi", ({"request": before, "response": before}, {"request": after, "response": after})),
        ("json_schema", (before, after)),
    ):
        assert [
            f for f in findings(kind, state(kind, step[0]), state(kind, step[1])) if f.outcome != "note"
        ] == []


@given(schema=SCHEMAS)
def test_a_path_more_says_nothing(schema: Any) -> None:
    """An operation that is new breaks nobody."""
    operation = {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}
    before = {"document": {"paths": {"/a": {"get": {"responses": {}}}}}}
    after = {
        "document": {"paths": {"/a": {"get": {"responses": {}}, "post": operation}, "/b": {"put": operation}}}
    }
    assert findings("openapi", state("openapi", before), state("openapi", after)) == []


@settings(max_examples=200)
@given(before=_ANYTHING, after=_ANYTHING)
def test_rules_never_raise(before: Any, after: Any) -> None:
    """What is no contract at all is compared as far as it goes."""
    for kind in ("openapi", "json_schema"):
        for was, now in ((before, after), ({"paths": before}, {"paths": after}), ({"paths": {"/a": {"get": before}}}, {"paths": {"/a": {"get": after}}})):  # fmt: skip
            a, b = state("json_schema", [was]), state("json_schema", [now])
            assert a is not None
            assert b is not None
            findings(kind, type(a)(a.entity, kind, was, a.place), type(b)(b.entity, kind, now, b.place))


def test_a_deep_web_of_references_costs_little() -> None:
    """Sixty schemas that all refer to all are entered once each."""
    names = [f"S{i}" for i in range(60)]

    def whole(last: str) -> dict[str, Any]:
        schemas: dict[str, Any] = {
            name: {"type": "object", "properties": {n: {"$ref": f"#/components/schemas/{n}"} for n in names}}
            for name in names
        }
        schemas["S59"]["properties"]["x"] = {"type": last}
        paths = {f"/{n}": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{n}"}}}}}}} for n in names}  # fmt: skip
        return {"document": {"paths": paths, "components": {"schemas": schemas}}}

    found = findings("openapi", state("openapi", whole("string")), state("openapi", whole("integer")))
    assert [f.guard for f in found] == ["openapi/response-property-type-changed"]
    assert "59 more places" in found[0].reason


def test_a_chain_of_references_without_end_is_unknown() -> None:
    """A thousand definitions that each refer to the next one are not followed to the end, and that is said."""
    chain = {f"d{i}": {"$ref": f"#/$defs/d{i + 1}"} for i in range(1000)}
    before = {"$ref": "#/$defs/d0", "$defs": {**chain, "d1000": {"type": "string"}}}
    after = {"$ref": "#/$defs/d0", "$defs": {**chain, "d1000": {"type": "integer"}}}
    assert findings("json_schema", state("json_schema", before), state("json_schema", before)) == []
    found = findings("json_schema", state("json_schema", before), state("json_schema", after))
    assert [(f.outcome, f.guard) for f in found] == [("unknown", "json_schema/not-compared")]


def test_a_finding_stands_in_the_file_that_says_it() -> None:
    """What changed in a file that the document refers to is placed there; what changed in an operation at its line."""

    def read(kind: str, length: int) -> Document:
        api = f"""openapi: 3.0.3
info: {{title: Visits}}
paths:
  /visits:
    get:
      parameters: [{{in: query, name: page, schema: {{type: integer, maximum: {length}}}}}]
      responses: {{200: {{content: {{application/json: {{schema: {{$ref: schemas/visit.yaml}}}}}}}}}}
"""
        visit = f"type: object\nproperties: {{id: {{type: {kind}}}}}\n"
        files = [
            Artefact("sample", "api.yaml", api.encode()),
            Artefact("sample", "schemas/visit.yaml", visit.encode()),
        ]
        return next(f for f in openapi.read(files) if isinstance(f, Document))

    found = findings("openapi", read("string", 9), read("integer", 8))
    assert sorted(str(f.place) for f in found) == ["sample/api.yaml:5", "sample/schemas/visit.yaml"]


@pytest.mark.parametrize("kind", ["openapi", "json_schema"])
def test_a_finding_names_the_path(kind: str) -> None:
    """The reason says where: the operation, the side, and the way down."""
    before = {"type": "object", "properties": {"pet": {"type": "array", "items": {"type": "string"}}}}
    after = {"type": "object", "properties": {"pet": {"type": "array", "items": {"type": "integer"}}}}
    step = ({"request": before}, {"request": after}) if kind == "openapi" else (before, after)
    found = findings(kind, state(kind, step[0]), state(kind, step[1]))
    where = (
        "POST /visits -> request -> body/properties/pet/items"
        if kind == "openapi"
        else "properties/pet/items"
    )
    assert found[0].reason.startswith(f"{where}: type changed (from string to integer)")
