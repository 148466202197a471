"""Artefacts as they are kept: plain, or packed by gzip or zstandard, told by their first bytes."""

import zlib

import zstandard

from seamline.model.errors import BrokenTransfer, TooLarge

MAX_BYTES = 300 * 2**20  # unpacked, as large as one that is kept plain may be
_GZIP, _ZSTD, _MARK = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xef\xbb\xbf"
_GZIP_WINDOW = 31  # zlib's word for: gzip header and checksum


def unpacked(data: bytes, name: str) -> bytes:
    """The bytes as they were before packing, without a byte order mark. `name` is what people call the file.

    Raises TooLarge or BrokenTransfer.
    """
    if data.startswith(_GZIP):
        data = _gunzip(data, name)
    elif data.startswith(_ZSTD):
        data = _unzstd(data, name)
    return data.removeprefix(_MARK)


def _gunzip(data: bytes, name: str) -> bytes:
    parts, size = [], 0
    while data.startswith(_GZIP):  # a file may hold several members
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            parts.append(member.decompress(data, MAX_BYTES - size + 1))
        except zlib.error as error:
            raise BrokenTransfer(f"{name}: damaged gzip ({error})", hint="copy it again") from error
        size += len(parts[-1])
        if size > MAX_BYTES:
            raise _too_large(name)
        if not member.eof:
            raise BrokenTransfer(f"{name}: the gzip file breaks off", hint="copy it again")
        data = member.unused_data
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _unzstd(data: bytes, name: str) -> bytes:
    try:
        with zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True) as stream:
            found = stream.read(MAX_BYTES + 1)
    except zstandard.ZstdError as error:
        raise BrokenTransfer(f"{name}: damaged zstandard file ({error})", hint="copy it again") from error
    if len(found) > MAX_BYTES:
        raise _too_large(name)
    return found


def _too_large(name: str) -> TooLarge:
    return TooLarge(f"{name}: more than {MAX_BYTES >> 20} MB unpacked", hint="is it dbt's own file?")
