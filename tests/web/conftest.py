"""What tests of our pages stand on: the doors over a database of their own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from tests.web.front import Front, open_front
from web import access


@pytest_asyncio.fixture
async def front(database: str, clock: Any) -> AsyncIterator[Front]:
    """The doors of a house that is set up as the demo is."""
    access.attempts.forget()
    opened = await open_front(clock, demo=True)
    yield opened
    await opened.client.close()
    await opened.packing.close()


@pytest_asyncio.fixture
async def secure_front(database: str, clock: Any) -> AsyncIterator[Front]:
    """The doors of a house that is reached by https."""
    access.attempts.forget()
    opened = await open_front(clock, public_url="https://bookings.example")
    yield opened
    await opened.client.close()
    await opened.packing.close()
