"""A file of Django migrations as data: what it says, in its own words."""

import ast
from collections.abc import Mapping, Sequence
from posixpath import dirname

from msgspec import Struct

from seamline.artefacts.python_values import UNKNOWN, Call, Value, constants, module, value
from seamline.model.artefact import Artefact, Place, Unread

Key = tuple[str, str]  # (app label, migration name)


class Migration(Struct, frozen=True):
    """One migration. `operations` are calls as written; what can't be told is UNKNOWN among them."""

    app: str
    name: str
    place: Place
    dependencies: tuple[Key, ...]
    run_before: tuple[Key, ...]
    replaces: tuple[Key, ...]
    operations: tuple[Value, ...]
    functions: Mapping[str, ast.FunctionDef]
    names: Mapping[str, Value]  # the module's constants

    @property
    def key(self) -> Key:
        return (self.app, self.name)


def labels(files: Sequence[Artefact]) -> dict[str, str]:
    """The label that an AppConfig gives its folder, for those that give one."""
    found: dict[str, str] = {}
    for file in files:
        tree = module(file)
        if isinstance(tree, Unread):
            continue
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                label = constants(node.body, constants(tree.body)).get("label")
                if isinstance(label, str) and any("AppConfig" in ast.unparse(base) for base in node.bases):
                    found[dirname(file.path)] = label
    return found


def migration(file: Artefact, app: str) -> Migration | Unread | None:
    """What a file says; None for one that holds no migration of Django."""
    name = file.path.rpartition("/")[2].removesuffix(".py")
    if b"class Migration" not in file.data and not name[:1].isdigit():
        return None
    tree = module(file)
    if isinstance(tree, Unread):
        return tree
    body = next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Migration"), None)
    if body is None:
        return None
    names = constants(tree.body)
    said = constants(body.body, names)
    return Migration(
        app, name, Place(file.repository, file.path, body.lineno),
        _keys(said.get("dependencies")), _keys(said.get("run_before")), _keys(said.get("replaces")),
        tuple(_operations(body, said)),
        {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}, said,
    )  # fmt: skip


def _keys(value_: Value) -> tuple[Key, ...]:
    pairs = value_ if isinstance(value_, list | tuple) else ()
    return tuple(
        (pair[0], pair[1])
        for pair in pairs
        if isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(part, str) for part in pair)
    )


def _operations(body: ast.ClassDef, names: Mapping[str, Value]) -> list[Value]:
    """The list `operations`, with what is added to it later in the class."""
    listed: list[Value] = []
    for node in body.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == "operations" for target in targets):
                listed = _as_list(value(node.value, names))
        elif isinstance(node, ast.AugAssign) and ast.unparse(node.target) == "operations":
            listed = [*listed, *_as_list(value(node.value, names))]
    return listed


def _as_list(found: Value) -> list[Value]:
    return list(found) if isinstance(found, list | tuple) else [UNKNOWN]


def ordered(migrations: Mapping[Key, Migration]) -> list[Migration]:
    """Every migration after those it depends on, else by app and name; what is replaced counts, where all of it is there.

    A cycle is cut at its first migration by name.
    """
    squashed = {
        key: m
        for key, m in migrations.items()
        if m.replaces and all(part in migrations for part in m.replaces)
    }
    alive = {key: m for key, m in migrations.items() if key not in squashed}
    stands_for = {part: key for key, m in alive.items() for part in m.replaces}
    stands_for |= {key: m.replaces[-1] for key, m in squashed.items()}
    before: dict[Key, set[Key]] = {key: set() for key in alive}
    for key, m in alive.items():
        before[key] |= {found for part in m.dependencies for found in _found(part, alive, stands_for)}
        for later in m.run_before:
            if later in before:
                before[later].add(key)
    out: list[Migration] = []
    done: set[Key] = set()
    for key in sorted(alive):
        _visit(key, before, done, out, alive)
    return out


def _found(key: Key, alive: Mapping[Key, Migration], stands_for: Mapping[Key, Key]) -> list[Key]:
    app, name = key
    own = sorted(k for k in alive if k[0] == app) if name in ("__first__", "__latest__") else []
    if name == "__first__":
        return own[:1]
    if name == "__latest__":
        return own[-1:]
    seen = [key]
    while seen[-1] not in alive and seen[-1] in stands_for and stands_for[seen[-1]] not in seen:
        seen.append(stands_for[seen[-1]])
    return [seen[-1]] if seen[-1] in alive else []


def _visit(
    key: Key,
    before: Mapping[Key, set[Key]],
    done: set[Key],
    out: list[Migration],
    alive: Mapping[Key, Migration],
) -> None:
    """Depth first with a stack of its own: histories are longer than Python's."""
    stack = [(key, iter(sorted(before[key])))]
    if key in done:
        return
    done.add(key)
    while stack:
        current, rest = stack[-1]
        following = next((k for k in rest if k not in done), None)
        if following is None:
            out.append(alive[current])
            stack.pop()
        else:
            done.add(following)
            stack.append((following, iter(sorted(before[following]))))


def swapped(call: Value) -> str:
    """`X` of `settings.X`, however it is asked for; "" for another value."""
    if isinstance(call, Call):
        return str(call.get(1, "name", "")) if call.last == "getattr" else ""
    name = getattr(call, "dotted", "")
    return name.rpartition(".")[2] if name.startswith("settings.") else ""
