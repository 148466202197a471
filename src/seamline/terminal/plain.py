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


def split(name: str) -> tuple[str, str]:
    """The address of the store that something lies in, "" where the name has none, and what it is called there.

    >>> split("postgres://visits-db:5432/clinic.public.visits#code")
    ('postgres://visits-db:5432/', 'clinic.public.visits#code')
    """
    found = _ADDRESS.match(name)
    end = found.end() if found else 0
    return plain(name[:end]), plain(name[end:])


def long(seconds: float) -> str:
    """A duration as people say it.

    >>> [long(s) for s in (0.43, 42.4, 200, 7300, 300000)]
    ['0.43 s', '42 s', '3 min 20 s', '2 h 2 min', '3 d 11 h']
    """
    if seconds < 90:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    for big, name, small, part in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= big:
            rest = whole % big // small
            return f"{whole // big} {name}" + (f" {rest} {part}" if rest else "")
    return f"{whole} s"
