"""A price that was asked for holds until the moment that was told, whatever the tariffs do; then the new one is shown beside it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from bot.rehearsal import Rehearsal, rehearse
from models import catalogs
from models.catalog_file import read_file
from models.database import read
from tests.conftest import NOW, SAMPLE
from tests.handlers.test_guest_changed import says

ASKED = (
    "how much is the airport to Bávaro on 28 November at 3pm, one way, 2 adults, 2 bags, flight AZ850, sedan, no extras"
)


@pytest_asyncio.fixture
async def elena(database: str) -> AsyncIterator[Rehearsal]:
    """A guest who only asks what it costs; then every price goes up by ten dollars."""
    talk = await rehearse(None, "whatsapp", None, "Elena Ricci")
    talk.now = NOW
    assert "US$36.00 in total. This price holds until" in await says(talk, ASKED)
    content = read_file(SAMPLE).content or {}
    for route in content["routes"]:
        route["prices"] = {tier: str(float(price) + 10) for tier, price in route["prices"].items()}
    await catalogs.load(content, NOW)
    yield talk


async def test_a_promised_price_is_honoured(elena: Rehearsal) -> None:
    """Later that day, after other talk: shown, sent and booked at the price that was told."""
    elena.now = NOW + timedelta(hours=20)
    assert "US$36.00 in total. This price holds until" in await says(
        elena, "what is your phone number?", "how much was it?"
    )
    await says(elena, "send")
    assert [row["total"] for row in await read("SELECT total FROM booking")] == [3600]


async def test_a_promise_that_is_over_is_said_with_the_difference(elena: Rehearsal) -> None:
    """Nobody is charged more without having read it."""
    elena.now = NOW + timedelta(hours=25)
    told = await says(elena, "how much was it?")
    assert "US$36.00, is over. It is US$46.00 now, US$10.00 more" in told
    assert "US$46.00 in total. This price holds until" in told
    await says(elena, "no", "no", "no", "yes", "skip")
    await says(elena, "send", "yes")
    assert [row["total"] for row in await read("SELECT total FROM booking")] == [4600]
