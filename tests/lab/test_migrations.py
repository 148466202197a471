"""Guilty migrations, carried out on a real database under services that go on working."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from aiohttp import ClientSession

from lab import postgres
from lab.clinic.billing import Billing
from lab.clinic.booking import Booking
from lab.clinic.pod import PodSpec
from lab.plan import Change
from lab.processes import StartFailed, Troupe
from lab.program import listening
from lab.stories.column import AMOUNT_DECIMAL, AMOUNT_RENAMED, REFERRAL_MOVED, REFERRAL_RENAMED
from lab.warehouse.streams import STREAMS

VISIT = {"patient_id": 7, "referral": "NORD-1042", "procedure": "proc-1", "phone": "+43660000000"}
INVOICE = {"visit_id": 1, "procedure": "proc-1"}
NOBODY = "http://127.0.0.1:9"
# A migration, and what the last two rows say of the figure that moved.
CASES = (
    (REFERRAL_RENAMED, "select referral_ref from visits order by visit_id desc limit 2"),
    (REFERRAL_MOVED, "select referral_code from referrals order by visit_id desc limit 2"),
    (AMOUNT_RENAMED, "select net_amount_minor from invoices order by invoice_id desc limit 2"),
    (AMOUNT_DECIMAL, "select (net_amount * 100)::bigint from invoices order by invoice_id desc limit 2"),
)
COLUMNS = "select table_name, column_name from information_schema.columns where table_schema = 'public'"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that another user may enter; a socket's path must be short."""
    path = Path(tempfile.mkdtemp(prefix="migrations-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


async def rows(socket: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query gives the operators."""
    async with await psycopg.AsyncConnection.connect(postgres.dsn(socket, postgres.ADMIN)) as admin:
        return await (await admin.execute(query.encode())).fetchall()


async def written_around(change: Change, socket: Path) -> list[int]:
    """Statuses of a visit and an invoice written before the migration and after it, by the same two pods."""
    settings = {"dsn": postgres.dsn(socket, postgres.APP), "pool_size": 2, "price_cache_s": 50, "call_timeout_s": 1,
                "inv-api.url": NOBODY, "msg-worker.url": NOBODY}  # fmt: skip
    pods = Booking(PodSpec("b", "2.3.0", "", settings)), Billing(PodSpec("i", "5.1.2", "", settings))
    async with listening(pods[0].app) as visits, listening(pods[1].app) as invoices, ClientSession() as http:

        async def write() -> list[int]:
            posts = ((visits, "visits", VISIT), (invoices, "invoices", INVOICE))
            answers = [
                await http.post(f"http://127.0.0.1:{port}/{path}", json=said) for port, path, said in posts
            ]
            return [answer.status for answer in answers]

        before = await write()
        await postgres.execute(socket, change.statement)
        return before + await write()


@pytest.mark.parametrize(("change", "query"), CASES, ids=[change.description for change, _ in CASES])
def test_services_cope_and_the_warehouse_loses_a_column(folder: Path, change: Change, query: str) -> None:
    """Before and after, visits and invoices are written in full; one thing the loader is set up to read is gone."""

    async def scene() -> None:
        socket, troupe = folder / "pg", Troupe(folder)
        await postgres.start(troupe, socket)
        try:
            assert await written_around(change, socket) == [200] * 4
            [(after,), (before,)] = await rows(socket, query)
            assert after == before is not None
            wanted = {(stream.table, column.name) for stream in STREAMS for column in stream.columns}
            assert len(wanted - set(await rows(socket, COLUMNS))) == 1
        finally:
            await troupe.close()

    try:
        postgres.binary("initdb")
    except StartFailed as missing:
        pytest.skip(str(missing))
    asyncio.run(scene())
