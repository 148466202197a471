"""What every reader of case files needs: bytes of packed and plain files, and errors that name file, line and mend."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import msgspec

from seamline.model.errors import Fix

T = TypeVar("T")
_GZIP = b"\x1f\x8b"
MOST_LINE = 16 << 20  # bytes: a sample of 100,000 series
MOST_BYTES = 2 << 30
MOST_PACKED, MOST_SMALL = (
    100,
    64 << 20,
)  # times its size that a file of measurements unpacks to, where that is not little


def byte_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, unpacked where it is gzip, whatever its name says.

    Raises Fix when it is damaged, no plain file, or larger than anybody's measurements of an hour are.
    """
    if not path.is_file():
        raise broken(path, 0, "is no plain file", "put the file itself there")
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            yield from _bounded(path, gzip.GzipFile(fileobj=raw) if packed else raw)
    except (OSError, EOFError, zlib.error) as error:
        raise broken(path, 0, f"can't be read ({_reason(error)})", "write the file anew") from error


def _bounded(path: Path, lines: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    n_bytes, most = 0, max(MOST_SMALL, MOST_PACKED * path.stat().st_size)
    for number, line in enumerate(iter(lambda: lines.readline(MOST_LINE + 1), b""), start=1):
        n_bytes += len(line)
        if len(line) > MOST_LINE:
            raise broken(path, number, f"is longer than {MOST_LINE >> 20} MiB", "one record is one line")
        if n_bytes > min(most, MOST_BYTES):
            what = f"unpacks to more than {min(most, MOST_BYTES) >> 20} MiB"
            raise broken(path, 0, what, "cut it down to the window of the case")
        yield line


def text_lines(path: Path) -> Iterator[str]:
    """The same as text, without the mark that some programs write first. Raises Fix where it is not UTF-8."""
    for number, line in enumerate(byte_lines(path), start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise broken(path, number, "is not UTF-8", "write it as UTF-8") from error


def decoded(path: Path, kind: type[T], text: str | bytes, line: int = 0) -> T:
    """A JSON text as a record. Raises Fix that says what is wrong with it."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise broken(
            path, line, f"is not what it should be: {error}", "docs/reference/rca-cases.md"
        ) from error


def json_lines(path: Path, kind: type[T]) -> Iterator[tuple[int, T]]:
    """Number and record of every line that is not blank."""
    for number, line in enumerate(text_lines(path), start=1):
        if line.strip():
            yield number, decoded(path, kind, line, number)


def broken(path: Path, line: int, what: str, mend: str) -> Fix:
    """The error for a file that somebody has to mend; `line` counts from 1, 0 is the whole file."""
    where = f"{path}:{line}" if line else str(path)
    return Fix(f"{where}: {what}", hint=mend)


def either(folder: Path, name: str) -> Path | None:
    """`NAME.gz`, else `NAME`, else None. What is there and no file is an error when it is read."""
    return next((p for p in (folder / f"{name}.gz", folder / name) if p.exists() or p.is_symlink()), None)


def _reason(error: Any) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
