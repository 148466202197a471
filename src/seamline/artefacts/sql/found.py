"""What the SQL files of one repository say together: a table is made in one of them and read in another."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct

from seamline.analysis.ddl.read import steps
from seamline.analysis.ddl.schema import Schema, bare
from seamline.analysis.ddl.steps import Origin, Step
from seamline.analysis.lineage.names import key
from seamline.artefacts.sql.dialect import guess
from seamline.artefacts.sql.query import Told, told
from seamline.artefacts.sql.script import Broken, Statement, script
from seamline.artefacts.text import RENDER, TEMPLATE, has_template, text, unread
from seamline.model.artefact import Artefact, Fact, Found, Place, Query, Unread
from seamline.model.refs import dataset

MAX_BYTES = 10_000_000
_MOST_STATEMENTS = 20_000  # of a file; each takes a millisecond
_MAX_TOLD = 20  # of one file
_SHAPES = frozenset({"create_table", "add_column", "drop_column", "rename_column", "change_type", "set_not_null",
                     "drop_not_null", "set_default", "drop_default", "add_primary_key"})  # fmt: skip


class _Read(Struct, frozen=True):
    """A statement that reads, with where it stands."""

    told: Told
    sql: str
    dialect: str
    place: Place


def found(files: Sequence[Artefact]) -> Iterator[Found]:
    """Tables, then statements that read, then what could not be read."""
    schema, queries, unreads = Schema(), list[_Read](), list[Unread]()
    templates: dict[str, list[Artefact]] = defaultdict(list)
    for artefact in files:
        source = text(artefact, MAX_BYTES)
        if isinstance(source, Unread):
            unreads.append(source)
        elif has_template(source):
            templates[artefact.path.partition("/")[0]].append(artefact)
        else:
            _take(artefact, source, schema, queries, unreads)
    tables = list(schema.tables(files[0].repository))
    yield from tables
    names = _Names(files[0].repository, [table.dataset for table in tables], queries)
    told_before: set[tuple[str, str, str]] = set()
    for query in queries:
        for one in _said(query, names):
            fact = (one.subject, one.predicate, one.object) if isinstance(one, Fact) else ("", "", "")
            if not isinstance(one, Fact) or fact not in told_before:
                yield one
            told_before.add(fact)
    yield from unreads
    for folder, (first, *more) in templates.items():
        others = f", as are {len(more)} more files of {folder}/" if more else ""
        yield unread(first, TEMPLATE + others, RENDER)


def _take(
    artefact: Artefact, source: str, schema: Schema, queries: list[_Read], unreads: list[Unread]
) -> None:
    """Add what one file says to what the others said."""
    dialect = guess(artefact.path, source)
    wrong: Counter[tuple[str, str]] = Counter()
    lines: dict[tuple[str, str], int] = {}
    for n_read, one in enumerate(script(source, dialect)):
        if n_read == _MOST_STATEMENTS:
            why = f"more than {_MOST_STATEMENTS:,} statements: those after line {one.line} are not read"
            unreads.append(unread(artefact, why, "split it, or leave a dump out of the checkout", one.line))
            break
        problem = _problem(one, artefact, dialect, schema, queries)
        if problem is not None:
            wrong[problem] += 1
            lines.setdefault(problem, one.line)
    for (why, mend), n_times in list(wrong.items())[:_MAX_TOLD]:
        again = f" (and {n_times - 1} more like it)" if n_times > 1 else ""
        unreads.append(unread(artefact, why + again, mend, lines[why, mend]))


def _problem(
    one: Statement | Broken, artefact: Artefact, dialect: str, schema: Schema, queries: list[_Read]
) -> tuple[str, str] | None:
    """Take in one statement; what is wrong with it and the mend, if anything is."""
    if isinstance(one, Broken):
        return "a statement whose quotes or comments don't end", "close them"
    read = told(one, dialect)
    if read is None:
        return _shape(one, artefact, dialect, schema) if one.starts() in ("CREATE", "ALTER") else None
    place = Place(artefact.repository, artefact.path, one.line)
    queries.append(_Read(read, one.text, dialect, place))
    if not read.unparsed:
        return None
    as_what = f"as {dialect}" if dialect else "in any dialect"
    mend = "name the dialect in its folder or name (report.snowflake.sql), or mend it"
    return f"a statement that can't be parsed {as_what}: what it reads is not known", mend


def _shape(one: Statement, artefact: Artefact, dialect: str, schema: Schema) -> tuple[str, str] | None:
    """Apply what a statement says of a table's columns. What a file drops, some other state has: not this one."""
    origin = Origin(artefact.path, artefact.repository, artefact.path, one.line - 1)
    try:
        moves = list(steps(one.text, dialect, origin))
    except IndexError:  # a clause that ends in its middle
        return "a statement that ends too early", "write the rest of it"
    shaping = (
        m for m in moves if not isinstance(m, Step) or (m.operation.kind in _SHAPES and m.operation.table)
    )
    list(schema.apply(list(shaping)))
    return None


