"""What these tests stand on: a house without a courier, whose own mistakes are logged as the server does it."""

from collections.abc import Iterator

import pytest
import structlog

from bot.log import log_plainly
from handlers.house import House
from tests.conftest import Clock


@pytest.fixture(autouse=True)
def short_log() -> Iterator[None]:
    """Mistakes are logged without every value in sight."""
    log_plainly()
    yield
    structlog.reset_defaults()


@pytest.fixture
def house(database: str, clock: Clock) -> House:
    """Ours, at the time of this test."""
    return House(clock, "this", b"secret")
