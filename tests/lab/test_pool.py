"""The workers' pool, and the database it takes its connections from: a real one."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from prometheus_client import CollectorRegistry, Gauge

from lab import postgres
from lab.clinic.columns import EitherName
from lab.clinic.pod import words_of
from lab.clinic.pool import EagerPool
from lab.processes import StartFailed, Troupe

FREE = postgres.MAX_CONNECTIONS - postgres.RESERVED_CONNECTIONS


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user may enter; a socket's path must be short."""
    path = Path(tempfile.mkdtemp(prefix="pool-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


async def started(folder: Path) -> Troupe:
    """A cluster of this test's own; skips where PostgreSQL is not installed."""
    try:
        postgres.binary("initdb")
    except StartFailed as missing:
        pytest.skip(str(missing))
    troupe = Troupe(folder)
    await postgres.start(troupe, folder / "pg")
    return troupe


def pool(folder: Path, size: int) -> tuple[EagerPool, Gauge]:
    """A pool on the clinic's database, as the services' role, and its gauge."""
    gauge = Gauge("n", "connections", registry=CollectorRegistry())
    return EagerPool(postgres.dsn(folder / "pg", postgres.APP), size, gauge), gauge


def value(gauge: Gauge) -> float:
    """What the gauge shows."""
    [family] = gauge.collect()
    return family.samples[0].value


def test_what_cannot_be_filled_keeps_nothing(folder: Path) -> None:
    """A pool that PostgreSQL refuses holds no connection, and is filled once others left."""

    async def scene() -> None:
        troupe = await started(folder)
        try:
            (first, held), (second, starved) = pool(folder, FREE - 4), pool(folder, 12)
            await first.fill()
            with pytest.raises(psycopg.OperationalError, match="connection slots are reserved"):
                await second.fill()
            assert (value(held), value(starved)) == (FREE - 4, 0)
            await first.close()
            async with second.connection() as connection:
                await connection.execute("select 1")
            assert value(starved) == 12
            await second.close()
        finally:
            await troupe.close()

    asyncio.run(scene())


def test_who_waits_for_a_lock_or_a_turn_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under an analyst's lock, who has a connection hears of the lock, who has none hears of that; then all is well."""
    monkeypatch.setattr("lab.clinic.pool.TURN_S", 0.2)

    async def scene() -> None:
        troupe = await started(folder)
        one, _ = pool(folder, 1)

        async def count() -> str:
            try:
                async with one.connection() as connection:
                    await connection.execute("select count(*) from visits")
            except psycopg.OperationalError as error:
                return words_of(error)
            return "counted"

        try:
            async with postgres.console(folder / "pg", "lock table visits"):
                said = await asyncio.gather(count(), count())
            assert said[0] == "canceling statement due to lock timeout"
            assert said[1].startswith("no connection came free")
            assert await count() == "counted"
            await one.close()
        finally:
            await troupe.close()

    asyncio.run(scene())


def test_a_renamed_column_is_found_under_its_other_name(folder: Path) -> None:
    """After a rename and `forget`, the new name is used; a column under neither name is an error."""

    async def scene() -> None:
        troupe = await started(folder)
        try:
            one, _ = pool(folder, 1)
            column = EitherName("invoices", "amount_cents", "net_amount_minor")
            async with one.connection() as connection:
                assert await column.current(connection) == "amount_cents"
                await connection.execute(
                    "alter table invoices rename column amount_cents to net_amount_minor"
                )
                column.forget()
                assert await column.current(connection) == "net_amount_minor"
                with pytest.raises(LookupError, match="invoices has none of"):
                    await EitherName("invoices", "nothing").current(connection)
            await one.close()
        finally:
            await troupe.close()

    asyncio.run(scene())
