"""Guests who stopped in the middle of a request are nudged once, by day, while their channel still takes free words."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from bot.rehearsal import STAFF, Rehearsal, rehearse
from handlers import staff_acted
from handlers.guests_fell_silent import guests_fell_silent
from models.database import read, transaction
from models.fields import micros

TEN = datetime(2026, 11, 20, 10, tzinfo=ZoneInfo("America/Santo_Domingo")).astimezone(UTC)
ASKED = "airport to Bávaro on 28 November at 3pm, 2 adults"


@pytest_asyncio.fixture
async def ava(database: str) -> AsyncIterator[Rehearsal]:
    """A guest who was asked for her flight at ten in the morning."""
    talk = await rehearse(None, "whatsapp", None, "Ava Nilsson")
    talk.now = TEN
    await talk.happens(words=ASKED)
    yield talk


async def nudges() -> list[dict[str, Any]]:
    """What was left for anybody because of a silence."""
    rows = await read("SELECT payload, lapses FROM delivery ORDER BY id")
    return [row for row in rows if "nudge" in str(row["payload"])]


async def passes(talk: Rehearsal, **by: float) -> int:
    """So long nobody writes; the number of nudges until then."""
    talk.now += timedelta(**by)
    await guests_fell_silent(talk.house)
    return len(await nudges())


async def test_one_nudge_after_two_hours(ava: Rehearsal) -> None:
    """Not before, and not again; one that could not leave in time is pointless."""
    assert await passes(ava, hours=1, minutes=59) == 0
    assert await passes(ava, minutes=2) == 1
    assert (await nudges())[0]["lapses"] is not None
    assert await passes(ava, hours=5) == 1
    assert await passes(ava, days=1) == 1


async def test_nobody_is_woken(ava: Rehearsal) -> None:
    """What falls due in the evening waits for the morning."""
    ava.now = TEN + timedelta(hours=9)
    await ava.happens(words="and 2 bags")
    assert await passes(ava, hours=2) == 0  # at nine in the evening
    assert await passes(ava, hours=11, minutes=30) == 0
    assert await passes(ava, minutes=45) == 1  # at a quarter past nine


async def test_after_the_window_nobody_is_nudged(ava: Rehearsal) -> None:
    """WhatsApp would refuse it, and who was away for a day is welcomed when they come."""
    assert await passes(ava, days=1) == 0


async def test_who_goes_on_or_has_a_person_is_left_alone(ava: Rehearsal) -> None:
    """The silence is counted from the last message; a talk that staff have taken over is theirs."""
    ava.now += timedelta(hours=1, minutes=50)
    await ava.happens(words="LH2032")
    assert await passes(ava, minutes=30) == 0
    talk = (await read("SELECT id FROM talk"))[0]["id"]
    await staff_acted.took_over(ava.house, STAFF, int(talk))
    assert await passes(ava, hours=3) == 0


async def test_who_said_stop_or_waits_for_us_is_left_alone(ava: Rehearsal) -> None:
    """A nudge to somebody who wants none, or who was never answered, would be worse than silence."""
    async with transaction() as run:
        await run("UPDATE inbound SET state = 'parked'")
    assert await passes(ava, hours=3) == 0
    async with transaction() as run:
        await run("UPDATE inbound SET state = 'done'")
        await run("UPDATE recipient SET stopped = :now", now=micros(TEN))
        await run("DELETE FROM kept WHERE name = 'nudged_until'")
    assert await passes(ava, hours=1) == 0
    async with transaction() as run:
        await run("UPDATE recipient SET stopped = NULL")
        await run("DELETE FROM kept WHERE name = 'nudged_until'")
    assert await passes(ava, hours=1) == 1


@pytest.mark.parametrize(("channel", "nudged"), [("telegram", 1), ("mail", 0), ("phone", 0), ("web", 0)])
async def test_only_a_chat_is_nudged(ava: Rehearsal, channel: str, nudged: int) -> None:
    """A letter that nobody asked for is a nuisance, and whoever wants to be called is called by people."""
    async with transaction() as run:
        await run("UPDATE recipient SET channel = :channel", channel=channel)
    assert await passes(ava, hours=3) == nudged


async def test_one_that_we_stumble_over_keeps_nobody_from_theirs(ava: Rehearsal) -> None:
    """A draft that cannot be read is logged; whoever fell silent after it is nudged."""
    async with transaction() as run:
        await run("UPDATE talk SET state = '[]'")
    luis = await rehearse(None, "telegram", None, "Luis Cabrera")
    luis.now = TEN + timedelta(minutes=1)
    await luis.happens(words=ASKED)
    assert await passes(ava, hours=3) == 1


@pytest.mark.parametrize("processes", [2, 5])
async def test_several_processes_nudge_once(ava: Rehearsal, processes: int) -> None:
    """Whoever comes second finds the talk moved."""
    ava.now += timedelta(hours=3)
    await asyncio.gather(*(guests_fell_silent(ava.house) for _ in range(processes)))
    assert len(await nudges()) == 1
