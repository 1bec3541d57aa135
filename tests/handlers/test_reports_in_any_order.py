"""What Twilio tells of a message comes in any order and more than once: the same end, and nobody is told twice."""

from itertools import permutations
from typing import Any

import asyncpg
import pytest

from handlers import delivery_reported as reporting
from handlers.delivery_reported import Report, delivery_reported
from handlers.house import House
from models.database import read, transaction
from models.delivery import post
from tests.conftest import NOW, Clock
from tests.models.given import a_guest

OF_ONE = ("sent", "delivered", "read")
OF_TWO = ("delivered", "read", "failed")  # a long text leaves in two messages, and one of them does not arrive


@pytest.fixture
def house(database: str, clock: Clock) -> House:
    """Ours, at the time of this test."""
    return House(clock, "this", b"secret")


async def told(house: House, *order: str) -> dict[str, object]:
    """What is kept of a message that was just sent, once all of this was told of it, each twice."""
    ana = await a_guest()
    async with transaction() as run:
        number = await post(run, ana, "welcome", {"block": "welcome"}, language="en", now=NOW)
        await run("UPDATE delivery SET state = 'sending', attempt = 1 WHERE id = :id", id=number)
    assert number
    for became in (*order, *order):
        await delivery_reported(house, number, 1, Report("SM1", became, "unreachable", "no", by="whatsapp"))  # type: ignore[arg-type]
    return (await read("SELECT state, sent, delivered, read FROM delivery WHERE id = :id", id=number))[0]


@pytest.mark.parametrize("order", list(permutations(OF_ONE)), ids=" ".join)
async def test_the_last_word_holds_and_each_moment_is_known(house: House, order: tuple[str, ...]) -> None:
    """Read is read, also when "delivered" comes after it; when it was delivered is known all the same."""
    kept = await told(house, *order)
    assert kept["state"] == "read"
    assert all(kept[name] is not None for name in OF_ONE)


@pytest.mark.parametrize("order", list(permutations(OF_TWO)), ids=" ".join)
async def test_what_failed_has_failed_whatever_else_is_told(house: House, order: tuple[str, ...]) -> None:
    """Part of it was read, part did not arrive: it failed, and the house hears of it once in each of its chats."""
    assert (await told(house, *order))["state"] == "failed"
    notices = await read("SELECT recipient_id FROM delivery WHERE kind = 'delivery_failed_house'")
    assert len(notices) == len({row["recipient_id"] for row in notices}) > 0


async def test_what_is_to_leave_again_knows_what_had_left(house: House) -> None:
    """All its messages, the last among them, so that none of them counts as another delivery's."""
    ana = await a_guest()
    async with transaction() as run:
        number = int(await post(run, ana, "welcome", {"block": "welcome"}, language="en", now=NOW) or 0)
        await run(
            "UPDATE delivery SET state = 'sent', attempt = 1, parts = '[\"SM1\"]', provider_id = 'SM2' WHERE id = :id",
            id=number,
        )
    await delivery_reported(house, number, 1, Report("SM1", "failed", "busy", by="whatsapp"))
    kept = (await read("SELECT state, parts, provider_id FROM delivery WHERE id = :id", id=number))[0]
    assert kept == {"state": "waiting", "parts": '["SM1","SM2"]', "provider_id": None}


async def test_a_report_that_stood_in_anothers_way_is_noted_again_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL undoes one of two that wait for each other: that is no mistake, and leaves no event to be taken up later."""
    real, undone = reporting._note, [asyncpg.DeadlockDetectedError("deadlock detected")]

    async def in_the_way(*given: Any) -> None:
        if undone:
            raise undone.pop()
        await real(*given)

    monkeypatch.setattr(reporting, "_note", in_the_way)
    assert (await told(house, "delivered"))["state"] == "delivered"
    assert await read("SELECT id FROM event") == []
