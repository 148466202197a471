"""A file of Alembic as a revision, and revisions in the order they run."""

import ast
from collections.abc import Mapping, Sequence

from msgspec import Struct

from seamline.artefacts.python_values import Call, Value, constants, module
from seamline.model.artefact import Artefact, Place, Unread


class Revision(Struct, frozen=True):
    """One revision. `after`: the revisions that it names as run before it."""

    id: str
    after: tuple[str, ...]
    place: Place
    upgrade: ast.FunctionDef
    functions: Mapping[str, ast.FunctionDef]
    names: Mapping[str, Value]  # the module's constants, and the tables of its classes
    op: str  # what the module calls alembic.op


def revision(file: Artefact) -> Revision | Unread | None:
    """What a file says; None for one that is no revision."""
    if b"revision" not in file.data and b"\0" not in file.data:
        return None
    tree = module(file)
    if isinstance(tree, Unread):
        return tree
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    names = constants(tree.body)
    id_ = names.get("revision")
    if not isinstance(id_, str) or "upgrade" not in functions:
        return None
    after = (*_ids(names.get("down_revision")), *_ids(names.get("depends_on")))
    place = Place(file.repository, file.path, functions["upgrade"].lineno)
    return Revision(id_, after, place, functions["upgrade"], functions, names | _classes(tree), _op(tree))


def _ids(value: Value) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list | tuple) else ()


def _classes(tree: ast.Module) -> dict[str, Value]:
    """The tables behind classes that the module maps for its own use."""
    found: dict[str, Value] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            table = constants(node.body).get("__tablename__")
            if isinstance(table, str):
                found[node.name] = Call("sa.table", (table,), {}, node.lineno)
    return found


def _op(tree: ast.Module) -> str:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "alembic":
            for alias in node.names:
                if alias.name == "op":
                    return alias.asname or alias.name
    return "op"


def ordered(revisions: Sequence[Revision]) -> list[Revision]:
    """Every revision after those it names, branches one after the other, by id where nothing else decides.

    What names a revision that is not there (the history is cut off) begins the order. A cycle is cut.
    """
    by_id = {r.id: r for r in sorted(revisions, key=lambda r: r.place)}
    out: list[Revision] = []
    done: set[str] = set()
    for start in sorted(by_id):
        stack = [start]
        entered: set[str] = set()
        while stack:
            id_ = stack[-1]
            waiting = [
                a for a in by_id[id_].after if (b := _full(a, by_id)) and b not in done and b not in entered
            ]
            if id_ in done or not waiting:
                stack.pop()
                if id_ not in done:
                    done.add(id_)
                    out.append(by_id[id_])
            else:
                entered.add(id_)
                stack.append(_full(waiting[0], by_id))
    return out


def _full(id_: str, by_id: Mapping[str, Revision]) -> str:
    """A revision's id of a part of it, as Alembic allows it; "" when it is none."""
    if id_ in by_id:
        return id_
    found = [full for full in by_id if len(id_) > 3 and full.startswith(id_)]
    return found[0] if len(found) == 1 else ""
