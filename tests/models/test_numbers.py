"""Invoices are numbered without a gap, whoever asks at once and whatever is undone."""

import asyncio

import pytest

from models.database import transaction
from models.documents import next_number

pytestmark = pytest.mark.usefixtures("database")


class Undone(Exception):
    """The transaction around a number came to nothing."""


async def issue(*, fails: bool = False) -> str:
    """Issue an invoice, which may come to nothing after it had its number."""
    async with transaction() as run:
        number = await next_number(run, "invoice", "B02")
        await asyncio.sleep(0)
        if fails:
            raise Undone
        return number


async def test_numbers_follow_one_another() -> None:
    """Prefix and eight digits, from one; each series counts for itself."""
    assert [await issue(), await issue()] == ["B0200000001", "B0200000002"]
    async with transaction() as run:
        assert await next_number(run, "credit", "B04", 4) == "B040001"


async def test_no_gap_and_no_number_twice() -> None:
    """Sixty at once, every third of them undone: the forty that stand are one to forty."""
    asked = [issue(fails=n % 3 == 0) for n in range(60)]
    given = [one for one in await asyncio.gather(*asked, return_exceptions=True) if isinstance(one, str)]
    assert sorted(given) == [f"B02{n:08}" for n in range(1, 41)]