class _Names:
    """Which dataset a name in a statement is.

    Tables whose columns files define are the application's, and so is what is made of nothing else; what is read or
    made beside them is data.
    """

    def __init__(self, repository: str, tables: Sequence[str], queries: Sequence[_Read]) -> None:
        self._repository = repository
        prefix = dataset(f"app://{repository}", "")
        self._known: dict[str, str] = {}
        self._by_last: dict[str, list[str]] = defaultdict(list)
        for ref in tables:
            self._name(key(ref.removeprefix(prefix)), ref)
        for query in sorted(queries, key=lambda q: -q.told.target.count(".")):
            self._add(query, prefix)

    def _add(self, query: _Read, prefix: str) -> None:
        """Name what a statement writes, unless a longer spelling of it has a name."""
        target = key(bare(query.told.target))
        if target and not self._find(target):
            reads = [self._find(key(bare(name))) for name in query.told.reads]
            is_own = bool(reads) and all(ref.startswith(prefix) for ref in reads)
            self._name(target, prefix + target if is_own else self._data(query.told.target, query.dialect))

    def ref(self, name: str, dialect: str) -> str:
        """The dataset of a name."""
        return self._find(key(bare(name))) or self._data(name, dialect)

    def _find(self, asked: str) -> str:
        """The one that is called so, or the only one whose name is this with more or less in front; else ""."""
        if asked in self._known:
            return self._known[asked]
        last = asked.rpartition(".")[2]
        alike = [k for k in self._by_last.get(last, ()) if k.endswith("." + asked) or asked.endswith("." + k)]
        return self._known[alike[0]] if len(alike) == 1 else ""

    def _name(self, name: str, ref: str) -> None:
        self._known[name] = ref
        self._by_last[name.rpartition(".")[2]].append(name)

    def _data(self, name: str, dialect: str) -> str:
        spelled = key(bare(name)) if dialect != "bigquery" else name
        if dialect == "bigquery" and name.count(".") == 2:
            return dataset("bigquery", name)
        return dataset(f"sql://{self._repository}", spelled)


def _said(query: _Read, names: _Names) -> Iterator[Fact | Query]:
    """The statement, who runs it, and what that reads and writes."""
    reads = [names.ref(name, query.dialect) for name in query.told.reads]
    target = names.ref(query.told.target, query.dialect) if query.told.target else ""
    place = query.place
    job = target if query.told.making == "view" and target else _job(place)
    yield Fact(job, "exists", place)
    if job != target:
        if target:
            yield Fact(job, "writes", place, target)
        yield from (Fact(job, "reads", place, ref) for ref in dict.fromkeys(reads) if ref != target)
    if target:
        yield from (Fact(target, "derives", place, ref) for ref in dict.fromkeys(reads) if ref != target)
    yield Query(job, target, query.sql, query.dialect, place)


def _job(place: Place) -> str:
    """`job:{repository}/{path}` without its ending: what runs the file."""
    folder, slash, file = place.path.rpartition("/")
    return f"job:{place.repository}/{folder}{slash}{file.rpartition('.')[0] or file}"
