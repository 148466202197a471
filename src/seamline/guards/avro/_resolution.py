"""Schema resolution as Avro specifies it: what keeps a reader's schema from reading what a writer's schema wrote.

Schemas are normalised: full names, named types in a table. Named types match by their unqualified names, or by an
alias of the reader's. Kinds of mismatch carry the names of Avro's own compatibility check.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

_PROMOTED = {
    "int": ("long", "float", "double"),
    "long": ("float", "double"),
    "float": ("double",),
    "string": ("bytes",),
    "bytes": ("string",),
}
_LOGICAL = ("logicalType", "precision", "scale")


class Mismatch(Struct, frozen=True):
    """Why a value can't be read, or is read as another; the path is of the reader's fields."""

    kind: str
    path: tuple[str, ...]
    detail: str
    field: str = ""  # of the reader, where one is missing


class Schema(Struct, frozen=True):
    """A normalised schema and the table of the types it names."""

    top: Any
    types: Mapping[str, Mapping[str, Any]]

    def named(self, schema: Any) -> Any:
        """The definition behind a name; the schema itself when it is none."""
        return self.types.get(schema, schema) if isinstance(schema, str) else schema


def mismatches(reader: Schema, writer: Schema) -> list[Mismatch]:
    """All there are, in the order of the reader's fields; none when everything written can be read."""
    return list(_Resolution(reader, writer).match(reader.top, writer.top, ()))


class _Resolution:
    def __init__(self, reader: Schema, writer: Schema) -> None:
        self._reader, self._writer = reader, writer
        self._entered: set[tuple[str, str]] = set()

    def match(self, r: Any, w: Any, path: tuple[str, ...]) -> Iterator[Mismatch]:
        r, w = self._reader.named(r), self._writer.named(w)
        if isinstance(w, list):
            for branch in w:
                yield from self._branch_of_writer(r, branch, path)
        elif isinstance(r, list):
            yield from self._into_union(r, w, path)
        else:
            yield from self._single(r, w, path)

    def _branch_of_writer(self, r: Any, branch: Any, path: tuple[str, ...]) -> Iterator[Mismatch]:
        found = list(self.match(r, branch, path))
        lost = self._writer.named(branch)
        if found and not isinstance(r, list) and kind_of(r) != kind_of(lost):
            yield Mismatch(
                "missing-union-branch", path, f"{spelled(lost)} may be written, only {spelled(r)} is read"
            )
        else:
            yield from found

    def _into_union(self, branches: list[Any], w: Any, path: tuple[str, ...]) -> Iterator[Mismatch]:
        entered = set(self._entered)
        nearest: list[Mismatch] | None = None
        for branch in branches:
            self._entered = set(entered)
            found = list(self.match(branch, w, path))
            if not found:
                return
            if kind_of(self._reader.named(branch)) == kind_of(w) and _called(branch) == _called(w):
                nearest = found
        self._entered = entered
        if nearest is not None:
            yield from nearest
        else:
            options = ", ".join(spelled(self._reader.named(b)) for b in branches)
            yield Mismatch(
                "missing-union-branch", path, f"{spelled(w)} may be written, only {options} are read"
            )

    def _single(self, r: Any, w: Any, path: tuple[str, ...]) -> Iterator[Mismatch]:
        kind, written = kind_of(r), kind_of(w)
        if kind != written:
            if kind not in _PROMOTED.get(written, ()):
                yield Mismatch("type-mismatch", path, f"{spelled(w)} is written, {spelled(r)} is read")
        elif kind == "record":
            yield from self._record(r, w, path)
        elif kind == "enum":
            yield from self._enum(r, w, path)
        elif kind == "fixed":
            yield from self._fixed(r, w, path)
        elif kind in ("array", "map"):
            inner = "items" if kind == "array" else "values"
            yield from self.match(r[inner], w[inner], (*path, inner))
        yield from _meaning(r, w, path)

    def _record(
        self, r: Mapping[str, Any], w: Mapping[str, Any], path: tuple[str, ...]
    ) -> Iterator[Mismatch]:
        if (r["name"], w["name"]) in self._entered:
            return
        self._entered.add((r["name"], w["name"]))
        yield from _names(r, w, path)
        written = {field["name"]: field for field in w["fields"]}
        for field in r["fields"]:
            other = next((written[n] for n in (field["name"], *field["aliases"]) if n in written), None)
            if other is not None:
                yield from self.match(field["type"], other["type"], (*path, field["name"]))
            elif "default" not in field:
                detail = f"{field['name']} is read, not written, and has no default"
                yield Mismatch(
                    "reader-field-missing-default-value", (*path, field["name"]), detail, field["name"]
                )

    def _enum(self, r: Mapping[str, Any], w: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Mismatch]:
        yield from _names(r, w, path)
        lost = [s for s in w["symbols"] if s not in r["symbols"]]
        if lost and "default" not in r:
            yield Mismatch(
                "missing-enum-symbols",
                path,
                f"{', '.join(lost)} may be written, and {r['name']} has no default",
            )

    def _fixed(self, r: Mapping[str, Any], w: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Mismatch]:
        yield from _names(r, w, path)
        if r.get("size") != w.get("size"):
            yield Mismatch(
                "fixed-size-mismatch", path, f"{w.get('size')} bytes are written, {r.get('size')} are read"
            )


def _names(r: Mapping[str, Any], w: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Mismatch]:
    name = w["name"].rpartition(".")[2]
    if name != r["name"].rpartition(".")[2] and w["name"] not in r["aliases"]:
        yield Mismatch("name-mismatch", path, f"{w['name']} is written, {r['name']} is read")


def _meaning(r: Any, w: Any, path: tuple[str, ...]) -> Iterator[Mismatch]:
    """Bytes that can be read and mean something else: another scale, another unit of time."""
    read, written = ({k: s.get(k) for k in _LOGICAL} if isinstance(s, Mapping) else {} for s in (r, w))
    if read == written or not (read.get("logicalType") and written.get("logicalType")):
        return
    if read["logicalType"] == "decimal" == written["logicalType"] and _same_scale(read, written):
        return
    said = (" ".join(str(v) for v in one.values() if v is not None) for one in (written, read))
    yield Mismatch("logical-type-changed", path, "{} is written, {} is read".format(*said))


def _same_scale(read: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    return (read.get("scale") or 0) == (written.get("scale") or 0) and (read.get("precision") or 0) >= (
        written.get("precision") or 0
    )


def kind_of(schema: Any) -> str:
    """`record`, `string`, `union` ...; of a primitive with a logical type the primitive."""
    if isinstance(schema, list):
        return "union"
    return str(schema.get("type")) if isinstance(schema, Mapping) else str(schema)


def _called(schema: Any) -> str:
    name = (
        schema.get("name", "") if isinstance(schema, Mapping) else schema if isinstance(schema, str) else ""
    )
    return str(name).rpartition(".")[2]


def spelled(schema: Any) -> str:
    """A schema in a word or two."""
    if isinstance(schema, list):
        return "union of " + ", ".join(spelled(b) for b in schema)
    if isinstance(schema, Mapping):
        return str(schema.get("name") or schema.get("logicalType") or schema.get("type"))
    return str(schema)
