"""Names and texts as SQL spells them. PostgreSQL cuts names at 63 bytes: here they are cut so that they stay apart."""

from collections.abc import Iterable
from hashlib import blake2b

MAX_NAME = 63  # bytes


def quoted(name: str) -> str:
    """An identifier, always in quotes: mixed case, spaces and reserved words are as good as any.

    >>> quoted('or"der')
    '"or""der"'
    """
    return '"' + name.replace('"', '""') + '"'


def dotted(schema: str, name: str) -> str:
    """A relation with its schema.

    >>> dotted("public", "enc")
    '"public"."enc"'
    """
    return f"{quoted(schema)}.{quoted(name)}"


def listed(names: Iterable[str]) -> str:
    """Identifiers with commas between them."""
    return ", ".join(map(quoted, names))


def text(value: str) -> str:
    """A text as a literal, whatever `standard_conforming_strings` says.

    >>> text("it's")
    "'it''s'"
    """
    if "\\" in value:
        return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + value.replace("'", "''") + "'"


def digest(*parts: str) -> str:
    """Eight hex digits that stand for some names."""
    return blake2b("\0".join(parts).encode(), digest_size=4).hexdigest()


def suffixed(name: str, suffix: str) -> str:
    """`name` with a suffix; where that would be cut, a shorter one that is still its own.

    >>> suffixed("enc", "_seam")
    'enc_seam'
    >>> len(suffixed("a" * 63, "_seam").encode())
    63
    """
    whole = name + suffix
    if len(whole.encode()) <= MAX_NAME:
        return whole
    end = f"_{digest(name)}{suffix}"
    return name.encode()[: MAX_NAME - len(end.encode())].decode(errors="ignore") + end
