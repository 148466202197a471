"""What every reader promises, run over every reader on disk.

A reader's goldens lie in `golden/<name>/<case>/`: the files of a repository called `sample` as they stand in it, and
beside them `expected.json` with what is found (`pytest --accept` rewrites it). Files that the reader does not take
may lie there too: then they must not be taken.
"""

import ast
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seamline import artefacts
from seamline.model.artefact import Artefact, Document, Found, Operation, Unread
from seamline.model.ports import Reader

GOLDEN = Path(__file__).parent / "golden"
PAGES = Path(__file__).parents[2] / "docs" / "artefacts"
REPOSITORY = "sample"
READERS = list(artefacts.discover().values())
IO_MODULES = {
    "asyncio", "glob", "io", "mmap", "multiprocessing", "os", "pathlib.Path", "shutil", "socket", "sqlite3", "subprocess",
    "tempfile", "threading", "urllib.request", "httpx", "psycopg", "requests", "importlib",
}  # fmt: skip


def cases(name: str) -> list[Path]:
    """The folders of a reader's goldens, sorted."""
    return sorted(path for path in (GOLDEN / name).glob("*") if path.is_dir())


def files(case: Path) -> list[Artefact]:
    """The files of a golden, sorted by path."""
    paths = sorted(p for p in case.rglob("*") if p.is_file() and p != case / "expected.json")
    found = [Artefact(REPOSITORY, p.relative_to(case).as_posix(), p.read_bytes()) for p in paths]
    return sorted(found, key=lambda artefact: artefact.path)


def taken(reader: Reader, case: Path) -> list[Artefact]:
    """The files of a golden that its reader takes."""
    return [artefact for artefact in files(case) if reader.takes(artefact.path)]


def as_json(found: Iterable[Found]) -> str:
    """Findings as a golden spells them."""
    return msgspec.json.format(msgspec.json.encode(list(found)), indent=1).decode() + "\n"


every_reader = pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.name))
every_case = pytest.mark.parametrize(
    ("reader", "case"),
    [pytest.param(r, case, id=f"{r.name}-{case.name}") for r in READERS for case in cases(r.name)],
)


# -- goldens and pages ----------------------------------------------------------------------------
@every_reader
def test_has_goldens(reader: Reader) -> None:
    """A reader without a golden case fails."""
    assert cases(reader.name), f"write golden/{reader.name}/CASE/"


@every_reader
def test_has_a_page(reader: Reader) -> None:
    """Every reader has a page that says what is read and what is not."""
    names = {reader.name, reader.name.replace("_", "-")}
    pages = [path for path in PAGES.glob("*.md") if path.stem in names]
    assert pages, f"write docs/artefacts/{reader.name}.md"
    text = pages[0].read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert "not read" in text.lower(), "say what is not read"


@every_case
def test_golden(reader: Reader, case: Path, accept: bool) -> None:
    """The files of a golden give exactly the findings that were reviewed."""
    expected = case / "expected.json"
    got = as_json(reader.read(taken(reader, case)))
    if accept:
        expected.write_text(got, encoding="utf-8")
    assert expected.exists(), "run pytest --accept and review what it writes"
    assert got == expected.read_text(encoding="utf-8")


# -- what is taken --------------------------------------------------------------------------------
FOREIGN = (
    "",
    "a",
    "logo.png",
    "a/b/film.mp4",
    "x.tar.gz",
    "node/index.min.js",
    "font.woff2",
    "a b/ü\udcff.exe",
    "..",
)


@every_reader
@pytest.mark.parametrize("path", FOREIGN)
def test_foreign_files_are_not_taken(reader: Reader, path: str) -> None:
    """Pictures, archives and odd names are left alone, and the question never raises."""
    assert reader.takes(path) is False


@every_case
def test_takes_its_goldens(reader: Reader, case: Path) -> None:
    """Each case has a file that is taken."""
    assert taken(reader, case)


