"""Columns under two names: a release that renames one keeps working beside the release before it."""

from lab.clinic.pool import Connection

PRESENT = """
select column_name from information_schema.columns
where table_schema = 'public' and table_name = %s and column_name = any(%s)
"""


class UnknownColumn(LookupError):
    """None of the names that the code knows exists in the table."""


class EitherName:
    """Which of several names a column has now; looked up once, and again after `forget`."""

    def __init__(self, table: str, *names: str) -> None:
        self._table = table
        self._names = names
        self._current: str | None = None

    async def current(self, connection: Connection) -> str:
        """The name in force. Raises UnknownColumn."""
        if self._current is None:
            cursor = await connection.execute(PRESENT, (self._table, list(self._names)))
            row = await cursor.fetchone()
            if row is None:
                raise UnknownColumn(f"{self._table} has none of {', '.join(self._names)}")
            self._current = str(row[0])
        return self._current

    def forget(self) -> None:
        """The name turned out wrong: look it up anew."""
        self._current = None
