"""What is due is taken once, when its moment has come, and not lost when the taking fails."""

import asyncio
from datetime import timedelta

import pytest

from models.database import transaction
from models.dues import clear_due, set_due, take_one
from tests.conftest import NOW, Clock
from tests.models.given import a_booking, one

pytestmark = pytest.mark.usefixtures("database")

MINUTE = timedelta(minutes=1)


async def due(booking: int, kind: str, minutes: int) -> None:
    """So many minutes from now."""
    async with transaction() as run:
        await set_due(run, booking, kind, NOW + minutes * MINUTE)


async def take(clock: Clock) -> str | None:
    """The kind of the oldest thing due."""
    async with transaction() as run:
        rows = await take_one(run, clock())
    return str(rows[0]["kind"]) if rows else None


async def test_things_come_when_they_are_due_and_in_that_order(clock: Clock) -> None:
    """Not a second early, the oldest first, each once."""
    booking = await a_booking(NOW)
    await due(booking, "reminder", 30)
    await due(booking, "hold_ends", 20)
    assert await take(clock) is None
    clock.forward(minutes=19, seconds=59)
    assert await take(clock) is None
    clock.forward(minutes=11)
    assert [await take(clock) for _ in range(3)] == ["hold_ends", "reminder", None]


async def test_a_new_moment_takes_the_place_of_the_old(clock: Clock) -> None:
    """A hold that is extended ends once, later; one that was paid for never does."""
    booking, paid = await a_booking(NOW), await a_booking(NOW)
    await due(booking, "hold_ends", 20)
    await due(booking, "hold_ends", 40)
    await due(paid, "hold_ends", 20)
    async with transaction() as run:
        await clear_due(run, paid, "hold_ends")
    clock.forward(minutes=39)
    assert await take(clock) is None
    clock.forward(minutes=1)
    assert [await take(clock), await take(clock)] == ["hold_ends", None]


async def test_what_fails_while_it_is_done_is_due_again(clock: Clock) -> None:
    """The row goes with the transaction that does the work, or stays."""
    await due(await a_booking(NOW), "hold_ends", 0)
    with pytest.raises(ZeroDivisionError):
        async with transaction() as run:
            assert await take_one(run, clock())
            raise ZeroDivisionError
    assert await take(clock) == "hold_ends"


async def test_many_takers_take_each_thing_once(clock: Clock) -> None:
    """Twenty things, twenty takers at once: nothing twice, nothing left."""
    for _ in range(20):
        await due(await a_booking(NOW), "hold_ends", 0)

    async def taker() -> int:
        async with transaction() as run:
            rows = await take_one(run, clock())
            await asyncio.sleep(0)
            return int(rows[0]["booking_id"]) if rows else 0

    taken = await asyncio.gather(*(taker() for _ in range(20)))
    assert len(set(taken)) == 20
    assert await one("SELECT count(*) AS n FROM due") == 0
