"""Text from outside, made safe to print."""


def plain(text: str) -> str:
    """`text` on one line, without the control characters that could move a terminal's cursor.

    >>> plain("a\\x1b[2Jb")
    'a [2Jb'
    """
    return "".join(c if c.isprintable() else " " for c in text)
