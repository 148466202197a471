"""Which tables the body of a function names, and whether it reads or writes them."""

from collections.abc import Mapping

from msgspec import Struct

from seamline.analysis.ddl.words import Cursor, Untokenized, statements

_READS = frozenset({"FROM", "JOIN", "USING"})
_WRITES = frozenset({"INTO", "UPDATE"})


class Touched(Struct, frozen=True):
    """Refs, sorted."""

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


def touched(body: str, known: Mapping[str, str]) -> Touched:
    """What a body in SQL or PL/pgSQL names of the tables known (name, with or without schema -> ref).

    By its words, since PL/pgSQL has no grammar here: a name that is put together while it runs is not found.
    """
    reads: set[str] = set()
    writes: set[str] = set()
    try:
        for words in statements(body, "postgres"):
            at = Cursor(words)
            while at:
                word = at.next()
                is_delete = word.upper == "DELETE" and at.take("FROM")
                if is_delete or word.upper in _READS | _WRITES:
                    at.take("ONLY")
                    ref = known.get(at.name())
                    if ref:
                        (writes if is_delete or word.upper in _WRITES else reads).add(ref)
    except Untokenized:
        return Touched()
    return Touched(tuple(sorted(reads)), tuple(sorted(writes)))
