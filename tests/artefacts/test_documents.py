"""YAML and JSON as plain data, document by document."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline.artefacts.documents import MAX_TOLD, Doc, documents
from seamline.artefacts.text import TEMPLATE
from seamline.model.artefact import Artefact, Unread


def read(data: bytes | str, path: str = "a.yaml", **options: Any) -> tuple[list[Doc], list[Unread]]:
    """The documents of one file with this content."""
    return documents(Artefact("r", path, data.encode() if isinstance(data, str) else data), **options)


def contents(data: bytes | str, path: str = "a.yaml", **options: Any) -> list[Any]:
    """What a file holds that reads without a word."""
    docs, unreads = read(data, path, **options)
    assert unreads == []
    return [doc.content for doc in docs]


def why(data: bytes | str, path: str = "a.yaml") -> str:
    """The one line that says why nothing of a file was read."""
    docs, unreads = read(data, path)
    assert (docs, len(unreads)) == ([], 1)
    assert unreads[0].mend
    assert "\n" not in unreads[0].why + unreads[0].mend
    return unreads[0].why


# -- what a file may be ---------------------------------------------------------------------------
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_heeded(encoding: str) -> None:
    """A file is read by its byte order mark."""
    assert contents("a: grüß\n".encode(encoding)) == [{"a": "grüß"}]


def test_other_encodings_name_the_byte_and_its_line() -> None:
    """What is not UTF-8 is told with its place."""
    assert why("a: 1\nb: grüß\n".encode("latin-1")) == "not UTF-8: byte 0xfc in line 2"


def test_binary_files_are_no_text() -> None:
    """A NUL byte near the beginning means that this is no text."""
    assert why(b"PK\x03\x04\x00\x00") == "binary, not text"


def test_large_files_are_told_by_their_size() -> None:
    """A file over the limit is not read."""
    assert why(b"#" * 20_000_001).startswith("20 MB")


@pytest.mark.parametrize("source", ["", "\n\n", "# nothing\n", "---\n---\n# x\n---\n", "~", "---\n...\n"])
def test_empty_documents_are_nothing(source: str) -> None:
    """Documents without content are left out without a word."""
    assert contents(source) == []


# -- each document on its own ---------------------------------------------------------------------
def test_a_broken_document_costs_no_other() -> None:
    """The documents before and after a broken one are read; its line and column are named."""
    docs, unreads = read("a: 1\n---\nb: c: d\n---\ne: 2\n")
    assert [(doc.content, doc.place.line) for doc in docs] == [({"a": 1}, 1), ({"e": 2}, 5)]
    assert [(u.place.line, u.why) for u in unreads] == [
        (3, "broken YAML at line 3, column 5: mapping values are not allowed in this context")
    ]


@pytest.mark.parametrize(
    "chart",
    [
        "kind: Deployment\nmetadata:\n  name: {{ .Values.name }}\n",
        'kind: Deployment\nmetadata:\n  name: "{{ .Values.name }}"\n',
        "kind: Deployment\nspec:\n  {{- if .Values.on }}\n  replicas: 2\n  {{- end }}\n",
        "kind: Deployment\nmetadata:\n  labels:\n    {{- include \"x.labels\" . | nindent 4 }}\n",
        "kind: ConfigMap\nmetadata:\n  name: x-{{ .Release.Name }}\n",
        "{% for host in hosts %}\n- name: {{ host }}\n{% endfor %}\n",
        "kind: Service\nmetadata:\n  name: '{{ service_name }}'\n",
        "{{- if .Values.on -}}\nkind: A\n{{- end -}}\n",
    ],
)  # fmt: skip
def test_templates_are_told_and_the_rest_is_read(chart: str) -> None:
    """A document that was never rendered says so once; its neighbours are read."""
    docs, unreads = read(f"kind: A\n---\n# Source: x\n{chart}---\nkind: B\n")
    assert [doc.content for doc in docs] == [{"kind": "A"}, {"kind": "B"}]
    assert [u.why for u in unreads] == [TEMPLATE]
    assert unreads[0].place.line == 4


@pytest.mark.parametrize(
    "source",
    [
        "annotations: {text: 'pod {{ $labels.pod }} is down'}\n",
        "data:\n  tmpl: |\n    {{ if eq .Status \"firing\" }}{{ .Values.x }}{{ end }}\n",
        "run: echo ${{ matrix.os }}\n",
        "a: 1  # {{ not here }}\n",
        "description: \"{{ doc('orders') }}\"\n",
    ],
)  # fmt: skip
def test_texts_that_hold_braces_are_texts(source: str) -> None:
    """Braces in a rendered document that belong to another program's templates stay what they are."""
    assert len(contents(source)) == 1


