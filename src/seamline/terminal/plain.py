"""Text from outside, made safe and short enough to print."""

import re

_ADDRESS = re.compile(r"\b(?:(?:dataset|column):)?[a-z][a-z0-9+.-]*://[^\s,;]*/(?=[^\s/])")


def plain(text: str) -> str:
    """`text` on one line, without the control characters that could move a terminal's cursor.

    >>> plain("a\\x1b[2Jb")
    'a [2Jb'
    """
    return "".join(c if c.isprintable() else " " for c in text)


def short(text: str) -> str:
    """`text` on one line, datasets and columns in it without the address of the store they lie in.

    >>> short("dataset:postgres://visits-db:5432/clinic.public.visits: column code is gone")
    'clinic.public.visits: column code is gone'
    >>> short("service:booking")
    'service:booking'
    """
    return _ADDRESS.sub("", plain(text))
