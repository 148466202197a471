"""A declared project, read and ready to be asked."""

from collections.abc import Mapping

from seamline.analysis.lineage import names
from seamline.analysis.lineage.impact import Asked
from seamline.analysis.lineage.node import Declared
from seamline.analysis.lineage.project import build
from seamline.analysis.lineage.reading import Effect, Known, Reading
from seamline.analysis.lineage.rebinding import Gone
from seamline.analysis.lineage.remembered import Kept, Remembered


def opened(declared: Declared, kept: Kept | None = None, version: bytes = b"") -> Asked:
    """The project, its statements read, or remembered from `kept` where they have not changed."""
    if kept is None:
        return Asked(build(declared, read), read, rebind)
    doubtful = names.Spellings(names.key(node.relation) for node in declared.nodes).doubtful()
    remembered = Remembered(read, kept, version, doubtful)
    return Asked(build(declared, remembered), remembered, rebind)


def read(sql: str, dialect: str, known: Mapping[str, Known]) -> Reading:
    """Read a statement. The parser is loaded when the first one is read: remembered projects do without."""
    from seamline.analysis.lineage.statement import read as read_statement

    return read_statement(sql, dialect, known)


def rebind(sql: str, dialect: str, known: Mapping[str, Known], gone: Gone) -> Effect:
    """Bind a statement anew, without these columns."""
    from seamline.analysis.lineage.statement import without

    return without(sql, dialect, known, gone)