# -- what is found --------------------------------------------------------------------------------
def sound(found: Sequence[Found], given: Sequence[Artefact]) -> None:
    """Findings lie in the files given, in a folder of them, or in a file that one of them names; they are one line, and can
    be written as JSON."""
    paths = {artefact.path for artefact in given}
    folders = {str(parent) for path in paths for parent in Path(path).parents} | {""}
    for finding in found:
        assert finding.place.repository == REPOSITORY
        assert finding.place.path in paths | folders or named(finding.place.path, folders, given), (
            finding.place
        )
        assert finding.place.line >= 0
        texts = [finding.why, finding.mend] if isinstance(finding, Unread) else []
        texts += [finding.detail] if isinstance(finding, Operation) else []
        assert not any("\n" in text for text in texts)
        if isinstance(finding, Unread):
            assert finding.why
            assert finding.mend
    msgspec.json.decode(msgspec.json.encode(list(found)), type=list[Found])


def named(path: str, folders: Iterable[str], given: Sequence[Artefact]) -> bool:
    """Whether a file says of another one where it lies, from its own folder or one above."""
    spelled = {path.removeprefix(f"{folder}/") for folder in folders}
    return any(one.encode() in artefact.data for one in spelled for artefact in given)


@every_case
def test_findings_are_sound(reader: Reader, case: Path) -> None:
    """Each finding names its place, and comes back from JSON as it was."""
    given = taken(reader, case)
    found = list(reader.read(given))
    sound(found, given)
    again = msgspec.json.decode(msgspec.json.encode(found), type=list[Found])
    assert [f for f in again if not isinstance(f, Document)] == [
        f for f in found if not isinstance(f, Document)
    ]


@every_case
def test_reading_changes_nothing(reader: Reader, case: Path) -> None:
    """The same files give the same findings twice."""
    given = taken(reader, case)
    assert as_json(reader.read(given)) == as_json(reader.read(given))


_AGAIN = """
import sys, importlib.util as u
spec = u.spec_from_file_location("contract", sys.argv[1]); m = u.module_from_spec(spec); spec.loader.exec_module(m)
for reader in m.READERS:
    for case in m.cases(reader.name):
        print(reader.name, case.name, m.as_json(reader.read(m.taken(reader, case))))
"""


def test_findings_are_the_same_under_any_hash_seed() -> None:
    """Findings and their order do not depend on the process that reads."""
    said = {
        subprocess.run(
            [sys.executable, "-c", _AGAIN, __file__],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "4242")
    }
    assert len(said) == 1
    assert said != {b""}


# -- hostile files --------------------------------------------------------------------------------
ODD = (
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\n", b"\t", b"{{ x }}", b"{% if %}", b"---\n", b"...\n", b"'", b'"', b"*a",
    b"&a ", b"!Ref ", b"<<: ", b": ", b"[" * 400, b"{" * 400, b"(" * 400, b"9" * 400, b"1e999", b"\\ud800", b"\r", b";",
    b"-- ", b"/*", b"$$", b"null", b"[]", b"{}",
)  # fmt: skip
WRONG: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1e300,
    "",
    "x" * 3000,
    "{{ x }}",
    [],
    {},
    [[]],
    {"a": None},
    [None],
)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The bytes cut off, with something odd in them, with a bit turned, or with a wrong value in their JSON."""
    at = rng.randrange(len(data) + 1)
    odd = rng.choice(ODD)
    flipped = bytearray(data)
    if flipped:
        flipped[at - 1] ^= 1 << rng.randrange(8)
    cut = (data[:at], data[at:], data[:at] + odd + data[at:], data[:at] + odd + data[at + len(odd) :])
    return rng.choice((*cut, bytes(flipped), data * 2, wrong_value(data, rng), wrong_line(data, rng)))


def wrong_value(data: bytes, rng: random.Random) -> bytes:
    """JSON with one value replaced by one of another type."""
    try:
        return json.dumps(_with_wrong_leaf(json.loads(data), rng)).encode()
    except (ValueError, RecursionError):
        return data


def _with_wrong_leaf(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(list(value))
        return {**value, key: _with_wrong_leaf(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        at = rng.randrange(len(value))
        return [*value[:at], _with_wrong_leaf(value[at], rng), *value[at + 1 :]]
    return rng.choice(WRONG)


def wrong_line(data: bytes, rng: random.Random) -> bytes:
    """Text with the value of one `key: value` replaced by one of another type, or with a line taken out."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    key, colon, _ = lines[at].partition(b":")
    lines[at] = key + b": " + json.dumps(rng.choice(WRONG)).encode() if colon and rng.random() < 0.8 else b""
    return b"\n".join(lines)


