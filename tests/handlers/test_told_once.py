"""Who is told of what became of a booking: each real change once, the same one never twice, and only what is true."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from bot.rehearsal import Rehearsal, rehearse
from handlers import guest_changed
from models.database import read, transaction
from models.fields import instant
from tests.conftest import NOW

BACK = "add a way back on the 28th at 10am, flight AF771"
THERE = "airport to Bávaro tomorrow at 3pm, 2 adults, 2 bags, flight AF770, sedan, no extras, no notes, no occasion, "


@pytest_asyncio.fixture
async def emma(database: str) -> AsyncIterator[Rehearsal]:
    """A guest who has not written yet."""
    talk = await rehearse(None, "whatsapp", None, "Emma Larsson")
    talk.now = NOW
    yield talk


async def says(talk: Rehearsal, *words: str) -> str:
    """Write one after the other; gives all that was answered to the last."""
    replies: tuple[Any, ...] = ()
    for each in words:
        talk.now += timedelta(seconds=1)
        replies = await talk.happens(words=each)
    return "\n".join(line for reply in replies for line in reply.lines())


async def told(kind: str, partner: str = "") -> int:
    """How often, by the chat; a partner by their thread."""
    rows = await read(
        "SELECT d.id FROM delivery d JOIN recipient r ON r.id = d.recipient_id LEFT JOIN thread t ON t.id = d.thread_id "
        "WHERE d.kind = :kind AND r.channel = 'whatsapp' AND (:partner = '' OR t.partner = :partner)",
        kind=kind, partner=partner,
    )  # fmt: skip
    return len(rows)


async def starts() -> str:
    """When the booking begins, UTC."""
    return f"{instant((await read('SELECT starts FROM booking'))[0]['starts']):%H:%M}"


# -- a flight that is late ----------------------------------------------------------------------


async def test_a_delay_and_back_and_again_is_told_each_time(emma: Rehearsal) -> None:
    """Five o'clock, three, five: three moves, three words to the lead, and to the house."""
    await says(emma, THERE + "one way", "send")
    await emma.happens(paid=True)
    for landing, begins in (("17:00", "21:00"), ("15:00", "19:00"), ("17:00", "21:00")):
        answer = await says(emma, f"my flight is delayed, landing {landing}")
        assert "instead of" in answer and "has been told" in answer
        assert await starts() == begins
    assert (await told("flight_delayed_lead"), await told("flight_delayed_house")) == (3, 3)
    assert [row["kind"] for row in await read("SELECT kind FROM entry WHERE kind = 'delayed'")] == ["delayed"] * 3


async def test_the_same_delay_said_twice_is_told_once(emma: Rehearsal) -> None:
    """The second time nothing moves: the guest hears that we have it, nobody else hears anything."""
    await says(emma, THERE + "one way", "send")
    await emma.happens(paid=True)
    await says(emma, "my flight is delayed, landing 17:00")
    assert "That is the time we have" in await says(emma, "my flight is delayed, landing 17:00")
    assert (await told("flight_delayed_lead"), await told("flight_delayed_house")) == (1, 1)
    assert len(await read("SELECT id FROM entry WHERE kind = 'delayed'")) == 1


async def test_of_an_unpaid_hold_nobody_is_said_to_know(emma: Rehearsal) -> None:
    """No lead is assigned and none is told; the guest and the house read what is true."""
    await says(emma, THERE + "one way", "send")
    answer = await says(emma, "my flight is delayed, landing 17:00")
    assert "held for you, and certain once it is paid" in answer and "told." not in answer
    assert await told("flight_delayed_lead") == 0


async def test_without_a_lead_the_house_is_asked_to_see_to_it(emma: Rehearsal) -> None:
    """Paid, but nobody performs it yet: it is not said that they know."""
    await says(emma, THERE + "one way", "send")
    await emma.happens(paid=True)
    async with transaction() as run:
        await run("UPDATE leg SET lead = NULL, lead_name = NULL, dispatch = 'unassigned'")
    assert "The team tells whoever is to drive" in await says(emma, "my flight is delayed, landing 17:00")
    assert await told("flight_delayed_lead") == 0


# -- a way back that comes and goes -------------------------------------------------------------


async def drops_and_adds(talk: Rehearsal) -> None:
    """A way back is added, dropped, and added again; from Bayahibe it is another lead's."""
    await says(talk, THERE.replace("Bávaro", "Bayahibe") + "one way", "send")
    await talk.happens(paid=True)
    for change in (BACK, "actually one way only", BACK):
        await says(talk, change, "yes")


async def test_a_way_that_is_dropped_and_added_again_is_briefed_again(emma: Rehearsal) -> None:
    """Whoever had it was told that it is gone: now they get it anew, once."""
    await drops_and_adds(emma)
    rows = await read("SELECT partner FROM thread ORDER BY id")
    leads = [row["partner"] for row in rows]
    assert leads == ["rafael", "marisol"]
    assert (await told("brief_lead", "marisol"), await told("booking_changed_lead", "marisol")) == (2, 1)
    assert (await told("brief_lead", "rafael"), await told("booking_changed_lead", "rafael")) == (1, 3)
    assert await told("booking_changed_house") == 3


async def test_without_the_name_of_the_change_the_second_brief_is_lost(
    emma: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    real = guest_changed.brief

    async def nameless(*given: Any, once: str = "") -> None:
        await real(*given)

    monkeypatch.setattr(guest_changed, "brief", nameless)
    await drops_and_adds(emma)
    assert await told("brief_lead", "marisol") == 1
