"""Whoever needs several lanes takes the house's before their own: on PostgreSQL nobody waits for each other in a ring."""

import asyncio

import pytest

from flows.speech import Heard
from handlers.someone_wrote import someone_wrote
from models.database import dialect, read, transaction
from tests.handlers.test_about_which_booking import RAFAEL, filed, house_with_a_desk, job
from tests.patience import PATIENCE
from tests.web.front import Front

__all__ = ["house_with_a_desk"]  # the fixture
LOCK = "UPDATE recipient SET urgency = urgency WHERE channel = :channel AND address = :address"


async def somebody_waits() -> None:
    """Until a statement waits for a lock."""
    async with asyncio.timeout(PATIENCE):
        while not await read("SELECT 1 AS waits FROM pg_locks WHERE NOT granted"):
            pass


async def test_a_lead_writes_while_another_booking_is_confirmed(front: Front) -> None:
    """Who confirms has the house's lane and goes on to the lead's: it is free, though the lead's message waits for the house's."""
    if dialect() == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    reference = await job(front)
    alert, locked = (await front.house.alerted())[0], asyncio.Event()

    async def writes() -> None:
        await locked.wait()
        await someone_wrote(front.house, Heard("whatsapp", "SM1", RAFAEL, front.house.now(), "I will be there"))

    writing = asyncio.create_task(writes())  # begun outside the transaction, which is not theirs
    async with transaction() as run:
        await run(LOCK, channel=alert.channel, address=alert.address)
        locked.set()
        await somebody_waits()
        await run("SET LOCAL lock_timeout = '300ms'")
        await run(LOCK, channel="whatsapp", address=RAFAEL)
    await writing
    assert await filed(reference) == ["I will be there"]
    assert (await read("SELECT state, attempts FROM inbound"))[-1] == {"state": "done", "attempts": 0}