LONGEST_S = 30  # what is damaged is read in milliseconds; more is a loop without an end


class Endless(BaseException):
    """A reader did not come to an end. No Exception, so that nobody on the way takes it for one and tries again."""


@contextmanager
def ending() -> Iterator[None]:
    """What runs within is stopped when it does not end."""

    def stop(*_: object) -> None:
        raise Endless(f"still reading after {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LONGEST_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@every_reader
def test_damaged_files_are_unread_at_worst(reader: Reader) -> None:
    """Cut, mistyped or hostile files give findings or lines of what is unread, never an error."""

    @settings(max_examples=250, deadline=None, database=None, derandomize=True)
    @given(case=st.sampled_from(cases(reader.name)), seed=st.integers(0, 2**32))
    def check(case: Path, seed: int) -> None:
        rng = random.Random(seed)
        given = taken(reader, case)
        for _ in range(rng.randrange(1, 3)):
            at = rng.randrange(len(given))
            given[at] = msgspec.structs.replace(given[at], data=damaged(given[at].data, rng))
        if len(given) > 1 and rng.random() < 0.2:
            del given[rng.randrange(len(given))]
        with ending():
            found = list(reader.read(given))
        sound(found, given)

    check()


@every_case
@pytest.mark.parametrize(
    "data",
    [b"", b"\x00" * 50, b"\xff" * 50, b"null", b"[]", b"0", b"[" * 100_000, b"- " * 20_000, b"x" * 100_000, b"\xff\xfe"],
    ids=["empty", "NUL", "no UTF-8", "null", "list", "number", "deep JSON", "deep YAML", "long", "mark"],
)  # fmt: skip
def test_foreign_bytes_are_unread_at_worst(reader: Reader, case: Path, data: bytes) -> None:
    """Files that hold something else altogether never raise."""
    given = [msgspec.structs.replace(artefact, data=data) for artefact in taken(reader, case)]
    with ending():
        found = list(reader.read(given))
    sound(found, given)


@every_reader
def test_no_files_no_findings(reader: Reader) -> None:
    """Nothing in, nothing out."""
    assert list(reader.read([])) == []


@every_case
def test_a_file_beside_that_is_broken_costs_no_other(reader: Reader, case: Path) -> None:
    """One more file of no use, which the reader takes by its name, takes nothing away from the others."""
    given = taken(reader, case)
    path = f"zz-broken/{given[0].path}"
    if not reader.takes(path):
        return  # its files have one place: there is no second
    before = [f for f in reader.read(given) if not isinstance(f, Unread)]
    after = list(reader.read([*given, Artefact(REPOSITORY, path, b"\x00\xff{{")]))
    assert [f for f in after if not isinstance(f, Unread)] == before


# -- no input or output ---------------------------------------------------------------------------
def test_readers_are_handed_what_they_read() -> None:
    """No reader imports what could open a file, a socket or a module."""
    folder = Path(artefacts.__path__[0])
    modules = [path for path in folder.rglob("*.py") if path != folder / "__init__.py"]
    assert modules
    seen = {(path.name, name) for path in modules for name in _imports(path) if name in IO_MODULES}
    assert seen == set()


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            whole = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        names |= {".".join(name.split(".")[:n]) for name in whole for n in range(1, name.count(".") + 2)}
    return names
