"""The exact account: every write that was acknowledged is in the table once, and nothing else is.

Two halves. The clients' logs against the ledger: what was acknowledged was committed, what was refused was not. The
ledger against the table: each row is what the first rows and all committed writes make of it, in every column. The
same is asked of each shape the table is seen in, old and new.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from seamline.bench.migrate.log import Line, acknowledged
from seamline.bench.migrate.server import SUPER, rows
from seamline.bench.migrate.table import FIRST_AMOUNT, NOTE, PATIENT, Database
from seamline.bench.migrate.traffic import WRITES

SHOWN = 5  # ids told of each kind


class Account(Struct, frozen=True):
    """What the logs and the ledger say of each other."""

    n_acknowledged: int
    n_missing: int  # acknowledged and not committed
    n_unexpected: int  # refused or never sent, and yet committed
    n_doubled: int  # committed more than once
    n_in_doubt: int  # under way when a client was cut off, and committed

    @property
    def exact(self) -> bool:
        """Acknowledged is contained in committed, committed in acknowledged or in doubt."""
        return not (self.n_missing or self.n_unexpected or self.n_doubled)


class Shape(Struct, frozen=True):
    """Where the rows are seen, and what stands there for the amount: two SQL expressions."""

    name: str
    relation: str = "public.enc"
    amount: str = "amount"


class Differences(Struct, frozen=True):
    """Rows of one shape that are not what they should be, and the first ids of each kind."""

    n_rows: int
    n_lost: int
    n_ghosts: int  # deleted or never written, and yet there
    n_differing: int
    n_doubled: int
    ids: Mapping[str, tuple[int, ...]]

    @property
    def n(self) -> int:
        """All of them."""
        return self.n_lost + self.n_ghosts + self.n_differing + self.n_doubled


def account(database: Database, lines: Iterable[Line]) -> Account:
    """Hold the clients' logs against the ledger."""
    found = rows(database.dsn(SUPER), "SELECT run, client, n, count(*) FROM public.ledger GROUP BY 1, 2, 3")
    return compared(
        acknowledged(lines, WRITES), Counter({(run, client, n): times for run, client, n, times in found})
    )


def compared(
    by_client: Mapping[tuple[int, int], tuple[list[int], int]], committed: Mapping[tuple[int, int, int], int]
) -> Account:
    """Hold what each client was told against what was committed, by run, client and number of the write."""
    told = {(*who, n) for who, (numbers, _) in by_client.items() for n in numbers}
    doubtful = {(*who, following) for who, (_, following) in by_client.items()}
    # a client that was cut off in its first write left no line
    first = {key for key in committed if key[2] == 1 and key[:2] not in by_client}
    doubtful |= first
    return Account(
        n_acknowledged=len(told),
        n_missing=sum(key not in committed for key in told),
        n_unexpected=sum(key not in told and key not in doubtful for key in committed),
        n_doubled=sum(times > 1 for times in committed.values()),
        n_in_doubt=sum(key in committed for key in doubtful),
    )


def differences(database: Database, shape: Shape) -> Differences:
    """Hold one shape of the table against the ledger, every row and column, in one snapshot."""
    found = rows(database.dsn(SUPER), _statement(shape, database.n_rows))
    kinds: dict[str, tuple[int, tuple[int, ...]]] = {kind: (n, tuple(ids or ())) for kind, n, ids in found}
    return Differences(
        n_rows=kinds["there"][0],
        n_lost=kinds["lost"][0],
        n_ghosts=kinds["ghost"][0],
        n_differing=kinds["differs"][0],
        n_doubled=kinds["doubled"][0],
        ids={kind: ids for kind, (_, ids) in kinds.items() if kind != "there" and ids},
    )


def _statement(shape: Shape, n_rows: int) -> str:
    """One row a kind: how many, and the first ids.

    A row is there after its insert and before its delete, and no id is inserted again, so the order of the writes
    doesn't matter. A write that found no row (`n_rows` 0) did nothing; one that found two counts as doubled.
    """
    return f"""
WITH moved AS MATERIALIZED (
  SELECT id, bool_or(op = 'i' AND n_rows > 0) AS born, bool_or(op = 'd' AND n_rows > 0) AS gone,
         sum(CASE WHEN n_rows > 0 THEN delta ELSE 0 END) AS delta, bool_or(n_rows > 1) AS twice
  FROM public.ledger GROUP BY id
), truth AS (
  SELECT id, coalesce(m.delta, 0) + CASE WHEN id <= {n_rows} THEN {FIRST_AMOUNT} ELSE 0 END AS amount
  FROM generate_series(1::bigint, {n_rows}) AS f(id) FULL JOIN moved AS m USING (id)
  WHERE NOT coalesce(m.gone, false) AND (id <= {n_rows} OR m.born)
), seen AS (
  SELECT id, {shape.amount} AS amount,
         (patient_id, ward, note) IS DISTINCT FROM ({PATIENT}, (id % 40)::int, {NOTE}) OR at IS NULL AS damaged
  FROM {shape.relation}
), held AS (
  SELECT id, t.id IS NOT NULL AS in_truth, s.id IS NOT NULL AS is_there,
         s.damaged OR t.amount IS DISTINCT FROM s.amount AS differs
  FROM truth AS t FULL JOIN seen AS s USING (id)
), doubled AS (
  SELECT id FROM seen GROUP BY id HAVING count(*) > 1 UNION ALL SELECT id FROM moved WHERE twice
), kinds AS (
  SELECT CASE WHEN NOT is_there THEN 'lost' WHEN NOT in_truth THEN 'ghost' ELSE 'differs' END AS kind, id
  FROM held WHERE NOT (in_truth AND is_there AND NOT differs)
  UNION ALL SELECT 'doubled', id FROM doubled
)
SELECT kind, count(k.id)::int, (array_agg(k.id ORDER BY k.id) FILTER (WHERE k.id IS NOT NULL))[:{SHOWN}]
FROM unnest(ARRAY['lost', 'ghost', 'differs', 'doubled']) AS all_kinds(kind) LEFT JOIN kinds AS k USING (kind)
GROUP BY kind
UNION ALL SELECT 'there', count(*)::int, NULL FROM seen"""
