"""The text of a file, or the one line that says why it has none."""

import codecs
import re

from seamline.model.artefact import Artefact, Place, Unread

TEMPLATE = "a template, not yet rendered"
RENDER = "render it first: helm template, kustomize build, or the tool that fills it in"

_BOMS = (  # the longer before what it begins with
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SNIFFED = 8192  # bytes; git tells binary from text by as many
_MARKER = re.compile(r"(?<![$\\])\{\{|\{%")
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")


def unread(artefact: Artefact, why: str, mend: str, line: int = 0) -> Unread:
    """Why something of this file could not be read; both texts become one line each."""
    place = Place(artefact.repository, artefact.path, line)
    return Unread(place, " ".join(why.split()), " ".join(mend.split()))


def text(artefact: Artefact, limit: int) -> str | Unread:
    """The file as text with `\\n` at the end of lines, by its byte order mark, else as UTF-8.

    `limit` is in bytes.
    """
    data = artefact.data
    if len(data) > limit:
        why = f"{len(data) / 1e6:.0f} MB; files of this kind are read up to {limit / 1e6:.0f} MB"
        return unread(artefact, why, "split it, or leave it out of the checkout")
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    if encoding == "utf-8" and b"\x00" in data[:_SNIFFED]:
        return unread(artefact, "binary, not text", "give it an ending that says what it is")
    try:
        found = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        why = f"not {encoding.upper()}: byte 0x{data[error.start]:02x} in line {line}"
        return unread(artefact, why, "save it as UTF-8", line)
    return found.replace("\r\n", "\n").replace("\r", "\n")


def has_template(source: str) -> bool:
    """Whether a text holds `{{` or `{%` of a template language, outside of `#` comments.

    >>> has_template("name: {{ .Values.name }}"), has_template("run: ${{ matrix.os }}  # {{ no }}")
    (True, False)
    """
    return ("{{" in source or "{%" in source) and bool(_MARKER.search(_COMMENT.sub("", source)))
