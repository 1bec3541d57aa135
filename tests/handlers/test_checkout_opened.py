"""A page at the provider is made outside any transaction: what happened to the booking meanwhile is seen when it is remembered."""

import pytest

from handlers.checkout_opened import Wanted, opened, wanted
from handlers.house import House
from models.database import read, transaction
from models.refusal import HoldEnded
from tests.test_rules import a_checkout

PAGE = "https://checkout.example/cs_2"


async def in_the_making(house: House) -> Wanted:
    """Another page is being made for a booking on hold: the first was let go."""
    booking, _ = await a_checkout(house)
    async with transaction() as run:
        await run("UPDATE checkout SET state = 'closed'")
    return await wanted(house, booking)


async def closed() -> list[str]:
    """What the provider is told to close."""
    rows = await read("SELECT business_key FROM delivery WHERE kind = 'close_checkout'")
    return [str(row["business_key"]) for row in rows]


async def test_a_page_for_what_is_due_is_opened(house: House) -> None:
    """Nothing came between."""
    of = await in_the_making(house)
    assert await opened(house, of, "cs_2", PAGE) == PAGE
    assert await closed() == []


@pytest.mark.parametrize(
    "meanwhile", ["state = 'cancelled', hold_until = NULL", "state = 'expired', hold_until = NULL"]
)
async def test_a_page_of_a_booking_that_is_over_is_closed_at_once(house: House, meanwhile: str) -> None:
    """Nobody pays for what was cancelled or let go while the page was made."""
    of = await in_the_making(house)
    async with transaction() as run:
        await run(f"UPDATE booking SET {meanwhile}")  # the two above
    assert await opened(house, of, "cs_2", PAGE) is None
    assert await closed() == ["close:cs_2"]
    with pytest.raises(HoldEnded):
        await wanted(house, of.booking)


async def test_a_page_with_the_old_price_is_closed_at_once(house: House) -> None:
    """What is due was changed: the next page asks for that."""
    of = await in_the_making(house)
    async with transaction() as run:
        await run("UPDATE booking SET total = total + 1000, due_now = due_now + 1000")
    assert await opened(house, of, "cs_2", PAGE) is None
    assert await closed() == ["close:cs_2"]
    assert (await wanted(house, of.booking)).amount == of.amount + 1000