def test_directives_belong_to_their_document() -> None:
    """`%YAML` and `%TAG` before a marker are no document."""
    assert contents("%YAML 1.2\n---\na: 1\n...\n%TAG !e! tag:x,2000:\n---\nb: !e!x c\n") == [
        {"a": 1},
        {"b": "c"},
    ]


def test_what_could_not_be_read_is_told_a_bounded_number_of_times() -> None:
    """A file of a thousand broken documents gives a few lines, and says how many there are."""
    _, unreads = read("a: b: c\n---\n" * 1000)
    assert len(unreads) == MAX_TOLD
    assert "980 more places" in unreads[-1].why


# -- values ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("yes", True, "yes"), ("Off", False, "Off"), ("true", True, True), ("y", "y", "y"), ("~", None, None),
        ("null", None, None), ("2026-11-23", "2026-11-23", "2026-11-23"), ("22:22", "22:22", "22:22"),
        ("0755", 493, 755), ("0o17", 15, 15), ("0x1F", 31, 31), ("1_000", "1_000", "1_000"), ("-3", -3, -3),
        ("1e3", 1000.0, 1000.0), (".5", 0.5, 0.5), ("1.2.3", "1.2.3", "1.2.3"), ("08", 8.0, 8),
        ("'1'", "1", "1"), ("!!str 1", "1", "1"), ("!!int '3'", 3, 3), ("!Ref x", "x", "x"), ("=", "=", "="),
        ("!!binary aGk=", "aGk=", "aGk="), ("12345678901234567890123", 1.2345678901234568e22, 1.2345678901234568e22),
    ],
)  # fmt: skip
def test_scalars(text: str, old: object, new: object) -> None:
    """Plain scalars mean what Kubernetes takes them for, or what YAML 1.2 says; dates and times are texts."""
    for spec, expected in (("1.1", old), ("1.2", new)):
        [content] = contents(f"a: [{text}]\n", spec=spec)
        assert content["a"] == [expected]
        assert type(content["a"][0]) is type(expected)


def test_keys_are_texts() -> None:
    """Keys are as written, also those that YAML 1.1 takes for booleans and numbers."""
    assert contents("on: 1\n200: 2\nno: 3\n~: 4\n") == [{"on": 1, "200": 2, "no": 3, "~": 4}]


def test_merge_keys_are_merged() -> None:
    """`<<` adds what is not said itself; of several the first counts; in quotes it is a key."""
    source = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 0\nd: {'<<': 1}\n"
    assert contents(source)[0]["c"] == {"x": 0, "y": 1, "z": 2}
    assert contents(source)[0]["d"] == {"<<": 1}


def test_repeated_keys_are_told() -> None:
    """Of a key that is there twice the last value counts, and that is said."""
    for path, source, line in (
        ("a.yaml", "a: 1\nb: 2\na: 3\n", 3),
        ("a.json", '{"a": 1, "b": 2, "a": 3}', 0),
    ):
        docs, unreads = read(source, path)
        assert docs[0].content == {"a": 3, "b": 2}
        assert [(u.place.line, u.why) for u in unreads] == [
            (line, "key 'a' is there twice; the last one counts")
        ]


@pytest.mark.parametrize(
    ("path", "source"),
    [("a.yaml", "x: 1\na:\n  b:\n    - c: 1\n    -\n      d: 2\n"), ("a.json", '{"x": 1,\n"a": {\n"b": [\n{"c": 1},\n{\n"d": 2}]}}')],
)  # fmt: skip
def test_lines_of_keys(path: str, source: str) -> None:
    """Every key and item has its line; a path that breaks off has the line of what is there."""
    [doc], _ = read(source, path)
    assert [doc.at(*keys).line for keys in ((), ("a",), ("a", "b", 0, "c"), ("a", "b", 1, "d"), ("a", "q"))] == [
        1, 2, 4, 6, 2,
    ]  # fmt: skip


# -- hostile input --------------------------------------------------------------------------------
def test_aliases_that_unfold_to_billions_are_refused() -> None:
    """A document of a few lines that stands for billions of values is told, at once."""
    lines = ["a0: &a0 [x]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 20)]
    assert "aliases unfold" in why("\n".join(lines))


def test_merges_that_unfold_are_refused() -> None:
    """So is one that merges a large mapping thousands of times."""
    wide = ", ".join(f"k{i}: 1" for i in range(2000))
    assert "aliases unfold" in why(f"a: &a {{{wide}}}\nb:\n" + "- {<<: *a}\n" * 2000)


def test_circles_are_refused() -> None:
    """An alias within what it stands for has no end."""
    assert why("a: &a [1, *a]\n") == "broken YAML at line 1: alias *a stands within itself"


@pytest.mark.parametrize("source", ["[" * 100_000, "- " * 50_000 + "x", "{a: " * 1000 + "1" + "}" * 1000])
def test_deep_nesting_is_refused(source: str) -> None:
    """Nesting ends in a line of text, not in the end of the process."""
    assert "nested more than" in why(source)


@pytest.mark.parametrize("source", ["[" * 100_000, '{"a":' * 100_000, "[" * 500 + "]" * 500])
def test_deep_json_is_refused(source: str) -> None:
    """The same for JSON."""
    assert "nested more than" in why(source, "a.json")


def test_json_lines_are_documents() -> None:
    """Each line is a document of its own, a broken one is told by its line."""
    docs, unreads = read('{"a": 1}\n\n{oops\n[2]\n', "a.jsonl")
    assert [(doc.content, doc.place.line) for doc in docs] == [({"a": 1}, 1), ([2], 4)]
    assert [u.place.line for u in unreads] == [3]


def test_broken_json_names_its_place() -> None:
    """Line and column of what is no JSON are named; a template says that it is one; empty is empty."""
    assert why('{"a": 1,\n}', "a.json").startswith("broken JSON at line 2, column 1")
    assert why('{"a": {{ x }} }', "a.json") == TEMPLATE
    assert why(" \n", "a.json") == "empty"


def test_values_can_be_written_again() -> None:
    """Half a surrogate pair and numbers of any length come out as something that UTF-8 JSON can hold."""
    [content] = contents('["\\ud83d\\ude00", "\\ud800", ' + "9" * 5000 + "]", "a.json")
    assert content[:2] == ["😀", "�"]
    json.dumps(content, ensure_ascii=False).encode()


@settings(max_examples=200, deadline=None, database=None, derandomize=True)
@given(st.one_of(st.binary(max_size=60), st.text("{}[]:-&*a!%|>'\"#\n\t <.~", max_size=60).map(str.encode)))
def test_any_bytes_give_documents_or_one_line(data: bytes) -> None:
    """Whatever a file holds, reading it raises nothing."""
    for path in ("a.yaml", "a.json", "a.jsonl"):
        docs, unreads = read(data, path)
        assert all(u.why and "\n" not in u.why for u in unreads)
        assert all(doc.at("x", 0).path == path for doc in docs)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(JSON.filter(lambda value: value is not None and "{{" not in json.dumps(value)))
def test_json_reads_the_same_as_yaml(value: object) -> None:
    """JSON is YAML: both ways give the same data."""
    source = json.dumps(value, ensure_ascii=False)
    assert contents(source, "a.json") == [value]
    assert contents(source, "a.yaml") == [value]
